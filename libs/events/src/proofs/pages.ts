import { Frontier, hashNode, type Subtree, subtreesOf } from './merkle.js';
import type { SubtreeSource } from './merkle.js';

/** Hashes of one page. */
export const PAGE_HASHES = 256;
const PAGE_LEVELS = 8;
const HASH_BYTES = 32;

/** Names a page: hash i of page (tier, index) is the root of the 256^tier leaves from (index * 256 + i) * 256^tier on. */
export interface PageId {
  readonly tier: number;
  readonly index: number;
}

/**
 * 1 to 256 hashes of 32 bytes, one after the other. Pages of tier 0 hold the leaf hashes, those of tier 1 the roots of
 * full pages of tier 0, and so on (the tiles of c2sp.org/tlog-tiles). So a proof reads one page of at most 8 KiB per
 * subtree it needs, never the leaves, and keeping the tiers costs 0.4 % of the leaves' space.
 */
export interface HashPage extends PageId {
  readonly hashes: Buffer;
}

/** Reads pages; a page that is not there is empty. In the order they are asked for. */
export type ReadPages = (wanted: readonly PageId[]) => Promise<readonly Buffer[]>;

/** A page is not there, or shorter than the tree says: whoever kept it lost something. */
export class PageMissing extends Error {
  override readonly name = 'PageMissing';
  constructor(readonly page: PageId) {
    super(`hash page ${page.index} of tier ${page.tier} is missing or too short`);
  }
}

const pageOf = ({
  level,
  index,
}: Subtree): PageId & { readonly at: number; readonly width: number } => {
  const tier = Math.floor(level / PAGE_LEVELS);
  const width = 2 ** (level % PAGE_LEVELS);
  const first = index * width;
  const page = Math.floor(first / PAGE_HASHES);
  return { tier, index: page, at: first % PAGE_HASHES, width };
};

/** The hashes of full subtrees, from stored pages. */
export function subtreesFrom(read: ReadPages): SubtreeSource {
  return {
    async subtrees(wanted) {
      const places = wanted.map(pageOf);
      const pages = await read(places);
      return places.map((place, i) => rootWithin(pages[i]!, place));
    },
  };
}

function rootWithin(page: Buffer, place: ReturnType<typeof pageOf>): Buffer {
  const { at, width, tier, index } = place;
  if (page.length < (at + width) * HASH_BYTES) throw new PageMissing({ tier, index });
  let level = Array.from({ length: width }, (_, i) => hashAt(page, at + i));
  while (level.length > 1) {
    level = level.flatMap((hash, i) => (i % 2 === 0 ? [hashNode(hash, level[i + 1]!)] : []));
  }
  return level[0]!;
}

/** Hash number `i` of a page; undefined behind its end. */
export function hashIn(page: Buffer, i: number): Buffer | undefined {
  return (i + 1) * HASH_BYTES <= page.length ? hashAt(page, i) : undefined;
}

const hashAt = (page: Buffer, i: number): Buffer =>
  page.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES);

/** Number of leaves a last page of tier 0 ends at. */
export function leavesUpTo(index: number, page: Buffer): number {
  return index * PAGE_HASHES + page.length / HASH_BYTES;
}

/** A tree that grows, and the pages it changes. */
export class PagedTree {
  /** Per tier the page being filled. */
  private readonly open: { index: number; hashes: Buffer[]; changed: boolean }[] = [];
  private full: HashPage[] = [];

  private constructor(private readonly tree: Frontier) {}

  /** Goes on with a stored tree of `size` leaves. */
  static async open(size: number, read: ReadPages): Promise<PagedTree> {
    const subtrees = subtreesOf({ start: 0, end: size });
    const hashes = await subtreesFrom(read).subtrees(subtrees);
    const paged = new PagedTree(Frontier.from(subtrees, hashes));
    for (
      let count = size, tier = 0;
      count > 0;
      count = Math.floor(count / PAGE_HASHES), tier += 1
    ) {
      const index = Math.floor(count / PAGE_HASHES);
      const kept = count % PAGE_HASHES;
      const [page] = kept > 0 ? await read([{ tier, index }]) : [Buffer.alloc(0)];
      if (page!.length < kept * HASH_BYTES) throw new PageMissing({ tier, index });
      const own = Array.from({ length: kept }, (_, i) => Buffer.from(hashAt(page!, i)));
      paged.open[tier] = { index, hashes: own, changed: false };
    }
    return paged;
  }

  get size(): number {
    return this.tree.size;
  }

  root(): Buffer {
    return this.tree.root();
  }

  append(leaf: Buffer): void {
    this.tree.append(leaf, (level, hash) => {
      if (level % PAGE_LEVELS === 0) this.put(level / PAGE_LEVELS, hash);
    });
  }

  private put(tier: number, hash: Buffer): void {
    const page = (this.open[tier] ??= { index: 0, hashes: [], changed: false });
    page.hashes.push(hash);
    page.changed = true;
    if (page.hashes.length < PAGE_HASHES) return;
    this.full.push({ tier, index: page.index, hashes: Buffer.concat(page.hashes) });
    this.open[tier] = { index: page.index + 1, hashes: [], changed: false };
  }

  /** The pages that changed since the last call, each once. */
  takePages(): HashPage[] {
    const taken = this.full;
    this.full = [];
    this.open.forEach((page, tier) => {
      if (!page.changed) return;
      page.changed = false;
      taken.push({ tier, index: page.index, hashes: Buffer.concat(page.hashes) });
    });
    return taken;
  }
}
