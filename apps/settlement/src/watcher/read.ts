import { type Address, type Hash, zeroHash } from 'viem';
import type { Block, BlockTag, Log } from '../chain/index.js';
import { agreedValue, type Heights, type Quorum } from '../rpc/index.js';
import { type Fact, factOf, type WatchedRail } from './fact.js';
import type { Marks, Reading } from './observe.js';

/** Blocks remembered to tell a reorganisation by. */
export const WINDOW = 256n;
/** Blocks asked for logs at once: what providers commonly allow. */
const CHUNK = 2_000n;

/** How far the chain has been read. */
export interface Progress {
  /** First block not read yet. */
  readonly next: bigint;
  readonly marks: Marks;
  /** The newest blocks read, at most `WINDOW`, oldest first. */
  readonly heads: readonly Block[];
  /** Rails whose past has been read. */
  readonly rails: readonly string[];
}

export interface Read extends Reading {
  readonly progress: Progress;
}

/** The chain moved between two questions: nothing is wrong, the next turn asks again. */
export class ChainMoved extends Error {
  override readonly name = 'ChainMoved';
}

/**
 * Reads what is new, and what is different, since `before`; `undefined` where there is neither. Everything is what m
 * providers agree on; where they do not, or where the chain moves meanwhile, it throws and nothing has happened.
 */
export async function readChain(
  quorum: Quorum,
  before: Progress,
  rails: readonly WatchedRail[],
): Promise<Read | undefined> {
  const heights = agreedValue(await quorum.heights());
  const tags = [...new Set(rails.map(({ finality }) => finality))];
  const ancestor = await commonAncestor(quorum, before, heights.latest);
  const broken = await brokenMarks(quorum, before.marks, tags, heights, ancestor);
  const isBehind = heights.latest < before.next - 1n && ancestor === heights.latest;
  // A view from before what is known already: whatever it says, it is older.
  if (isBehind && broken.length === 0) return undefined;

  const from = ancestor + 1n;
  const to = heights.latest;
  const kept = before.heads.filter(({ number }) => number <= ancestor);
  const heads = await newHeads(quorum, kept, from, to);
  const marks = await newMarks(quorum, before.marks, tags, heights, heads, broken.length > 0);
  const newRails = rails.filter(({ rail }) => !before.rails.includes(rail));
  const lost = before.next - from;
  const same = from > to && lost === 0n && newRails.length === 0;
  if (same && canonicalMarks(marks) === canonicalMarks(before.marks)) return undefined;

  const oldRails = rails.filter(({ rail }) => before.rails.includes(rail));
  const facts = [
    ...(await readFacts(quorum, oldRails, from, to, heads)),
    ...(await Promise.all(
      newRails.map((rail) => readFacts(quorum, [rail], rail.fromBlock, to, heads)),
    )),
  ].flat();
  const progress = {
    next: to + 1n,
    marks,
    heads: heads.slice(-Number(WINDOW)),
    rails: rails.map(({ rail }) => rail),
  };
  return { ancestor, lost, facts, marks, broken, progress };
}

const canonicalMarks = (marks: Marks): string =>
  (['latest', 'safe', 'finalized'] as const)
    .map((tag) => `${marks[tag]?.number}:${marks[tag]?.hash}`)
    .join();

/** The newest block that is still what it was. */
async function commonAncestor(quorum: Quorum, before: Progress, latest: bigint): Promise<bigint> {
  const reachable = before.heads.filter(({ number }) => number <= latest);
  const isSame = async (block: Block): Promise<boolean> =>
    agreedValue(await quorum.block(block.number)).hash === block.hash;
  const newest = reachable.at(-1);
  if (newest === undefined) return before.heads.length === 0 ? before.next - 1n : latest;
  if (await isSame(newest)) return newest.number;
  // Blocks that are the same come before those that are not.
  let [low, high] = [0, reachable.length - 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const block = reachable[middle];
    if (block !== undefined && (await isSame(block))) low = middle + 1;
    else high = middle;
  }
  const shared = reachable[low - 1];
  if (shared !== undefined) return shared.number;
  // Deeper than is remembered: back to what was final on every rail, below which nothing has to be read again.
  const marks = Object.values(before.marks).map(({ number }) => number);
  const oldest = (reachable[0]?.number ?? 0n) - 1n;
  return [oldest, ...marks].reduce((a, b) => (a < b ? a : b));
}

/** What had been called final and is gone. */
async function brokenMarks(
  quorum: Quorum,
  marks: Marks,
  tags: readonly BlockTag[],
  heights: Heights,
  ancestor: bigint,
): Promise<Reading['broken']> {
  const broken = await Promise.all(
    tags.map(async (tag) => {
      const was = marks[tag];
      if (was === undefined) return [];
      if (was.number > heights.latest) {
        // Shorter than it was: behind, unless it has parted below.
        return ancestor < heights.latest ? [{ tag, was, is: zeroHash }] : [];
      }
      const { hash } = agreedValue(await quorum.block(was.number));
      return hash === was.hash ? [] : [{ tag, was, is: hash as Hash }];
    }),
  );
  return broken.flat();
}

/** The blocks remembered from now on: those kept, and the new ones as far as the window reaches. */
async function newHeads(
  quorum: Quorum,
  kept: readonly Block[],
  from: bigint,
  to: bigint,
): Promise<readonly Block[]> {
  const first = to - WINDOW + 1n > from ? to - WINDOW + 1n : from;
  const numbers = Array.from({ length: Number(to - first + 1n) }, (_, n) => first + BigInt(n));
  const blocks: Block[] = [];
  for (let at = 0; at < numbers.length; at += 32) {
    const some = numbers.slice(at, at + 32);
    const answers = await Promise.all(some.map((number) => quorum.block(number)));
    blocks.push(...answers.map(agreedValue));
  }
  const heads = first === from ? [...kept, ...blocks] : blocks;
  const torn = heads.find(({ parentHash }, n) => n > 0 && heads[n - 1]?.hash !== parentHash);
  if (torn) throw new ChainMoved(`block ${torn.number} does not follow the one before it`);
  return heads;
}

/** How far each tag has come. It only goes forward, unless what it stood on is gone. */
async function newMarks(
  quorum: Quorum,
  before: Marks,
  tags: readonly BlockTag[],
  heights: Heights,
  heads: readonly Block[],
  violated: boolean,
): Promise<Marks> {
  const marks: Partial<Record<BlockTag, Marks[BlockTag]>> = {};
  for (const tag of tags) {
    const was = before[tag];
    const number = heights[tag];
    if (was !== undefined && number <= was.number && !violated) marks[tag] = was;
    else {
      const known = heads.find((block) => block.number === number);
      const block = known ?? agreedValue(await quorum.block(number));
      marks[tag] = { number, hash: block.hash };
    }
  }
  return marks as Marks;
}

async function readFacts(
  quorum: Quorum,
  rails: readonly WatchedRail[],
  from: bigint,
  to: bigint,
  heads: readonly Block[],
): Promise<readonly Fact[]> {
  if (rails.length === 0) return [];
  const addresses = [...new Set(rails.flatMap(({ vault, ledger }) => [vault, ledger]))];
  const facts: Fact[] = [];
  for (let start = from; start <= to; start += CHUNK) {
    const end = start + CHUNK - 1n < to ? start + CHUNK - 1n : to;
    const logs = agreedValue(await quorum.logs(addresses, start, end));
    for (const log of logs) {
      const fact = factOf(log, await timeOf(quorum, log, heads), rails);
      if (fact) facts.push(fact);
    }
  }
  return facts;
}

/** Time of a log's block; the log has to be of the block the providers agreed on. */
async function timeOf(quorum: Quorum, log: Log, heads: readonly Block[]): Promise<bigint> {
  const known = heads.find(({ number }) => number === log.blockNumber);
  const block = known ?? agreedValue(await quorum.block(log.blockNumber));
  if (block.hash !== log.blockHash) {
    throw new ChainMoved(`a log is of another block ${log.blockNumber} than was agreed on`);
  }
  return block.timestamp;
}

/** What is about to count as final is asked about once more, of the blocks it is said to be in. */
export async function confirm(
  quorum: Quorum,
  facts: readonly Fact[],
  rails: readonly WatchedRail[],
): Promise<void> {
  for (const block of new Set(facts.map((fact) => fact.block))) {
    const now = await readFacts(quorum, rails, block, block, []);
    const said = new Set(now.map(sameFact));
    const gone = facts.find((fact) => fact.block === block && !said.has(sameFact(fact)));
    if (gone) throw new ChainMoved(`block ${block} does not say any more what was read in it`);
  }
}

const sameFact = (fact: Fact): string =>
  Object.entries(fact)
    .map(([key, value]) => `${key}=${String(value as Address | bigint | number)}`)
    .sort()
    .join(' ');
