import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { toHex, zeroHash } from 'viem';
import { type TestQuorum, twoOfThree } from '../testing/node.js';
import type { Lie } from '../testing/rpc-proxy.js';
import { type SettledChain, startSettledChain } from '../testing/settled-chain.js';
import { agreedValue } from './agreement.js';
import { readBatchHash, readLedger, readLedgerByTag } from './ledger-view.js';

/** Says of every view that it answers this number. */
const forge =
  (value: bigint): Lie =>
  (method, result) =>
    method === 'eth_call' ? toHex(value, { size: 32 }) : result;

describe('the state of a ledger, as two of three providers say', () => {
  let settled: SettledChain;
  let set: TestQuorum;
  let digests: readonly string[];

  beforeAll(async () => {
    settled = await startSettledChain();
    const { node, house } = settled;
    const sealed = [];
    for (let n = 0; n < 2; n += 1)
      sealed.push(
        await house.seal({
          entries: [
            [16, -1n],
            [17, 1n],
          ],
        }),
      );
    digests = sealed.map(({ digest }) => digest);
    await node.rpc('evm_setAutomine', [true]);
    for (const { data } of sealed) {
      await house.send(house.rail.ledger, data);
      // The first is safe and final when this is done, the second neither.
      await node.mine(3);
    }
    await node.mine(2);
  });
  afterAll(() => settled.node.stop());
  beforeEach(async () => {
    set = await twoOfThree(settled.node, { graceMs: 1_000 });
  });
  afterEach(() => set.close());

  it('is read at the newest, the safe and the final block', async () => {
    const views = await readLedgerByTag(set.quorum, settled.house.rail.ledger);
    expect(views.latest).toMatchObject({ lastSeq: 2n, lastHash: digests[1], frozen: false });
    expect(views.safe).toMatchObject({ lastSeq: 2n, block: views.latest.block - 4n });
    expect(views.finalized).toMatchObject({ lastSeq: 1n, lastHash: digests[0] });
    const { ledger } = settled.house.rail;
    const { block } = views.finalized;
    expect(agreedValue(await readBatchHash(set.quorum, ledger, 1n, block))).toBe(digests[0]);
    expect(agreedValue(await readBatchHash(set.quorum, ledger, 2n, block))).toBe(zeroHash);
  });

  it('is what the honest say while one forges it, and unknown while two do', async () => {
    const { ledger } = settled.house.rail;
    const height = agreedValue(await set.quorum.heights()).latest;
    set.proxies[0].mode = { kind: 'lie', lie: forge(7n) };
    expect(await readLedger(set.quorum, ledger, height)).toMatchObject({
      kind: 'agreed',
      value: { lastSeq: 2n },
      by: ['provider-2', 'provider-3'],
      leftOut: [{ provider: 'provider-1', reason: 'malformed' }],
    });
    set.proxies[0].mode = { kind: 'lie', lie: forge(1n) };
    set.proxies[1].mode = { kind: 'lie', lie: forge(0n) };
    expect(await readLedger(set.quorum, ledger, height)).toMatchObject({ kind: 'disagreed' });
  });
});
