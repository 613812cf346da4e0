/** Where a price series holds prints nobody could have traded at, and the series without them. */
export interface CleanedSeries {
  readonly prices: readonly number[];
  /** 0-based places of what was left out, ascending: shown, never dropped in silence. */
  readonly rejected: readonly number[];
}

/** What makes a print bad: it stands this far off while the two around it agree this well (fractions). */
export interface BadPrintRule {
  readonly spike: number;
  readonly agreement: number;
}

function apart(a: number, b: number): number {
  return Math.abs(a - b) / Math.min(a, b);
}

/**
 * A lone spike that is gone with the next print is a bad print; a fall that stays is a fall. So a print goes when it differs from
 * both neighbours by more than `spike` and the neighbours differ from each other by at most `agreement`. First and last print stay:
 * there is nothing to judge them by. Prices that are not positive and finite go as well.
 */
export function withoutBadPrints(prices: readonly number[], rule: BadPrintRule): CleanedSeries {
  const rejected: number[] = [];
  const kept: number[] = [];
  prices.forEach((price, at) => {
    const before = kept.at(-1);
    const after = prices[at + 1];
    const usable = Number.isFinite(price) && price > 0;
    const lone =
      usable &&
      before !== undefined &&
      after !== undefined &&
      after > 0 &&
      apart(before, after) <= rule.agreement &&
      apart(price, before) > rule.spike &&
      apart(price, after) > rule.spike;
    if (usable && !lone) kept.push(price);
    else rejected.push(at);
  });
  return { prices: kept, rejected };
}
