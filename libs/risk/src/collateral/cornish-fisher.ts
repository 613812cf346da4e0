/** Bounds inside which the Cornish-Fisher expansion is a quantile: outside them it turns back on itself. */
export interface MomentBounds {
  /** Skewness of losses is clipped to [-maximumSkew, maximumSkew]. */
  readonly maximumSkew: number;
  /** Excess kurtosis is clipped to [0, maximumKurtosis]. */
  readonly maximumKurtosis: number;
}

/** Moments of losses: positive skew is the fat side of a holder's losses. Excess kurtosis: a normal law has 0. */
export interface LossMoments {
  readonly skew: number;
  readonly kurtosis: number;
}

/** The same moments, cut to their bounds. */
export function clippedMoments(moments: LossMoments, bounds: MomentBounds): LossMoments {
  const { maximumSkew, maximumKurtosis } = bounds;
  return {
    skew: Math.min(Math.max(moments.skew, -maximumSkew), maximumSkew),
    kurtosis: Math.min(Math.max(moments.kurtosis, 0), maximumKurtosis),
  };
}

/**
 * Fourth-order Cornish-Fisher quantile of a standardised law (Cornish and Fisher 1938):
 * `z + (z^2-1) S/6 + (z^3-3z) K/24 - (2z^3-5z) S^2/36`. Rises with K wherever z > sqrt 3. Inside the default
 * bounds it rises with z up to 3 where skew is not negative; with thin losses it may turn back, so haircuts floor it at z.
 */
export function cornishFisher(z: number, { skew, kurtosis }: LossMoments): number {
  const square = z * z;
  return (
    z +
    ((square - 1) * skew) / 6 +
    (z * (square - 3) * kurtosis) / 24 -
    (z * (2 * square - 5) * skew * skew) / 36
  );
}
