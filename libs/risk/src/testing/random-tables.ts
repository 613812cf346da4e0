import type { RuleLeg, RuleTables, RuleUnderlying } from '../kernel/rule-tables.js';
import { uniform } from './random-history.js';

/** Rule tables of a random market and book: two underlyings, three expiries, four strikes, seven tail scenarios. */
export function randomTables(seed: number, legCount?: number): RuleTables {
  const next = uniform(seed);
  const between = (low: number, high: number): number => low + (high - low) * next();
  const pick = (n: number): number => Math.floor(next() * n);
  const count = legCount ?? 1 + pick(8);
  const scenarios = 7;
  const underlying = (): RuleUnderlying => {
    const price = between(1, 50_000);
    return {
      price,
      sigma: price * between(0.005, 0.08),
      lin: price * between(0.02, 0.4),
      netRate: between(0.005, 0.2),
      hedgedRate: between(0, 0.01),
      shortOptionRate: between(0, 0.01),
      basisFlat: between(0, 0.01),
      basisAnnual: between(0, 0.1),
      spread: between(0, 0.01),
      adv: price * between(1, 1e5),
      openInterest: price * between(0, 1e5),
      openInterestBase: between(0, 0.2),
      openInterestLow: next() < 0.3 ? 0 : price * between(0, 1e4),
      openInterestHigh: next() < 0.3 ? 0 : price * between(1e4, 1e5),
      crowding: next(),
      moves: Float64Array.from({ length: scenarios }, (_, j) =>
        j === 2 ? 0 : price * between(-0.7, 4),
      ),
    };
  };
  const leg = (i: number): RuleLeg => {
    const isOption = next() < 0.6;
    const isLost = next() < 0.05;
    const at = pick(2);
    const price = between(1, 50_000);
    return {
      quantity: between(-100, 100),
      underlying: isLost ? -1 : at,
      expiry: isLost ? -1 : at === 0 ? 0 : 1 + pick(2),
      strike: isOption && !isLost ? (at === 0 ? pick(2) : 2 + pick(2)) : -1,
      gridRow: isOption && !isLost ? i : -1,
      delta: isLost ? 0 : isOption ? between(-1, 1) : 1,
      notional: price,
      optionSize: isOption && !isLost ? between(0.1, 10) : 0,
      funding: between(-0.001, 0.001) * price,
      isDerivative: next() < 0.8,
      confidence: next() < 0.2 ? next() * 0.5 : 1,
      worstLong: isLost ? price : 0,
      worstShort: isLost ? 3 * price : 0,
    };
  };
  return {
    parameters: {
      ...{ k: 1, tailShare: 0.77, impact: 1, participation: 0.1, mpor: 1, crowdingSlope: 0.5 },
      ...{ oracleThreshold: 0.55, oracleFactor: 1, pegThreshold: 0.99, pegFactor: 3 },
      ...{ fundingFactor: 1, unrealisedWeight: 0.95, phi: 0.8, phiLow: 0.6, phiHigh: 0.9 },
      ...{ maintenanceCrowdingSlope: 0.5, liquidationDays: next() < 0.5 ? 0 : next() },
      ...{ unrealised: between(-1e4, 1e4), marketCrowding: next() },
    },
    shortfalls: [between(-1e4, 1e5), between(-1e4, 1e5)],
    pegs: [between(0.95, 1.01), 1],
    underlyings: [underlying(), underlying()],
    expiries: [
      { underlying: 0, years: next() },
      { underlying: 1, years: 0 },
      { underlying: 1, years: next() * 2 },
    ],
    strikes: [0, 0, 1, 1],
    legs: Array.from({ length: count }, (_, i) => leg(i)),
    gridInRange: 4,
    grid: Array.from({ length: count }, () =>
      Float64Array.from({ length: scenarios }, () => between(-5e4, 5e4)),
    ),
  };
}
