import type { RuleLeg, RuleTables, RuleUnderlying } from '../../kernel/rule-tables.js';
import { byCodeUnits } from '../../exact.js';
import type { Leg } from './account.js';
import type { MarketRisk } from './market-risk.js';

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
): Tables {
  const underlyings = ranked(legs, ({ terms }) => terms.underlying);
  const expiries = ranked(legs, ({ terms }) => terms.expiry);
  const strikes = ranked(legs, ({ terms }) => terms.strike);
  const grid: Float64Array[] = [];
  const { parameters, pegs, gridInRange } = risk.fixed;
  const tables: RuleTables = {
    parameters: { ...parameters, unrealised },
    shortfalls,
    pegs,
    underlyings: underlyings.keys.map((id) => knownRow(risk, id)),
    expiries: expiries.firsts.map((leg) => ({
      underlying: underlyings.rank(leg),
      years: leg.risk.years,
    })),
    strikes: strikes.firsts.map((leg) => underlyings.rank(leg)),
    legs: legs.map((leg): RuleLeg => ({
      quantity: leg.quantity,
      underlying: underlyings.rank(leg),
      expiry: expiries.rank(leg),
      strike: strikes.rank(leg),
      gridRow: leg.grid ? grid.push(leg.grid) - 1 : -1,
      ...leg.terms.row,
    })),
    gridInRange,
    grid,
  };
  return { tables, underlyings: underlyings.keys };
}

/** Distinct keys of legs in code-unit order, the first leg of each, and a leg's place among them (-1: it has none). */
function ranked(
  legs: readonly Leg[],
  keyOf: (leg: Leg) => string | undefined,
): {
  readonly keys: readonly string[];
  readonly firsts: readonly Leg[];
  rank(leg: Leg): number;
} {
  const firsts = new Map<string, Leg>();
  for (const leg of legs) {
    const key = keyOf(leg);
    if (key !== undefined && !firsts.has(key)) firsts.set(key, leg);
  }
  const sorted = [...firsts].sort(([a], [b]) => byCodeUnits(a, b));
  const places = new Map(sorted.map(([key], i) => [key, i]));
  return {
    keys: sorted.map(([key]) => key),
    firsts: sorted.map(([, leg]) => leg),
    rank: (leg) => places.get(keyOf(leg) ?? '') ?? -1,
  };
}

/** Terms name an underlying only where the market's rules have its row. */
function knownRow(risk: MarketRisk, id: string): RuleUnderlying {
  const row = risk.underlying(id);
  if (row) return row;
  throw new TypeError(`no row of ${id}`);
}
