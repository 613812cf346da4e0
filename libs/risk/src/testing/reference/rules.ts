import type {
  RuleDetail,
  RuleLeg,
  RuleParameters,
  RuleResult,
  RuleTables,
  RuleUnderlying,
} from '../../kernel/rule-tables.js';

/**
 * The rules of `urs` in plain TypeScript, from the standard's text: what the kernel's rules are checked against, bit for bit.
 * No transcendental function is in them, so equal means equal.
 */
export function plainRules(tables: RuleTables): RuleResult {
  const p = tables.parameters;
  const details = tables.underlyings.map((_, u) => detailOf(tables, u));
  const over = (key: keyof RuleDetail): number => sum(details.map((each) => each[key]));
  const core = sum(tables.shortfalls.map((each) => p.k * Math.max(each, 0)));
  const grid = over('grid');
  const floor = over('floor');
  const risk = Math.max(core, grid, floor);
  const addOns = {
    liquidity: over('liquidity'),
    crowding: over('crowding'),
    concentration: over('concentration'),
    openInterest: over('openInterest'),
    oracle: oracle(tables.legs, p),
    peg: risk * (Math.max(0, ...tables.pegs.map((each) => p.pegThreshold - each)) * p.pegFactor),
    funding: Math.max(0, sum(tables.legs.map((l) => l.quantity * l.funding)) * p.fundingFactor),
    unrealised: (1 - p.unrealisedWeight) * Math.max(0, p.unrealised),
    fallback: sum(
      tables.legs.flatMap((l) => [
        Math.max(l.quantity, 0) * l.worstLong,
        Math.max(-l.quantity, 0) * l.worstShort,
      ]),
    ),
  };
  const phi = maintenanceShare(p);
  const { liquidity, crowding, funding, fallback } = addOns;
  const initialMargin = Object.values(addOns).reduce((so, each) => so + each, risk);
  const maintenanceMargin = phi * risk + liquidity + crowding + funding + fallback;
  return {
    totals: { core, grid, floor, risk, ...addOns, initialMargin, maintenanceMargin, phi },
    underlyings: details,
  };
}

const sum = (values: readonly number[]): number => values.reduce((so, each) => so + each, 0);

function detailOf(tables: RuleTables, u: number): RuleDetail {
  const p = tables.parameters;
  const of = tables.underlyings[u] as RuleUnderlying;
  const mine = tables.legs.filter(({ underlying }) => underlying === u);
  const units = mine.map((l) => l.quantity * l.delta);
  const net = sum(units);
  const gross = sum(units.map(Math.abs));
  const derivatives = sum(units.filter((_, i) => mine[i]?.isDerivative));
  const notional = Math.abs(net) * of.price;
  const hedged =
    of.price * (of.netRate * Math.abs(net) + of.hedgedRate * ((gross - Math.abs(net)) / 2));
  const basis = basisOf(tables, u, of);
  const shortOptions = shortOptionsOf(tables, u, of);
  const impact = p.impact * (Math.abs(net) * of.sigma) * Math.sqrt(notional / of.adv);
  const liquidity = notional * (of.spread / 2) + impact;
  const slope = p.crowdingSlope * of.crowding;
  const days = notional / (p.participation * of.adv);
  const mpor = p.mpor * (1 + slope);
  const longer = Math.sqrt(1 + Math.max(0, days - mpor) / (3 * mpor)) - 1;
  return {
    ...{ net, gross, derivatives, notional, hedged, basis, shortOptions },
    floor: Math.max(hedged, basis) + shortOptions,
    liquidity,
    crowding: liquidity * slope,
    concentration: Math.abs(net) * of.lin * longer,
    openInterest: openInterestOf(of, derivatives),
    ...gridOf(tables, of, mine),
  };
}

function basisOf(tables: RuleTables, u: number, of: RuleUnderlying): number {
  const moves = tables.expiries.flatMap(({ underlying, years }, e) => {
    if (underlying !== u) return [];
    const legs = tables.legs.filter(({ expiry }) => expiry === e);
    const net = sum(legs.map((l) => l.quantity * l.delta));
    return [Math.abs(net) * of.price * Math.max(of.basisFlat, of.basisAnnual * years)];
  });
  return sum(moves);
}

function shortOptionsOf(tables: RuleTables, u: number, of: RuleUnderlying): number {
  const charges = tables.strikes.flatMap((underlying, s) => {
    if (underlying !== u) return [];
    const legs = tables.legs.filter(({ strike }) => strike === s);
    const naked = Math.max(0, -sum(legs.map((l) => l.quantity * l.optionSize)));
    return [naked * of.price * of.shortOptionRate];
  });
  return sum(charges);
}

function openInterestOf(of: RuleUnderlying, derivatives: number): number {
  const { openInterestLow: low, openInterestHigh: high } = of;
  if (high <= low) return 0;
  const share = Math.min(Math.max((of.openInterest - low) / (high - low), 0), 1);
  return Math.abs(derivatives) * of.price * (1 - of.openInterestBase) * share;
}

function gridOf(
  { parameters, gridInRange, grid }: RuleTables,
  of: RuleUnderlying,
  legs: readonly RuleLeg[],
): { grid: number; gridScenario: number } {
  const losses = Array.from(of.moves, (move, j) => {
    const curved = legs.filter(({ gridRow }) => gridRow >= 0);
    const loss = curved.reduce(
      (so, l) => so - l.quantity * ((grid[l.gridRow]?.[j] ?? 0) - l.delta * move),
      0,
    );
    const tail = (parameters.tailShare * of.lin) / Math.abs(move);
    return (j < gridInRange || move === 0 ? 1 : Math.min(1, tail)) * loss;
  });
  const worst = Math.max(0, ...losses);
  return { grid: worst, gridScenario: worst > 0 ? losses.indexOf(worst) : -1 };
}

function oracle(legs: readonly RuleLeg[], p: RuleParameters): number {
  const doubted = legs.filter(({ confidence }) => confidence < p.oracleThreshold);
  return sum(
    doubted.map((l) => p.oracleFactor * (1 - l.confidence) * (Math.abs(l.quantity) * l.notional)),
  );
}

function maintenanceShare(p: RuleParameters): number {
  if (p.liquidationDays <= 0) return p.phi;
  const share =
    Math.sqrt(p.liquidationDays / p.mpor) * (1 + p.maintenanceCrowdingSlope * p.marketCrowding);
  return Math.min(Math.max(share, p.phiLow), p.phiHigh);
}
