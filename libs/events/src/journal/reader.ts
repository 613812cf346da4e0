import { check, GENESIS, type Link, open, type Segment } from './chain.js';
import { JournalCorrupt } from './errors.js';
import type { Batch, JournalHead } from './journal.js';

/** Most segments fetched at once: at 10,000 events of about 100 bytes each, a page is up to 16 MB. */
export const PAGE = 16;

/** What reading needs of an adapter. */
export interface SegmentSource {
  head(): Promise<JournalHead>;
  /** Number of the last segment that begins at or before a position. */
  locate(position: number): Promise<number | undefined>;
  /** Up to PAGE segments below the head, from number `seq` on, in order. */
  page(seq: number): Promise<readonly Segment[]>;
}

export interface Range {
  readonly from: number;
  readonly to?: number | undefined;
  /** The batch read last: goes on behind it without reading it again. */
  readonly after?: Link | undefined;
}

/**
 * Reads the batches of a range up to the head, checking hash, link and contiguity as it goes. Starts one batch early,
 * so that the first one's link is checked too, and at the end compares the chain with the head: a journal that lost its
 * beginning, its middle or its end is found out by reading it.
 */
export async function* readBatches(source: SegmentSource, range: Range): AsyncGenerator<Batch> {
  const { from, to = Infinity } = range;
  let previous = range.after;
  let next = previous ? previous.seq + 1 : Math.max(((await source.locate(from)) ?? 0) - 1, 0);
  let page = source.page(next);
  for (;;) {
    const segments = await page;
    const last = segments.at(-1);
    if (last === undefined) {
      if (await reachedHead(source, next, previous)) return;
      page = again(source, next);
      continue;
    }
    if (segments[0]!.seq !== next) throw new JournalCorrupt(next, 'it is missing');
    const full = segments.length === PAGE;
    if (full) page = prefetch(source, last.seq + 1);
    for (const segment of segments) {
      if (segment.firstPosition > to) return;
      if (segment.firstPosition + segment.count > from) yield open(segment, previous);
      else check(segment, previous);
      previous = segment;
    }
    next = last.seq + 1;
    if (!full) page = Promise.resolve([]);
  }
}

/** Is the chain as long as the head says? Throws where it ends with another hash. */
async function reachedHead(
  source: SegmentSource,
  next: number,
  previous: Link | undefined,
): Promise<boolean> {
  const head = await source.head();
  if (head.batches > next) return false;
  if (head.batches === next && head.hash !== (previous?.hash ?? GENESIS)) {
    throw new JournalCorrupt(Math.max(next - 1, 0), 'the head has another hash');
  }
  return true;
}

/** The head is further on: either it moved just now, or what it counts is not there. */
async function again(source: SegmentSource, next: number): Promise<readonly Segment[]> {
  const segments = await source.page(next);
  if (segments.length === 0) throw new JournalCorrupt(next, 'it is missing');
  return segments;
}

function prefetch(source: SegmentSource, next: number): Promise<readonly Segment[]> {
  const page = source.page(next);
  // Whoever stops reading early must not leave an unhandled rejection behind.
  page.catch(() => undefined);
  return page;
}
