import type { FactorHistory } from '../scenarios/factor-history.js';

/** Deterministic numbers in [0, 1): mulberry32, integers only, the same on every engine. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Correlated prices that look like coins: about 3.5 % a day, a common part, now and then a jump. Bit-equal everywhere. */
export function randomHistory(
  name: string,
  ids: readonly string[],
  length: number,
  seed: number,
): FactorHistory {
  const next = uniform(seed);
  const bell = (): number => (next() + next() + next() + next() - 2) * 1.7;
  const levels = ids.map((_, i) => 100 * (i + 1));
  const start = Date.parse('2020-01-01T00:00:00Z');
  const days = Array.from({ length }, (_, t) => {
    const common = bell() * (next() < 0.03 ? 0.1 : 0.03);
    levels.forEach((level, i) => {
      levels[i] = level * Math.max(0.4, 1 + common + bell() * 0.015);
    });
    return {
      date: new Date(start + t * 86_400_000).toISOString().slice(0, 10),
      values: [...levels],
    };
  });
  const factors = ids.map((id) => ({ id, kind: 'price', move: 'relative' }) as const);
  return { name, maximumGapDays: 1, factors, days };
}
