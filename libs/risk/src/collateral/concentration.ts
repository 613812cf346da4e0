/** How much of one asset counts, for the house as a whole. Money in one numeraire. */
export interface ConcentrationLimits {
  /** Share of a day's volume from which more of the asset counts for less. */
  readonly volumeShare: number;
  /** Share of the default fund from which more of the asset counts for less. */
  readonly fundShare: number;
}

export interface Pool {
  readonly totalValue: number;
  readonly dailyVolume: number;
  readonly defaultFund: number;
}

/**
 * Weight in [0, 1] of each unit of an asset, `min(1, start / total)` with start = min(share of volume, share of fund): the pool's
 * counted value grows up to the start and not beyond. Equal for all who post the asset. (Same shape as Drift's and Mango's.)
 */
export function concentrationWeight(pool: Pool, limits: ConcentrationLimits): number {
  const start = Math.min(
    limits.volumeShare * Math.max(pool.dailyVolume, 0),
    limits.fundShare * Math.max(pool.defaultFund, 0),
  );
  return pool.totalValue > start ? start / pool.totalValue : 1;
}

/** Who stands behind an asset, next to who posts it. */
export interface CollateralParties {
  readonly member: string;
  /** Members and issuers of the member's own group. */
  readonly affiliates: ReadonlySet<string>;
  /** Undefined where nobody issues it, such as bitcoin. */
  readonly issuer?: string;
}

/** Specific wrong-way risk: paper of the member or of its group is worth nothing on the day it is needed (EMIR art. 41). */
export function issuerWeight({ member, affiliates, issuer }: CollateralParties): 0 | 1 {
  if (issuer === undefined) return 1;
  return issuer === member || affiliates.has(issuer) ? 0 : 1;
}
