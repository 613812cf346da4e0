import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agreedValue } from '../rpc/index.js';
import { type TestQuorum, twoOfThree } from '../testing/node.js';
import { type SettledChain, startSettledChain } from '../testing/settled-chain.js';
import { readRail } from './read.js';
import {
  type AccountExpectation,
  reconcile,
  type RailOnChain,
  type RailReport,
} from './reconcile.js';

const RAIL = '31337/USD';
const TO = `0x${'77'.repeat(20)}` as const;
const account = (posted: bigint, rest: Partial<AccountExpectation> = {}): AccountExpectation => ({
  posted,
  pendingDeposits: 0n,
  inAir: 0n,
  allotted: 0n,
  ...rest,
});

describe('contracts against the ledger', () => {
  let settled: SettledChain;
  let set: TestQuorum;
  let block: bigint;
  let onChain: RailOnChain;

  // 1,000 deposited for 16; 300 of it settled to 17; 17 withdraws 120, of which 50 are claimed; 40 more deposited for 17.
  beforeAll(async () => {
    settled = await startSettledChain();
    const { node, house } = settled;
    await node.rpc('evm_setAutomine', [true]);
    await house.settle({
      entries: [
        [16, -300n],
        [17, 300n],
      ],
      withdrawals: [[17, TO, 120n]],
    });
    await house.claim(TO, 50n);
    await house.deposit(17, 40n);
    await node.mine(1);
    set = await twoOfThree(node);
    block = agreedValue(await set.quorum.heights()).latest;
    onChain = await read([16, 17]);
  });
  afterAll(async () => {
    await set.close();
    await settled.node.stop();
  });

  const read = async (indices: readonly number[]): Promise<RailOnChain> => {
    const { house } = settled;
    const contracts = { ...house.rail, vault: house.chain.vault };
    return readRail(set.quorum, contracts, indices, block);
  };
  const report = (
    accounts: readonly (readonly [number, AccountExpectation])[],
    lastSeq = 1n,
    chain = onChain,
  ): RailReport => reconcile(RAIL, block, { accounts: new Map(accounts), lastSeq }, chain);
  const sixteen = [16, account(700n)] as const;
  const seventeen = [17, account(180n, { pendingDeposits: 40n, allotted: 120n })] as const;

  it('are equal to the unit, whatever stage money is at', () => {
    expect(report([sixteen, seventeen])).toEqual({
      rail: RAIL,
      block,
      accounts: 2,
      ledgerBalance: 920n,
      contractBalance: 920n,
      claimable: 70n,
      surplus: 0n,
      differences: [],
    });
    // The same with the leg not final yet.
    const inAir = [
      [16, account(1_000n, { inAir: -300n })],
      [17, account(0n, { pendingDeposits: 40n, inAir: 180n, allotted: 120n })],
    ] as const;
    expect(report(inAir).differences).toEqual([]);
  });

  it('show every unit that is elsewhere', () => {
    const off = [17, account(181n, { pendingDeposits: 40n, allotted: 119n })] as const;
    expect(report([sixteen, off], 2n).differences).toEqual([
      { what: 'balance', index: 17, ledger: 221n, chain: 220n, difference: -1n },
      { what: 'allotted', index: 17, ledger: 119n, chain: 120n, difference: 1n },
      { what: 'last-seq', ledger: 2n, chain: 1n, difference: -1n },
    ]);
  });

  it('show money of an account the ledger does not know of', async () => {
    expect(report([sixteen], 1n, await read([16])).differences).toEqual([
      { what: 'vault-book', ledger: 770n, chain: 990n, difference: 220n },
    ]);
  });

  it('count tokens sent to the vault as a surplus and missing ones as a difference', () => {
    const more = { ...onChain, tokenBalance: onChain.tokenBalance + 5n };
    expect(report([sixteen, seventeen], 1n, more)).toMatchObject({ surplus: 5n, differences: [] });
    const less = { ...onChain, tokenBalance: onChain.tokenBalance - 5n };
    expect(report([sixteen, seventeen], 1n, less)).toMatchObject({
      surplus: -5n,
      differences: [{ what: 'vault-tokens', ledger: 990n, chain: 985n, difference: -5n }],
    });
  });
});
