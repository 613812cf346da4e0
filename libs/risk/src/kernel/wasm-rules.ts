import {
  DETAILS,
  TOTALS,
  type RuleDetail,
  type RuleLeg,
  type RuleParameters,
  type RuleResult,
  type Rules,
  type RuleTables,
  type RuleTotals,
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

/** The rules of the binary. */
export function wasmRules(instance: KernelInstance): Rules {
  const kernel = instance.exports as RuleExports;
  const { memory } = instance;
  return {
    rules(tables) {
      const input = memory.store(pack(tables));
      const work = Math.max(tables.expiries.length, tables.strikes.length);
      const length = TOTALS.length + tables.underlyings.length * DETAILS.length + work;
      const output = memory.alloc(length * 8);
      kernel.rules(input, output);
      const result = unpack(memory.f64(output, length), tables.underlyings.length);
      memory.free(input);
      memory.free(output);
      return result;
    },
  };
}

function pack(tables: RuleTables): Float64Array {
  const { parameters, shortfalls, pegs, underlyings, expiries, strikes, legs, grid } = tables;
  const scenarios = underlyings[0]?.moves.length ?? 0;
  const head = [shortfalls, pegs, underlyings, expiries, strikes, legs].map((each) => each.length);
  const out: number[] = [...head, scenarios, tables.gridInRange];
  for (const key of PARAMETERS) out.push(parameters[key]);
  out.push(...shortfalls, ...pegs);
  for (const underlying of underlyings) for (const key of UNDERLYING) out.push(underlying[key]);
  for (const { moves } of underlyings) out.push(...moves);
  for (const { underlying, years } of expiries) out.push(underlying, years);
  out.push(...strikes);
  for (const leg of legs) for (const key of LEG) out.push(Number(leg[key]));
  for (const row of grid) out.push(...row);
  return Float64Array.from(out);
}

function unpack(numbers: Float64Array, underlyings: number): RuleResult {
  const named = (keys: readonly string[], at: number): Record<string, number> =>
    Object.fromEntries(keys.map((key, i) => [key, numbers[at + i] ?? Number.NaN]));
  return {
    totals: named(TOTALS, 0) as RuleTotals,
    underlyings: Array.from(
      { length: underlyings },
      (_, u) => named(DETAILS, TOTALS.length + u * DETAILS.length) as RuleDetail,
    ),
  };
}
