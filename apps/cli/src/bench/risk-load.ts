import {
  type AccountLegs,
  type RiskKernel,
  type ScenarioArray,
  type ScenarioSet,
  shippedUrsParameters,
} from '#risk';

/** Scenarios of the standard's set at full length: 1,500 dates and their mirrors. */
export const SCENARIOS = 3_000;
export const POSITIONS = 20;
/** Probability whose mean loss is asked: the standard's own. */
export const ALPHA = shippedUrsParameters().number('core.alpha');
const FACTORS = 50;

/** Seeded uniform numbers in [0, 1), so that every run measures the same books: Mulberry32 (T. Ettinger, public domain). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A full-length scenario set of random shocks; weights fall with age, as the standard's do. */
export function randomSet(kernel: RiskKernel): ScenarioSet {
  const next = uniform(1);
  const shock = (): number => 0.05 * (next() + next() + next() + next() - 2);
  const columns = Array.from({ length: FACTORS }, () =>
    Float64Array.from({ length: SCENARIOS }, shock),
  );
  const half = SCENARIOS / 2;
  const raw = Float64Array.from({ length: SCENARIOS }, (_, j) => 1 + (j % half) / half);
  const total = raw.reduce((a, b) => a + b);
  return kernel.scenarioSet(
    columns,
    raw.map((each) => each / total),
    half,
  );
}

/** Arrays of `count` instruments: perpetuals and, every other one, options at their own strikes. */
export function randomArrays(kernel: RiskKernel, set: ScenarioSet, count: number): ScenarioArray[] {
  const next = uniform(2);
  const common = { size: 1, move: 'relative' } as const;
  return Array.from({ length: count }, (_, i) => {
    const factor = i % FACTORS;
    const price = 50 + 100 * next();
    if (i % 2 === 0) return kernel.array(set, { ...common, kind: 'linear', price, factor });
    const strike = price * (0.7 + 0.6 * next());
    const style = { type: next() < 0.5 ? 'call' : 'put', style: 'european' } as const;
    const terms = { ...style, forward: price, strike, years: 0.02 + next(), vol: 0.4 + next() };
    return kernel.array(set, {
      ...common,
      kind: 'option',
      terms: { ...terms, discount: 1 },
      horizon: 1 / 365,
      factor,
    });
  });
}

/** Books of `accounts` accounts with `positions` legs each, drawn from so many instruments. */
export function randomLegs(accounts: number, positions: number, instruments: number): AccountLegs {
  const next = uniform(3);
  const legs = accounts * positions;
  return {
    offsets: Uint32Array.from({ length: accounts + 1 }, (_, a) => a * positions),
    instruments: Uint32Array.from({ length: legs }, () => Math.floor(next() * instruments)),
    quantities: Float64Array.from({ length: legs }, () => next() * 200 - 100),
  };
}
