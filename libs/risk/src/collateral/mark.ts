/** One venue's price of an asset: minor units at a scale all quotes of one call share. */
export interface VenueQuote {
  readonly venue: string;
  readonly price: bigint;
}

export interface MarkGuard {
  /** Fewest agreeing venues a median may rest on. */
  readonly minimumVenues: number;
  /** Greatest distance from the median, in basis points of it, at which a venue still counts. */
  readonly maximumDeviation: number;
}

/** Whom a doubtful mark must not favour: what is held is valued low, what is owed is valued high. */
export type MarkSide = 'asset' | 'liability';

/** What the venues say. Only `median` is a mark to trade on; `conservative` is the documented fallback. */
export type ConsensusMark =
  | {
      readonly kind: 'median';
      readonly price: bigint;
      readonly venues: readonly string[];
      readonly rejected: readonly string[];
    }
  | {
      readonly kind: 'conservative';
      readonly reason: 'too-few-venues';
      readonly price: bigint;
      readonly venues: readonly string[];
      readonly rejected: readonly string[];
    }
  | {
      readonly kind: 'none';
      readonly reason: 'no-quotes';
      readonly rejected: readonly string[];
    };

const BASIS_POINTS = 10_000n;

function byPrice(a: VenueQuote, b: VenueQuote): number {
  if (a.price !== b.price) return a.price < b.price ? -1 : 1;
  return a.venue < b.venue ? -1 : a.venue > b.venue ? 1 : 0;
}

/** Of two middle quotes the one against the holder, so that the mark is always a price some venue quotes. */
function median(sorted: readonly VenueQuote[], side: MarkSide): bigint {
  const middle = side === 'asset' ? Math.floor((sorted.length - 1) / 2) : sorted.length >> 1;
  return sorted[middle]?.price ?? 0n;
}

/** |price - centre| / centre <= limit, by cross-multiplication: no division, nothing rounded. */
function agrees(price: bigint, centre: bigint, limit: bigint): boolean {
  const distance = price < centre ? centre - price : price - centre;
  return distance * BASIS_POINTS <= limit * centre;
}

/**
 * Mark of an asset: the median of the venues, taken again without those further than `maximumDeviation` from it. With
 * fewer than `minimumVenues` left the result is named `conservative` and carries the lowest agreeing quote for an asset,
 * the highest for a liability. Prices at or below zero are rejected: collateral has none.
 *
 * Why: on 2025-10-10 one venue printed USDe at 0.65 while every other stood at par, and marked its members by itself.
 */
export function consensusMark(
  quotes: readonly VenueQuote[],
  guard: MarkGuard,
  side: MarkSide = 'asset',
): ConsensusMark {
  const sorted = quotes.filter(({ price }) => price > 0n).sort(byPrice);
  const centre = median(sorted, side);
  const limit = BigInt(guard.maximumDeviation);
  const agreeing = sorted.filter(({ price }) => agrees(price, centre, limit));
  const kept = new Set(agreeing);
  const rejected = quotes.filter((quote) => !kept.has(quote)).map(({ venue }) => venue);
  rejected.sort();
  const lowest = agreeing[0];
  const highest = agreeing.at(-1);
  if (lowest === undefined || highest === undefined)
    return { kind: 'none', reason: 'no-quotes', rejected };
  const venues = agreeing.map(({ venue }) => venue).sort();
  if (new Set(venues).size >= guard.minimumVenues)
    return { kind: 'median', price: median(agreeing, side), venues, rejected };
  const price = side === 'asset' ? lowest.price : highest.price;
  return { kind: 'conservative', reason: 'too-few-venues', price, venues, rejected };
}
