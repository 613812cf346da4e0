import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Hex } from 'viem';
import { forcedExitAbi, settlementLedgerAbi } from '#contracts';
import { openingsDigest, ZERO_HASH } from '../batch/index.js';
import { CoSigner, type VerifiedCopy } from '../cosign/co-signer.js';
import { QuorumView } from '../cosign/quorum-view.js';
import { MemoryStore } from '../cosign/testing/parts.js';
import { CHAIN, lower, RAIL, RealRail, type Sig } from '../cosign/testing/real-rail.js';
import { type ExitAnswer, ExitWatch, forcedExitOf } from '../exit/index.js';
import type { HouseCopy } from '../house/index.js';
import type { Job } from '../lane/index.js';
import { agreedValue, Quorum } from '../rpc/index.js';
import { ClearingRefused } from './clearing-client.js';
import type { CoSignerClient } from './co-signers.js';
import { houseKey } from '../testing/house-server.js';
import { funded } from '../testing/node.js';
import { ExitDesk } from './exit-desk.js';

/** Two operators' co-signers that look at the real chain themselves; the copy of the log is the test's. */
function coSignersOf(rail: RealRail, quorum: Quorum, folded: () => HouseCopy): CoSigner[] {
  const { ledger, contracts } = rail;
  const copy: VerifiedCopy = {
    origin: houseKey.verifier.name,
    until: () => Promise.resolve(folded()),
    checkStored: () => Promise.resolve(),
    cutAgoMs: () => 0,
    deposits: () => [],
    depositsChecked: () => undefined,
  };
  return [1, 2].map((n) => {
    const account = funded(n);
    const sign = (hash: Hex): Promise<Hex> => account.sign({ hash });
    return new CoSigner({
      rails: [{ rail: RAIL, chainId: CHAIN, ledger }],
      chains: new Map([[RAIL, new QuorumView(quorum, RAIL, ledger, contracts)]]),
      ...{ copy, store: new MemoryStore(), longestDeadline: 1_800n, newKey: true },
      signer: { address: lower(account.address), sign },
    });
  });
}

const ordered = (sigs: readonly Sig[]): Sig[] =>
  sigs.toSorted((a, b) => (a.signer < b.signer ? -1 : 1));

async function openAccounts(rail: RealRail): Promise<void> {
  const deadline = (await rail.now()).time + 600n;
  const { openings, ledger } = rail;
  const digest = openingsDigest(openings, { epoch: 1n, deadline }, { chainId: CHAIN, ledger });
  const sigs = [1, 2].map(async (n) => {
    const { address } = funded(n);
    return { signer: lower(address), data: await funded(n).sign({ hash: digest }) };
  });
  expect((await rail.open(deadline, ordered(await Promise.all(sigs)))).status).toBe('success');
}

describe('forced exits while the house works', () => {
  let rail: RealRail;
  let quorum: Quorum;
  let copy: HouseCopy;
  let coSigners: CoSigner[];
  let watch: ExitWatch;
  let desk: ExitDesk;
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);

  beforeAll(async () => {
    rail = await RealRail.start();
    await openAccounts(rail);
    await rail.deposit('M1-H', 16, 1_000n);
    await rail.deposit('M2-H', 17, 1_000n);
    rail.publish();
    quorum = new Quorum({ chainId: CHAIN, providers: [rail.node.chain], agree: 1 });
    coSigners = coSignersOf(rail, quorum, () => copy);
    watch = new ExitWatch(quorum, 0n, log);
    const clients = coSigners.map((coSigner, n) => ({
      url: `co-signer ${n}`,
      answer: async (named: string, answer: ExitAnswer) => {
        const by = await coSigner.answer({ rail: named, ...answer });
        return { is: 'signed', by };
      },
    })) as unknown as CoSignerClient[];
    desk = new ExitDesk({
      ...{ chainId: CHAIN, quorum, watch, coSigners: clients, deadlineSeconds: 600, log },
      copy: {
        get state() {
          return copy.state;
        },
        exit: (...asked) => copy.exit(...asked),
        creditedOf: (...asked) => copy.creditedOf(...asked),
      },
      clearing: {
        command: async (kind, _key, body) => {
          const code = rail.house.ask({ kind, ...body });
          if (code !== undefined) throw new ClearingRefused(409, code, '');
          rail.publish();
        },
      },
    });
  }, 60_000);
  afterAll(() => rail?.stop());

  /** Everything so far is final, and the log read. */
  async function caughtUp(): Promise<void> {
    await rail.node.mine(100);
    copy = await rail.folded();
  }

  async function blocks() {
    const { latest, safe, finalized } = agreedValue(await quorum.heights());
    const at = async (height: bigint) => agreedValue(await quorum.block(height));
    return { latest: await at(latest), safe: await at(safe), finalized: await at(finalized) };
  }

  /** Turns until the desk has asked whom it has to, and what it wants in a block then. */
  async function turns(): Promise<Job[]> {
    const look = await blocks();
    await watch.turn(RAIL, rail.ledger, look.finalized);
    const members = coSigners.map(({ address }) => address);
    const on = { rail: RAIL, ledger: rail.ledger };
    for (let n = 1; ; n += 1) {
      const jobs = await desk.turn(on, look, { epoch: 1n, threshold: 2, members });
      desk.turned();
      if (jobs.length > 0 || n === 5) return jobs;
      await sleep(20);
    }
  }

  async function balanceOf(index: number): Promise<bigint> {
    const args = [index] as const;
    const view = { abi: settlementLedgerAbi, functionName: 'balanceOf', args } as const;
    return rail.node.chain.read({ ...view, address: rail.ledger }, 'latest');
  }

  async function requestOf(index: number): Promise<bigint> {
    const address = await forcedExitOf(quorum, rail.ledger, (await blocks()).latest.number);
    const view = { address, abi: forcedExitAbi, functionName: 'requestOf', args: [index] } as const;
    return (await rail.node.chain.read(view, 'latest'))[0];
  }

  /** The next leg on chain, signed by both. */
  async function settle(seq: number, prevHash: Hex): Promise<Hex> {
    copy = await rail.folded();
    const { batch } = await rail.sealed(seq, prevHash);
    const { header, payload } = batch;
    const signed = await Promise.all(
      coSigners.map((each) => each.batch({ rail: RAIL, header, payload })),
    );
    const sigs = signed.map(({ signer, signature }) => ({ signer, data: signature }));
    expect((await rail.settle(batch, ordered(sigs))).status).toBe('success');
    return batch.digest;
  }
  let lastHash: Hex = ZERO_HASH;

  it('are paid to the owner with the next leg, and then they are served', async () => {
    await rail.requestExit(16);
    await caughtUp();
    expect(await turns()).toEqual([]);
    expect(watch.open).toMatchObject([{ number: 1, index: 16, amount: 1_000_000_000n }]);
    const [withdrawal] = rail.house.state.withdrawals.values();
    expect(withdrawal).toMatchObject({
      account: 'M1-H',
      amount: 100_000_000_000n,
      to: `0x${'116'.padStart(40, '0')}`,
    });

    // Told again before the journal has shown it, and after: nothing more is asked for.
    await turns();
    copy = await rail.folded();
    await turns();
    expect(rail.house.state.withdrawals.size).toBe(1);

    rail.cut('5000000');
    lastHash = await settle(1, lastHash);
    await turns();
    expect(watch.open).toHaveLength(1);
    await caughtUp();
    await turns();
    expect(watch.open).toEqual([]);
    expect(lines.at(-1)).toBe(`${RAIL}: forced exit 1 is served`);
  }, 60_000);

  it('are answered where the account owes, though the chain shows nothing of it any more', async () => {
    rail.house.finalizeNext(CHAIN);
    await rail.deposit('M1-H', 16, 500n);
    await rail.requestExit(17);
    rail.house.trade('T1', 'M1-H', 'M2-H', '1', '5000000');
    rail.house.mark('99000000');
    rail.house.cut();
    rail.publish();
    lastHash = await settle(2, lastHash);
    await caughtUp();
    expect(copy.exit(RAIL, 17, 1n)).toEqual({ is: 'bound', reason: 'DEBT' });
    // Nothing is left there; a later deposit would revive the request, so it is answered all the same.
    expect(await balanceOf(17)).toBe(0n);
    const [job] = await turns();
    expect(job!.id).toContain(`${RAIL}#exit#0x`);
    expect(lines).toContain(`${RAIL}: forced exit 2 is to be answered: DEBT`);
    expect(await requestOf(17)).toBe(2n);
    expect((await rail.send(job!.to, job!.data)).status).toBe('success');
    expect(await requestOf(17)).toBe(0n);
    // In a block that is not final yet it is wanted no more.
    expect(await turns()).toEqual([]);
    await caughtUp();
    await turns();
    expect(watch.open).toEqual([]);
  }, 60_000);

  it('wait until what was deposited before is recorded', async () => {
    await rail.deposit('M2-H', 17, 1n);
    await rail.requestExit(17);
    await caughtUp();
    expect(await turns()).toEqual([]);
    expect(lines).toContain(`${RAIL}: forced exit 3 waits: a deposit is not recorded yet`);
    rail.publish();
    copy = await rail.folded();
    expect(await turns()).toHaveLength(1);
  }, 60_000);
});
