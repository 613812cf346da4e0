import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  type Address,
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  type Hex,
  http,
} from 'viem';
import { foundry } from 'viem/chains';
import {
  collateralVaultAbi,
  deployChain,
  type DeployedChain,
  deployTestToken,
  settlementLedgerAbi,
  testTokenAbi,
} from '#contracts';
import { formatVerifierKey } from '#events';
import { describePostgres, freshDatabase } from '../../../../test/support/services.js';
import { type Batch, legToBatch, ZERO_HASH } from '../batch/index.js';
import { HouseCopy, LogFeed, readLine } from '../house/index.js';
import { houseKey, HouseServer, keyEvent } from '../testing/house-server.js';
import { openAs, RailHouse, spec, terms } from '../testing/house.js';
import { funded, startNode, type TestNode, type TestQuorum, twoOfThree } from '../testing/node.js';
import { recorded } from '../testing/recorded-day.js';
import { CoSigner } from './co-signer.js';
import { CopyKeeper } from './copy-keeper.js';
import type { DigestSigner } from './ports.js';
import { PostgresStore } from './postgres-store.js';
import { QuorumView } from './quorum-view.js';
import type { CosignAnswer } from './wire.js';

const CHAIN = 31_337;
const RAIL = `${CHAIN}/USDT`;
const ORIGIN = houseKey.verifier.name;
const lower = (address: string): Hex => address.toLowerCase() as Hex;

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
  let node: TestNode;
  let chain: DeployedChain;
  let feed: HouseServer;
  let house: RailHouse;
  let cosigners: Running[];
  const shared = () => ({ chain: foundry, transport: http(node.url), pollingInterval: 10 });

  /** Puts what the house decided since into its log. */
  function publish(): void {
    const from = feed.lines.length;
    feed.record(recorded(house.events.slice(from - 1), from));
  }

  async function send(to: Address, data: Hex) {
    const wallet = createWalletClient({ ...shared(), account: funded(0) });
    const hash = await wallet.sendTransaction({ to, data });
    return createPublicClient(shared()).waitForTransactionReceipt({ hash });
  }

  async function startCosigner(n: number): Promise<Running> {
    const database = await freshDatabase();
    const signer = signerOf(n);
    const owner = { signer: signer.address, logKey: formatVerifierKey(houseKey.verifier) };
    const store = await PostgresStore.open(database.url, owner);
    const copy = new CopyKeeper({
      store,
      feed: new LogFeed({ url: feed.url, key: 'feed-key' }),
      firstKey: houseKey.verifier,
      waitMs: 5_000,
      log: () => undefined,
      pauseMs: 10,
    });
    const { registry, vault, rails } = chain;
    const [ledger, token] = [lower(rails[0]!.ledger), lower(rails[0]!.token)];
    const own = await twoOfThree(node);
    const contracts = { registry: lower(registry), vault: lower(vault), token };
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
    node = await startNode({ chainId: CHAIN });
    const deployer = {
      wallet: createWalletClient({ ...shared(), account: funded(0) }),
      reader: createPublicClient(shared()),
    };
    const token = await deployTestToken(deployer, { name: 'D', symbol: 'D', decimals: 6 });
    chain = await deployChain({
      ...deployer,
      origin: ORIGIN,
      operators: [1, 2, 3].map(funded),
      threshold: 2,
      guardians: [funded(4).address],
      tokens: [{ token, tokenDecimals: 6, railScale: 6, houseFloor: 0n }],
    });
    feed = new HouseServer();
    await feed.start();
    feed.record([keyEvent()]);
    house = openAs(new RailHouse(), [spec()]);
    const rail = terms(CHAIN, 6, {
      finality: 'latest',
      token: lower(token),
      ledger: lower(chain.rails[0]!.ledger),
      vault: lower(chain.vault),
      registry: lower(chain.registry),
    });
    const venue = { venue: rail.custodian, venueKind: 'custodian', mode: 'novation' };
    house.must({ kind: 'register-venue', ...venue });
    house.must({ kind: 'propose-rail', ...rail, actor: 'operator:o' });
    house.must({ kind: 'approve-rail', rail: RAIL, actor: 'risk:r' });
    house.settlesOn('M1-H', CHAIN, 16);
    house.settlesOn('M2-H', CHAIN, 17);
    publish();
    cosigners = [await startCosigner(1), await startCosigner(2)];
  }, 60_000);
  afterAll(async () => {
    for (const { stop } of cosigners ?? []) await stop();
    await feed?.stop();
    await node?.stop();
  });

  /** What all say, in the order of their addresses: how the registry wants it. */
  async function ask(request: (cosigner: CoSigner) => Promise<CosignAnswer>) {
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

  async function deadline(): Promise<bigint> {
    return (await createPublicClient(shared()).getBlock()).timestamp + 600n;
  }

  /** Mints, approves and deposits on chain, and has the house credit it. */
  async function deposit(account: string, index: number, usdt: bigint): Promise<void> {
    const { token } = chain.rails[0]!;
    const amount = usdt * 1_000_000n;
    const args = [funded(0).address, amount] as const;
    await send(token, encodeFunctionData({ abi: testTokenAbi, functionName: 'mint', args }));
    const allowed = [chain.vault, amount] as const;
    await send(
      token,
      encodeFunctionData({ abi: testTokenAbi, functionName: 'approve', args: allowed }),
    );
    const { transactionHash, blockNumber, blockHash } = await send(
      chain.vault,
      encodeFunctionData({
        abi: collateralVaultAbi,
        functionName: 'deposit',
        args: [token, index, amount],
      }),
    );
    const place = { transaction: transactionHash, block: Number(blockNumber), blockHash };
    expect(house.chainDeposit(account, String(usdt), CHAIN, {}, place)).toBeUndefined();
  }

  async function sealed(seq: number, prevHash: Hex): Promise<{ batch: Batch; copy: HouseCopy }> {
    const copy = await HouseCopy.open();
    for (const [i, line] of feed.lines.entries()) {
      const { event, leaf } = readLine(line, i);
      copy.apply(event, leaf);
    }
    const { data, logSize, logRoot, stateRoot, balanceRoot } = copy.anchor(RAIL, seq)!;
    const batch = legToBatch(data, {
      chainId: CHAIN,
      ledger: lower(chain.rails[0]!.ledger),
      origin: ORIGIN,
      prevHash,
      logSize,
      logRoot: `0x${logRoot}`,
      stateRoot: `0x${stateRoot}`,
      balanceRoot,
      epoch: 1n,
      deadline: await deadline(),
    });
    return { batch, copy };
  }

  const read = (functionName: 'lastSeq' | 'lastHash' | 'lastBalanceRoot') =>
    node.chain.read(
      { address: chain.rails[0]!.ledger, abi: settlementLedgerAbi, functionName },
      'latest',
    );

  it('open accounts, confirm deposits and sign a leg the contract takes, with proofs that hold there', async () => {
    const { ledger } = chain.rails[0]!;
    const openings = [16, 17].map((index) => ({
      index,
      owner: `0x${String(100 + index).padStart(40, '0')}` as Hex,
    }));
    const until = await deadline();
    const opened = { rail: RAIL, openings, epoch: 1n, deadline: until };
    const openSigs = await ask((cosigner) => cosigner.openings(opened));
    const abi = settlementLedgerAbi;
    const openArgs = [openings, 1n, until, openSigs] as const;
    const opening = encodeFunctionData({ abi, functionName: 'openAccounts', args: openArgs });
    expect((await send(ledger, opening)).status).toBe('success');

    await deposit('M1-H', 16, 1_000n);
    await deposit('M2-H', 17, 1_000n);
    house.trade('T1', 'M1-H', 'M2-H', '1', '5000000');
    house.mark('5000100');
    house.cut();
    publish();
    const { batch, copy } = await sealed(1, ZERO_HASH);
    const { header, payload, digest } = batch;
    // One provider of the first shows another batch settled; one of the second is silent. Two of three are enough.
    const [first, second] = cosigners;
    const lie = (method: string, result: unknown) => (method === 'eth_call' ? digest : result);
    first!.providers[0].mode = { kind: 'lie', lie };
    second!.providers[2].mode = { kind: 'hang' };
    const sigs = await ask((cosigner) => cosigner.batch({ rail: RAIL, header, payload }));
    const bytes: Hex = `0x${Buffer.from(payload).toString('hex')}`;
    const args = [header, bytes, sigs] as const;
    const settled = await send(ledger, encodeFunctionData({ abi, functionName: 'settle', args }));
    expect(settled.status).toBe('success');
    expect([await read('lastSeq'), await read('lastHash')]).toEqual([1n, digest]);
    const proof = copy.proveBalance(RAIL, 16, 1)!;
    const { owner, balance, credited, path } = proof;
    const verify = [header, 16, owner, balance, credited, path] as const;
    const view = { address: ledger, abi, functionName: 'verifyBalance', args: verify } as const;
    expect(await node.chain.read(view, 'latest')).toBe(true);
    const held = { address: ledger, abi, functionName: 'balanceOf', args: [16] } as const;
    expect(await node.chain.read(held, 'latest')).toBe(balance);
  }, 60_000);

  it('say nothing where two of three providers are gone', async () => {
    const [{ cosigner, providers }] = cosigners as [Running];
    providers[1].mode = { kind: 'status', status: 500 };
    const openings = [{ index: 16, owner: `0x${'116'.padStart(40, '0')}` as Hex }];
    const asked = { rail: RAIL, openings, epoch: 1n, deadline: await deadline() };
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
    house.finalizeNext(CHAIN);
    const block = Number((await createPublicClient(shared()).getBlock()).number);
    house.chainDeposit('M1-H', '7', CHAIN, {}, { block });
    house.mark('5000300');
    house.cut();
    publish();
    const { batch } = await sealed(2, (await read('lastHash')) as Hex);
    const { header, payload } = batch;
    for (const { cosigner } of cosigners) {
      const asked = cosigner.batch({ rail: RAIL, header, payload });
      await expect(asked).rejects.toMatchObject({
        code: '8620_DEPOSIT_DIFFERS',
        field: `deposit ${RAIL}#3`,
      });
    }
  }, 60_000);
});
