import { createHash } from 'node:crypto';
import type { Hex } from 'viem';
import { ZERO_HASH } from '../../batch/index.js';
import type { ChainView, Head } from '../index.js';

/** A batch as it lies in a transaction. */
export interface FakeBatch {
  readonly seq: number;
  readonly prevHash: Hex;
  readonly deadline: number;
  readonly deltas: readonly (readonly [index: number, delta: bigint])[];
  readonly digest: Hex;
  readonly signers: ReadonlySet<Hex>;
}

interface Block {
  readonly number: number;
  readonly hash: Hex;
  readonly time: number;
  readonly applied: readonly FakeBatch[];
  /** batchHash by seq - 1. */
  readonly hashes: readonly Hex[];
  readonly balances: ReadonlyMap<number, bigint>;
}

export const SAFE_DEPTH = 4;
export const FINAL_DEPTH = 8;
const QUORUM = 2;

export function fakeHash(...parts: readonly (string | number)[]): Hex {
  return `0x${createHash('sha256').update(parts.join('|')).digest('hex')}`;
}

/** Whether a batch can be in no block any more, as long as what is final stays. */
export function isDead(
  chain: FakeChain,
  { seq, deadline }: Pick<FakeBatch, 'seq' | 'deadline'>,
): boolean {
  const { finalized } = chain.view([]);
  return finalized.time > deadline && finalized.lastSeq < seq;
}

/** One chain with one settlement contract, in memory: blocks, a pool, reorgs of any depth. */
export class FakeChain {
  #blocks: Block[] = [
    { number: 0, hash: ZERO_HASH, time: 0, applied: [], hashes: [], balances: new Map() },
  ];
  #pool: FakeBatch[] = [];
  #forks = 0;
  /** Blocks that the deepest reorg so far has replaced. */
  deepest = 0;

  get latest(): Block {
    return this.#blocks.at(-1)!;
  }

  /** All batches of the chain as it stands, in order. */
  get applied(): FakeBatch[] {
    return this.#blocks.flatMap(({ applied }) => applied);
  }

  /** The pool takes anything; whether it is applied the contract says. */
  send(batch: FakeBatch): void {
    this.#pool.push(batch);
  }

  /** One block, `seconds` after the last; what it leaves out stays in the pool. */
  mine(seconds: number, leavesOut: () => boolean = () => false): void {
    const before = this.latest;
    const number = before.number + 1;
    const time = before.time + seconds;
    const hashes = [...before.hashes];
    const balances = new Map(before.balances);
    const applied: FakeBatch[] = [];
    const left: FakeBatch[] = [];
    for (const batch of this.#pool) {
      if (leavesOut()) {
        left.push(batch);
        continue;
      }
      // What the contract refuses has cost gas and is gone.
      if (!accepts(batch, hashes, time)) continue;
      hashes.push(batch.digest);
      applied.push(batch);
      for (const [index, delta] of batch.deltas) {
        balances.set(index, (balances.get(index) ?? 0n) + delta);
      }
    }
    this.#pool = left;
    const hash = fakeHash(before.hash, number, this.#forks);
    this.#blocks.push({ number, hash, time, applied, hashes, balances });
  }

  /** So many blocks are replaced; their transactions come back into the pool or do not. */
  reorg(depth: number, comeBack: boolean): void {
    const gone = this.#blocks.splice(Math.max(1, this.#blocks.length - depth));
    this.#forks += 1;
    this.deepest = Math.max(this.deepest, gone.length);
    const lost = gone.flatMap(({ applied }) => applied);
    if (comeBack) this.#pool = [...lost, ...this.#pool];
    // The new branch has no fewer blocks, and its own times.
    for (const { time } of gone) this.mine(Math.max(1, time - this.latest.time));
  }

  /** What a provider shows that is so many blocks behind. */
  view(seqs: readonly number[], lag = 0): ChainView {
    const top = Math.max(0, this.latest.number - lag);
    const head = (depth: number): Head => this.#head(Math.max(0, top - depth), seqs);
    return { latest: head(0), safe: head(SAFE_DEPTH), finalized: head(FINAL_DEPTH) };
  }

  #head(number: number, seqs: readonly number[]): Head {
    const { hash, time, hashes } = this.#blocks[number]!;
    const known = seqs.flatMap((seq) =>
      seq <= hashes.length ? [[seq, hashes[seq - 1]!] as const] : [],
    );
    return { block: number, blockHash: hash, time, lastSeq: hashes.length, hashes: new Map(known) };
  }
}

/** The contract's rules, as far as the order of batches goes. */
function accepts(batch: FakeBatch, hashes: readonly Hex[], time: number): boolean {
  const follows =
    batch.seq === hashes.length + 1 && batch.prevHash === (hashes.at(-1) ?? ZERO_HASH);
  return follows && time <= batch.deadline && batch.signers.size >= QUORUM;
}
