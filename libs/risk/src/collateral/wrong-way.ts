import type { LossVector, RiskKernel, ScenarioArray, ScenarioSet } from '../kernel/port.js';

/** General wrong-way risk of an asset against a book: do they fall together when the book is at its worst? */
export interface WrongWay {
  /** Correlation in [-1, 1] of the asset's loss with the book's, over the book's worst scenarios. */
  readonly correlation: number;
  readonly scenarios: number;
  /** May more of this asset be posted against this book? What is posted already stays: the arrays charge it in full. */
  readonly blocked: boolean;
}

interface Observation {
  readonly mass: number;
  readonly asset: number;
  readonly book: number;
}

/** Weighted Pearson correlation; zero where one of the two does not move. */
function correlation(observations: readonly Observation[]): number {
  let mass = 0;
  let assetMean = 0;
  let bookMean = 0;
  for (const each of observations) {
    mass += each.mass;
    assetMean += each.mass * each.asset;
    bookMean += each.mass * each.book;
  }
  if (!(mass > 0)) return 0;
  assetMean /= mass;
  bookMean /= mass;
  let assetSquare = 0;
  let bookSquare = 0;
  let product = 0;
  for (const each of observations) {
    const asset = each.asset - assetMean;
    const book = each.book - bookMean;
    assetSquare += each.mass * asset * asset;
    bookSquare += each.mass * book * book;
    product += each.mass * asset * book;
  }
  const scale = Math.sqrt(assetSquare) * Math.sqrt(bookSquare);
  return scale > 0 ? Math.min(1, Math.max(-1, product / scale)) : 0;
}

/**
 * Correlation of an asset's loss with a book's over the worst `tail` of probability of the book. `book` is without the asset
 * under test, or its own weight would show as correlation. More of the asset is blocked above `limit`.
 */
export function wrongWay(
  kernel: RiskKernel,
  set: ScenarioSet,
  book: LossVector,
  asset: ScenarioArray,
  rule: { readonly tail: number; readonly limit: number },
): WrongWay {
  const changes = asset.values();
  const observations = kernel
    .shortfall(book, set, rule.tail)
    .atoms.map(({ index, mass, loss }) => ({ mass, book: loss, asset: -(changes[index] ?? 0) }));
  const rho = correlation(observations);
  return { correlation: rho, scenarios: observations.length, blocked: rho > rule.limit };
}
