import type { Market } from '../../market.js';
import type { RuleLeg, RuleTables, RuleUnderlying } from '../../kernel/rule-tables.js';
import { byCodeUnits } from '../../exact.js';
import type { UrsParameters } from '../../parameters.js';
import type { Leg } from './account.js';
import type { MarketRisk } from './market-risk.js';

const HOURS_OF_PREDICTION = 8;

/** The rules' tables of an account's legs, and which underlying each row is. */
export interface Tables {
  readonly tables: RuleTables;
  readonly underlyings: readonly string[];
}

/** Everything in order of id, so that no sum depends on the book's. */
export function tablesOf(
  legs: readonly Leg[],
  shortfalls: readonly number[],
  unrealised: number,
  risk: MarketRisk,
  parameters: UrsParameters,
): Tables {
  const ids = distinct(legs.map(({ risk: { instrument } }) => instrument.underlying));
  const rows = ids.flatMap((id) => {
    const row = risk.underlying(id);
    return row ? [{ id, row }] : [];
  });
  const underlyings = rows.map(({ id }) => id);
  const expiryKeys = distinct(legs.flatMap((leg) => expiryKey(leg, underlyings)));
  const strikeKeys = distinct(legs.flatMap((leg) => strikeKey(leg, underlyings)));
  const grid: Float64Array[] = [];
  const tables: RuleTables = {
    parameters: ruleParameters(parameters, risk.market, unrealised),
    shortfalls,
    pegs: [...risk.market.pegs.keys()].sort(byCodeUnits).map((id) => risk.market.pegs.get(id) ?? 1),
    underlyings: rows.map(({ row }): RuleUnderlying => row),
    expiries: expiryKeys.map((key) => ({
      underlying: underlyings.indexOf(key.split('|')[0] ?? ''),
      years: legs.find((leg) => expiryKey(leg, underlyings)[0] === key)?.risk.years ?? 0,
    })),
    strikes: strikeKeys.map((key) => underlyings.indexOf(key.split('|')[0] ?? '')),
    legs: legs.map((leg): RuleLeg => {
      const { risk: own, quantity } = leg;
      const row = leg.grid ? grid.push(leg.grid) - 1 : -1;
      return {
        quantity,
        underlying: own.valuation ? underlyings.indexOf(own.instrument.underlying) : -1,
        expiry: expiryKeys.indexOf(expiryKey(leg, underlyings)[0] ?? ''),
        strike: strikeKeys.indexOf(strikeKey(leg, underlyings)[0] ?? ''),
        gridRow: row,
        delta: own.delta,
        notional: own.notional,
        optionSize: own.instrument.kind === 'option' ? own.size : 0,
        funding: own.funding,
        isDerivative: own.instrument.kind !== 'spot',
        confidence: own.valuation ? own.confidence : 1,
        worstLong: own.worst.long,
        worstShort: own.worst.short,
      };
    }),
    gridInRange: 3 * parameters.list('grid.spots').length,
    grid,
  };
  return { tables, underlyings };
}

function distinct(keys: readonly string[]): string[] {
  return [...new Set(keys)].sort(byCodeUnits);
}

/** `underlying|expiry`; perpetuals and spot share the expiry `0`, at no years. Only where the rules know the underlying. */
function expiryKey({ risk: { instrument, valuation } }: Leg, known: readonly string[]): string[] {
  if (!valuation || !known.includes(instrument.underlying)) return [];
  return [`${instrument.underlying}|${'expiry' in instrument ? instrument.expiry : 0}`];
}

function strikeKey({ risk: { instrument, valuation } }: Leg, known: readonly string[]): string[] {
  if (instrument.kind !== 'option' || !valuation) return [];
  if (!known.includes(instrument.underlying)) return [];
  return [`${instrument.underlying}|${instrument.expiry}|${instrument.option.strike}`];
}

function ruleParameters(
  parameters: UrsParameters,
  market: Market,
  unrealised: number,
): RuleTables['parameters'] {
  const of = (key: string): number => parameters.number(key);
  const crowding = [...market.underlyings.values()].map((each) => each.crowding);
  return {
    k: of('core.k'),
    tailShare: of('grid.tailShare'),
    impact: of('liquidity.impact'),
    participation: of('concentration.participation'),
    mpor: of('concentration.mpor'),
    crowdingSlope: of('crowding.slope'),
    oracleThreshold: of('oracle.threshold'),
    oracleFactor: of('oracle.factor'),
    pegThreshold: of('peg.threshold'),
    pegFactor: of('peg.factor'),
    fundingFactor: of('funding.hours') / HOURS_OF_PREDICTION,
    unrealisedWeight: of('unrealised.weight'),
    phi: of('maintenance.phi'),
    phiLow: of('maintenance.phiLow'),
    phiHigh: of('maintenance.phiHigh'),
    maintenanceCrowdingSlope: of('maintenance.crowdingSlope'),
    liquidationDays: market.liquidationDays ?? 0,
    unrealised,
    marketCrowding: crowding.reduce((most, each) => Math.max(most, each), 0),
  };
}
