import { describe, expect, it } from '@jest/globals';
import { type Address, zeroAddress } from 'viem';
import type { Block } from '../chain/index.js';
import type { Blocks, ChainEye, Operators } from './chain-eye.js';
import type { CoSignerClient } from './co-signers.js';
import { Openings, type RailOpenings } from './openings.js';

const owner: Address = `0x${'aa'.repeat(20)}`;
const signer: Address = `0x${'11'.repeat(20)}`;
const rail: RailOpenings = {
  ...{ rail: '1/USDT', chainId: 1, ledger: `0x${'22'.repeat(20)}` },
  wanted: [
    { index: 0, owner },
    { index: 16, owner },
  ],
};
const operators: Operators = { epoch: 1n, threshold: 1, members: [signer] };
const block = (number: bigint): Block => ({
  ...{ number, timestamp: number, baseFee: 1n },
  hash: `0x${String(number).padStart(64, '0')}`,
  parentHash: `0x${'00'.repeat(32)}`,
});
const blocks: Blocks = { latest: block(20n), safe: block(16n), finalized: block(12n) };

/** A chain on which indexes are open at some blocks, and openings that look at it. */
function given() {
  const open = { latest: new Set<number>(), finalized: new Set<number>() };
  const owners = async (_ledger: Address, indexes: readonly number[], at: Block) => {
    const there = at.number === 20n ? open.latest : open.finalized;
    return indexes.map((index) => (there.has(index) ? owner : zeroAddress));
  };
  const coSigner = {
    url: 'one',
    openings: async () => ({ is: 'signed', by: { signer, signature: '0x51' } }),
  };
  const eye = { owners } as unknown as ChainEye;
  const openings = new Openings(eye, [coSigner as unknown as CoSignerClient], 600, () => undefined);
  const turn = async (): Promise<boolean> => {
    await openings.turn(rail, blocks, operators);
    await new Promise((resolve) => setImmediate(resolve));
    return (await openings.turn(rail, blocks, operators)) !== undefined;
  };
  return { open, openings, turn };
}

describe('accounts of the journal that a chain lacks', () => {
  it('are opened once signed, and wanted no more once they are open', async () => {
    const { open, turn } = given();
    expect(await turn()).toBe(true);
    open.latest = new Set([0, 16]);
    expect(await turn()).toBe(false);
  });

  it('are opened again where the chain loses the block', async () => {
    const { open, turn } = given();
    open.latest = new Set([0, 16]);
    open.finalized = new Set([0]);
    expect(await turn()).toBe(false);
    open.latest = new Set([0]);
    expect(await turn()).toBe(true);
  });

  it('are looked at again where the chain takes back what was final', async () => {
    const { open, openings, turn } = given();
    open.latest = open.finalized = new Set([0, 16]);
    expect(await turn()).toBe(false);
    open.latest = open.finalized = new Set([0]);
    expect(await turn()).toBe(false);
    openings.forget();
    expect(await turn()).toBe(true);
  });
});
