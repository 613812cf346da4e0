import type { Hex } from 'viem';
import { type FakeBatch, type FakeChain, isDead } from './fake-chain.js';

/** What a co-signer answers: a signature, a final no, or nothing this time. */
export type Answer = 'signed' | 'refused' | undefined;

/** A co-signer that signs one digest for a seq, and another only once the first is proved dead. */
export class FakeCosigner {
  readonly #signed = new Map<number, FakeBatch>();

  constructor(
    readonly address: Hex,
    readonly chain: FakeChain,
  ) {}

  answer(batch: FakeBatch): Answer {
    const before = this.#signed.get(batch.seq);
    if (before !== undefined && before.digest !== batch.digest && !isDead(this.chain, before))
      return;
    this.#signed.set(batch.seq, batch);
    return 'signed';
  }
}
