import type { Address, Hex } from 'viem';
import { operatorRegistryAbi, settlementLedgerAbi } from '#contracts';
import type { Block } from '../chain/index.js';
import { agreedValue, type Quorum } from '../rpc/index.js';
import type { ChainView, Head } from '../state/index.js';

/** The three blocks of one look. */
export interface Blocks {
  readonly latest: Block;
  readonly safe: Block;
  readonly finalized: Block;
}

/** Who signs now. */
export interface Operators {
  readonly epoch: bigint;
  readonly threshold: number;
  /** Addresses, lower case. */
  readonly members: readonly Hex[];
}

/** Heads kept: a few turns of a few rails. */
const KEPT = 512;

/** Looks at a chain's contracts through the quorum, block by block: a view of one rail is never mixed from two forks. */
export class ChainEye {
  private readonly seen = new Map<string, Head>();
  private asked: { readonly key: string; readonly operators: Promise<Operators> } | undefined;

  constructor(readonly quorum: Quorum) {}

  /** @throws NoAgreement, ChainError where the chain cannot be read now */
  async blocks(): Promise<Blocks> {
    const heights = agreedValue(await this.quorum.heights());
    const [latest, safe, finalized] = await Promise.all(
      [heights.latest, heights.safe, heights.finalized].map((at) => this.block(at)),
    );
    return { latest: latest!, safe: safe!, finalized: finalized! };
  }

  /** @param seqs whose hash is wanted where the contract has one */
  async view(ledger: Address, blocks: Blocks, seqs: readonly number[]): Promise<ChainView> {
    const [latest, safe, finalized] = await Promise.all(
      [blocks.latest, blocks.safe, blocks.finalized].map((at) => this.head(ledger, at, seqs)),
    );
    return { latest: latest!, safe: safe!, finalized: finalized! };
  }

  /** A chain's rails share a registry: it is asked once per block. */
  operators(registry: Address, block: Block): Promise<Operators> {
    const key = `${registry} ${block.hash}`;
    if (this.asked?.key !== key) {
      this.asked = { key, operators: this.readOperators(registry, block) };
      this.asked.operators.catch(() => (this.asked = undefined));
    }
    return this.asked.operators;
  }

  private async readOperators(registry: Address, { hash }: Block): Promise<Operators> {
    const read = async <N extends 'epoch' | 'threshold' | 'operators'>(functionName: N) =>
      agreedValue(
        await this.quorum.read(
          { address: registry, abi: operatorRegistryAbi, functionName },
          { blockHash: hash },
        ),
      );
    const [epoch, threshold, members] = await Promise.all([
      read('epoch'),
      read('threshold'),
      read('operators'),
    ]);
    return {
      epoch: epoch as bigint,
      threshold: Number(threshold),
      members: (members as readonly Address[]).map((each) => each.toLowerCase() as Hex),
    };
  }

  /** Owners of indexes on a ledger, in their order; the zero address where an index is not open. */
  owners(ledger: Address, indexes: readonly number[], { hash }: Block): Promise<Address[]> {
    return Promise.all(
      indexes.map(async (index) =>
        agreedValue(
          await this.quorum.read(
            { address: ledger, abi: settlementLedgerAbi, functionName: 'ownerOf', args: [index] },
            { blockHash: hash },
          ),
        ),
      ),
    );
  }

  private async block(at: bigint): Promise<Block> {
    return agreedValue(await this.quorum.block(at));
  }

  private async head(ledger: Address, block: Block, seqs: readonly number[]): Promise<Head> {
    const key = `${ledger} ${block.hash} ${seqs.join()}`;
    const known = this.seen.get(key);
    if (known !== undefined) return known;
    const at = { blockHash: block.hash };
    const contract = { address: ledger, abi: settlementLedgerAbi } as const;
    const lastSeq = Number(
      agreedValue(await this.quorum.read({ ...contract, functionName: 'lastSeq' }, at)),
    );
    const hashes = await Promise.all(
      seqs
        .filter((seq) => seq <= lastSeq)
        .map(async (seq) => {
          const args = [BigInt(seq)] as const;
          const asked = this.quorum.read({ ...contract, functionName: 'batchHash', args }, at);
          return [seq, agreedValue(await asked)] as const;
        }),
    );
    const head: Head = {
      block: Number(block.number),
      blockHash: block.hash,
      time: Number(block.timestamp),
      lastSeq,
      hashes: new Map(hashes),
    };
    if (this.seen.size >= KEPT) this.seen.clear();
    this.seen.set(key, head);
    return head;
  }
}
