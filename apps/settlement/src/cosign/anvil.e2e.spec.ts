import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { settlementLedgerAbi } from '#contracts';
import { formatVerifierKey } from '#events';
import { describePostgres, freshDatabase } from '../../../../test/support/services.js';
import { ZERO_HASH } from '../batch/index.js';
import { LogFeed } from '../house/index.js';
import { houseKey } from '../testing/house-server.js';
import { funded, type TestQuorum, twoOfThree } from '../testing/node.js';
import { CoSigner } from './co-signer.js';
import { CopyKeeper } from './copy-keeper.js';
import type { DigestSigner } from './ports.js';
import { PostgresStore } from './postgres-store.js';
import { QuorumView } from './quorum-view.js';
import { CHAIN, lower, RAIL, RealRail, type Sig } from './testing/real-rail.js';
import type { CosignAnswer } from './wire.js';

const signerOf = (n: number): DigestSigner => {
  const account = funded(n);
  return { address: lower(account.address), sign: (hash) => account.sign({ hash }) };
};

interface Running {
  readonly cosigner: CoSigner;
  /** Its own three providers. */
  readonly providers: TestQuorum['proxies'];
  stop(): Promise<void>;
}

describePostgres('co-signers of a real chain', () => {
  let rail: RealRail;
  let cosigners: Running[];

  async function startCosigner(n: number): Promise<Running> {
    const database = await freshDatabase();
    const signer = signerOf(n);
    const owner = { signer: signer.address, logKey: formatVerifierKey(houseKey.verifier) };
    const store = await PostgresStore.open(database.url, owner);
    const copy = new CopyKeeper({
      store,
      feed: new LogFeed({ url: rail.feed.url, key: 'feed-key' }),
      firstKey: houseKey.verifier,
      waitMs: 5_000,
      log: () => undefined,
      pauseMs: 10,
    });
    const own = await twoOfThree(rail.node);
    const { ledger, contracts } = rail;
    const cosigner = new CoSigner({
      rails: [{ rail: RAIL, chainId: CHAIN, ledger }],
      chains: new Map([[RAIL, new QuorumView(own.quorum, RAIL, ledger, contracts)]]),
      ...{ copy, store, signer, longestDeadline: 1_800n, newKey: true },
    });
    const stopper = new AbortController();
    const running = copy.run(stopper.signal);
    const stop = async () => {
      stopper.abort();
      await running;
      await own.close();
      await store.close();
      await database.drop();
    };
    return { cosigner, providers: own.proxies, stop };
  }

  beforeAll(async () => {
    rail = await RealRail.start();
    cosigners = [await startCosigner(1), await startCosigner(2)];
  }, 60_000);
  afterAll(async () => {
    for (const { stop } of cosigners ?? []) await stop();
    await rail?.stop();
  });

  /** What all say, in the order of their addresses: how the registry wants it. */
  async function ask(request: (cosigner: CoSigner) => Promise<CosignAnswer>): Promise<Sig[]> {
    const answers = await Promise.all(cosigners.map(({ cosigner }) => retried(request, cosigner)));
    return answers
      .map(({ signer, signature }) => ({ signer, data: signature }))
      .toSorted((a, b) => (a.signer < b.signer ? -1 : 1));
  }

  /** Until its copy of the log is read. */
  async function retried<T>(request: (cosigner: CoSigner) => Promise<T>, cosigner: CoSigner) {
    for (;;) {
      try {
        return await request(cosigner);
      } catch (error) {
        if ((error as { code?: string }).code !== '8618_COSIGNER_UNAVAILABLE') throw error;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }

  const abi = settlementLedgerAbi;
  const openingsNow = async () => {
    const { time } = await rail.now();
    return { rail: RAIL, openings: rail.openings, epoch: 1n, deadline: time + 600n };
  };

  it('open accounts, confirm deposits and sign a leg the contract takes, with proofs that hold there', async () => {
    const asked = await openingsNow();
    const opened = await rail.open(asked.deadline, await ask((each) => each.openings(asked)));
    expect(opened.status).toBe('success');
    await rail.deposit('M1-H', 16, 1_000n);
    await rail.deposit('M2-H', 17, 1_000n);
    rail.house.trade('T1', 'M1-H', 'M2-H', '1', '5000000');
    rail.cut('5000100');
    const { batch, copy } = await rail.sealed(1, ZERO_HASH);
    const { header, payload, digest } = batch;
    // One provider of the first shows another batch settled; one of the second is silent. Two of three are enough.
    const [first, second] = cosigners;
    const lie = (method: string, result: unknown) => (method === 'eth_call' ? digest : result);
    first!.providers[0].mode = { kind: 'lie', lie };
    second!.providers[2].mode = { kind: 'hang' };
    const sigs = await ask((each) => each.batch({ rail: RAIL, header, payload }));
    expect((await rail.settle(batch, sigs)).status).toBe('success');
    const { chain } = rail.node;
    const at = { address: rail.ledger, abi } as const;
    expect(await chain.read({ ...at, functionName: 'lastHash' }, 'latest')).toBe(digest);
    const { owner, balance, credited, path } = copy.proveBalance(RAIL, 16, 1)!;
    const args = [header, 16, owner, balance, credited, path] as const;
    expect(await chain.read({ ...at, functionName: 'verifyBalance', args }, 'latest')).toBe(true);
    const held = { ...at, functionName: 'balanceOf', args: [16] } as const;
    expect(await chain.read(held, 'latest')).toBe(balance);
  }, 60_000);

  it('say nothing where two of three providers are gone', async () => {
    const [{ cosigner, providers }] = cosigners as [Running];
    providers[1].mode = { kind: 'status', status: 500 };
    const asked = await openingsNow();
    await expect(cosigner.openings(asked)).rejects.toMatchObject({ code: '8617_CHAIN_UNKNOWN' });
    providers[0].mode = { kind: 'honest' };
    providers[1].mode = { kind: 'honest' };
    // Providers that failed are left alone for a while.
    for (let signed = false; !signed;) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      signed = await cosigner.openings(asked).then(
        () => true,
        () => false,
      );
    }
  });

  it('refuse a leg behind a deposit that is not on the chain, all of them', async () => {
    rail.house.finalizeNext(CHAIN);
    rail.house.chainDeposit('M1-H', '7', CHAIN, {}, { block: (await rail.now()).block });
    rail.cut('5000300');
    const at = { address: rail.ledger, abi, functionName: 'lastHash' } as const;
    const { batch } = await rail.sealed(2, await rail.node.chain.read(at, 'latest'));
    const { header, payload } = batch;
    for (const { cosigner } of cosigners) {
      const asked = cosigner.batch({ rail: RAIL, header, payload });
      await expect(asked).rejects.toMatchObject({
        code: '8612_DEPOSIT_NOT_FINAL',
        field: `deposit ${RAIL}#3`,
      });
    }
  }, 60_000);
});
