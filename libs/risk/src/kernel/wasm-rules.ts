import {
  DETAILS,
  TOTALS,
  type RuleLeg,
  type RuleParameters,
  type RuleResult,
  type Rules,
  type RuleTables,
  type RuleUnderlying,
} from './rule-tables.js';
import type { KernelInstance } from './wasm-instance.js';

/** Exports of the binary that apply the rules. */
export interface RuleExports {
  rules(input: number, output: number): void;
}

/** Orders of the kernel's columns: rules.ts in the assembly reads them by position. */
const PARAMETERS: readonly (keyof RuleParameters)[] = [
  ...(['k', 'tailShare', 'impact', 'participation', 'mpor', 'crowdingSlope'] as const),
  ...(['oracleThreshold', 'oracleFactor', 'pegThreshold', 'pegFactor', 'fundingFactor'] as const),
  ...(['unrealisedWeight', 'phi', 'phiLow', 'phiHigh', 'maintenanceCrowdingSlope'] as const),
  ...(['liquidationDays', 'unrealised', 'marketCrowding'] as const),
];
const UNDERLYING: readonly Exclude<keyof RuleUnderlying, 'moves'>[] = [
  ...(['price', 'sigma', 'lin', 'netRate', 'hedgedRate', 'shortOptionRate'] as const),
  ...(['basisFlat', 'basisAnnual', 'spread', 'adv', 'openInterest'] as const),
  ...(['openInterestBase', 'openInterestLow', 'openInterestHigh', 'crowding'] as const),
];
const LEG: readonly (keyof RuleLeg)[] = [
  ...(['quantity', 'underlying', 'expiry', 'strike', 'gridRow', 'delta', 'notional'] as const),
  ...(['optionSize', 'funding', 'isDerivative', 'confidence', 'worstLong', 'worstShort'] as const),
];

/** Before the tables: their six lengths, how many grid scenarios there are, and how many of them are in range. */
const HEAD = 8;

/** The rules of the binary. */
export function wasmRules(instance: KernelInstance): Rules {
  const kernel = instance.exports as RuleExports;
  const { memory } = instance;
  return {
    rules(tables) {
      const size = sizeOf(tables);
      const input = memory.alloc(size * 8);
      const work = Math.max(tables.expiries.length, tables.strikes.length);
      const length = TOTALS.length + tables.underlyings.length * DETAILS.length + work;
      const output = memory.alloc(length * 8);
      pack(tables, memory.f64(input, size));
      kernel.rules(input, output);
      const result = unpack(memory.f64(output, length), tables.underlyings.length);
      memory.free(input);
      memory.free(output);
      return result;
    },
  };
}

const scenariosOf = ({ underlyings }: RuleTables): number => underlyings[0]?.moves.length ?? 0;

function sizeOf(tables: RuleTables): number {
  const { shortfalls, pegs, underlyings, expiries, strikes, legs, grid } = tables;
  const scenarios = scenariosOf(tables);
  const described = underlyings.length * (UNDERLYING.length + scenarios);
  const held = legs.length * LEG.length + grid.length * scenarios;
  const times = 2 * expiries.length + strikes.length;
  return HEAD + PARAMETERS.length + shortfalls.length + pegs.length + described + times + held;
}

function pack(tables: RuleTables, out: Float64Array): void {
  const { parameters, shortfalls, pegs, underlyings, expiries, strikes, legs, grid } = tables;
  let at = 0;
  const add = (value: number): void => {
    out[at] = value;
    at += 1;
  };
  const addAll = (values: ArrayLike<number>): void => {
    out.set(values, at);
    at += values.length;
  };
  for (const { length } of [shortfalls, pegs, underlyings, expiries, strikes, legs]) add(length);
  add(scenariosOf(tables));
  add(tables.gridInRange);
  for (const key of PARAMETERS) add(parameters[key]);
  addAll(shortfalls);
  addAll(pegs);
  for (const underlying of underlyings) for (const key of UNDERLYING) add(underlying[key]);
  for (const { moves } of underlyings) addAll(moves);
  for (const { underlying, years } of expiries) {
    add(underlying);
    add(years);
  }
  addAll(strikes);
  for (const leg of legs) for (const key of LEG) add(Number(leg[key]));
  for (const row of grid) addAll(row);
}

function unpack(numbers: Float64Array, underlyings: number): RuleResult {
  return {
    totals: named(TOTALS, numbers, 0),
    underlyings: Array.from({ length: underlyings }, (_, u) =>
      named(DETAILS, numbers, TOTALS.length + u * DETAILS.length),
    ),
  };
}

function named<Key extends string>(
  keys: readonly Key[],
  numbers: Float64Array,
  at: number,
): Readonly<Record<Key, number>> {
  const out = {} as Record<Key, number>;
  keys.forEach((key, i) => {
    out[key] = numbers[at + i] ?? Number.NaN;
  });
  return out;
}
