/** Draws of a seeded generator, the same on every machine. Uniform in [0, 1), and near enough to normal. */
export interface Draw {
  uniform(): number;
  /** Whole number in [from, to). */
  whole(from: number, to: number): number;
  /** Sum of twelve uniforms less six: no logarithm, so no engine's library. */
  normal(): number;
}

/** mulberry32 (T. Ettinger, public domain): 32 bits of state, enough for test data. */
export function seeded(seed: number): Draw {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    uniform,
    whole: (from, to) => from + Math.floor(uniform() * (to - from)),
    normal: () => {
      let sum = -6;
      for (let i = 0; i < 12; i++) sum += uniform();
      return sum;
    },
  };
}
