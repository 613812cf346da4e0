/** When a stablecoin counts as off its peg and what that costs. */
export interface PegRule {
  /** Price of the peg, as a fraction of par, under which the charge begins. */
  readonly threshold: number;
  /** Charge per unit of depth under it. */
  readonly factor: number;
}

/**
 * Add-on for a stablecoin at `price` of its par, as a fraction of the value held, `min(1, factor x max(0, threshold - price))`. On
 * top of the fall itself, which is in the mark: a broken peg seldom stops half way.
 */
export function pegAddOn(price: number, rule: PegRule): number {
  return Math.min(1, rule.factor * Math.max(0, rule.threshold - price));
}

/** A stablecoin held (positive) or owed (negative), in units of par, at its mark as a fraction of par. */
export interface PegHolding {
  readonly asset: string;
  readonly units: number;
  readonly price: number;
}

/** Loss of one peg scenario. `level`: fraction of par to which the asset falls; where it stands lower already, nothing is lost. */
export interface PegLoss {
  readonly asset: string;
  readonly level: number;
  readonly loss: number;
}

/**
 * What each stablecoin falling to each level would cost, one asset at a time: 0.90 is USDC of March 2023 (low 0.8994), 0.65 USDe
 * of 10 October 2025. For reports and the size of the default fund; not part of initial margin. Negative for what is owed.
 */
export function pegScenarios(
  holdings: readonly PegHolding[],
  levels: readonly number[],
): readonly PegLoss[] {
  return holdings.flatMap(({ asset, units, price }) =>
    levels.map((level) => ({ asset, level, loss: units * Math.max(0, price - level) })),
  );
}
