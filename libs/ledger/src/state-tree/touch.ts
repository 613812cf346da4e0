import type { Posting } from '#events';

export type Touch = (kind: string, id: string | number) => void;
/** Names the entries that a fact with this data may change. */
export type Of<D, S> = (touch: Touch, data: D, state: S) => void;

export function touchPostings(
  touch: Touch,
  { postings }: { readonly postings: readonly Posting[] },
): void {
  for (const { from, to, asset } of postings) {
    touch('book', `${asset}|${from}`);
    touch('book', `${asset}|${to}`);
  }
}
