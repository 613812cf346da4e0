import { afterEach, beforeEach, expect, it } from '@jest/globals';
import pg from 'pg';
import { canonicalJson, canonicalLine, formatVerifierKey, hashLine } from '#events';
import { describePostgres, freshDatabase } from '../../../../test/support/services.js';
import { legToBatch, ZERO_HASH } from '../batch/index.js';
import { HouseCopy, LogFeed, readLine } from '../house/index.js';
import { houseKey, HouseServer, keyEvent } from '../testing/house-server.js';
import { recorded, settledDay } from '../testing/recorded-day.js';
import { CoSigner } from './co-signer.js';
import { CopyKeeper } from './copy-keeper.js';
import { PostgresStore } from './postgres-store.js';
import { FakeChain, NOW, ORIGIN, policyOf, RAIL, signer } from './testing/parts.js';
import type { BatchRequest } from './wire.js';

const day = [keyEvent(), ...recorded(settledDay().events, 1)];
const lines = day.map(canonicalLine);
const dues = day.filter(({ type }) => type === 'SettlementLegDue');
const policy = {
  ...policyOf(RAIL),
  ledger: `0x${'2'.padStart(40, '0')}`,
  maxGross: 10n ** 18n,
  maxWithdrawal: 10n ** 18n,
} as const;
/** An event of the trade, well before the legs. */
const VICTIM = day.findIndex(({ type }) => type === 'TradeNovated');

/** What an honest settlement service asks for leg 2: leg 1 is final in this log. */
async function honest(): Promise<BatchRequest> {
  const house = await HouseCopy.open();
  for (const [i, line] of lines.entries()) {
    const { event, leaf } = readLine(line, i);
    house.apply(event, leaf);
  }
  const { data, logSize, logRoot, stateRoot, balanceRoot } = house.anchor(RAIL, 2)!;
  const { header, payload } = legToBatch(data, {
    ...policy,
    origin: ORIGIN,
    prevHash: ZERO_HASH,
    logSize,
    logRoot: `0x${logRoot}`,
    stateRoot: `0x${stateRoot}`,
    balanceRoot,
    epoch: 1n,
    deadline: NOW + 600n,
  });
  return { rail: RAIL, header, payload };
}

/** The chain as that log credits it: leg 1 settled, every deposit final. */
function chainOfDay(): FakeChain {
  const chain = new FakeChain();
  chain.newest = { ...chain.newest, lastSeq: 1n };
  chain.finality = { ...chain.finality, lastSeq: 1n };
  chain.logs = day.flatMap((event) => {
    if (event.type !== 'DepositRecorded' || event.data.chain === undefined) return [];
    const { number, block, transaction } = event.data.chain;
    const index = event.data.account === 'M1-H' ? 16 : event.data.account === 'M2-H' ? 17 : 0;
    return [{ number, index, amount: BigInt(event.data.amount) / 100n, block, transaction }];
  });
  return chain;
}

describePostgres('a co-signer with its own copy of the log', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let client: pg.Client;
  let house: HouseServer;
  let stopping: (() => Promise<void>)[];
  beforeEach(async () => {
    database = await freshDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    house = new HouseServer();
    await house.start();
    house.lines.push(...lines);
    stopping = [];
  });
  afterEach(async () => {
    for (const stop of stopping) await stop();
    await house.stop();
    await client.end();
    await database.drop();
  });

  async function start(waitMs = 10_000) {
    const owner = { signer: signer.address, logKey: formatVerifierKey(houseKey.verifier) };
    const store = await PostgresStore.open(database.url, owner);
    const log: string[] = [];
    const feed = new LogFeed({ url: house.url, key: 'feed-key', limit: 40 });
    const firstKey = houseKey.verifier;
    const copy = new CopyKeeper({
      ...{ store, feed, firstKey, waitMs, pauseMs: 5 },
      log: (line) => void log.push(line),
    });
    const chains = new Map([[RAIL, chainOfDay()]]);
    const rest = { signer, longestDeadline: 900n, newKey: false };
    chains.get(RAIL)!.operator = false;
    const cosigner = new CoSigner({ rails: [policy], chains, copy, store, ...rest });
    const stopper = new AbortController();
    const running = copy.run(stopper.signal);
    let stopped: Promise<void> | undefined;
    const stop = () =>
      (stopped ??= (async () => {
        stopper.abort();
        await running;
        await store.close();
      })());
    stopping.push(stop);
    return { cosigner, copy, log, stop };
  }

  /** Asks until the copy is read. */
  async function ask({ cosigner }: { cosigner: CoSigner }, request: BatchRequest) {
    for (;;) {
      try {
        return await cosigner.batch(request);
      } catch (error) {
        const { code, field } = error as { code: string; field: string };
        if (code !== '8618_COSIGNER_UNAVAILABLE') return `${code} ${field}`;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }

  it('signs a leg of that log, and after a restart from what it stored', async () => {
    const request = await honest();
    const first = await start();
    const answer = await ask(first, request);
    expect(answer).toMatchObject({ signer: signer.address });
    await first.stop();
    house.failures = Infinity;
    const second = await start();
    expect(await ask(second, request)).toEqual(answer);
    // And where it has to derive the leg again.
    await client.query('DELETE FROM cosign.signed');
    expect(await ask(second, request)).toEqual(answer);
    expect(second.copy.progress).toEqual({ verified: day.length });
  });

  it('waits for the log, though not for ever', async () => {
    const request = await honest();
    house.signed = dues[1]!.position;
    const short = await start(50);
    expect(await ask(short, request)).toBe('8604_COPY_BEHIND log');
    await short.stop();
    const patient = await start();
    const asked = ask(patient, request);
    house.signed = undefined;
    expect(await asked).toMatchObject({ signer: signer.address });
  });

  it('refuses where a stored event was changed, and names its position', async () => {
    const running = await start();
    const request = await honest();
    // Another leg than this log's: refused, and by then the copy is there.
    const other = { ...request, header: { ...request.header, cycle: 99n } };
    expect(await ask(running, other)).toBe('8608_BATCH_DIFFERS header.cycle');
    await client.query(
      `UPDATE cosign.log SET line = replace(line, 'T1', 'T2') WHERE position = $1`,
      [VICTIM],
    );
    expect(await ask(running, request)).toBe(`8605_COPY_ALTERED log position ${VICTIM}`);
    expect(running.copy.progress.broken).toContain(`log position ${VICTIM}`);
    await running.stop();
    expect(await ask(await start(), request)).toBe(`8605_COPY_ALTERED log position ${VICTIM}`);
  });

  it.each([
    ['with its leaf', VICTIM],
    ['gone', VICTIM + 1],
  ])('refuses after a restart where a stored event is changed %s', async (what, position) => {
    const request = await honest();
    const first = await start();
    expect(await ask(first, request)).toMatchObject({ signer: signer.address });
    await first.stop();
    await client.query('DELETE FROM cosign.signed');
    if (what === 'gone')
      await client.query('DELETE FROM cosign.log WHERE position = $1', [position]);
    else {
      const line = canonicalJson({ ...day[position]!, actor: 'somebody else' });
      const values = [position, line, hashLine(line)];
      await client.query('UPDATE cosign.log SET line = $2, leaf = $3 WHERE position = $1', values);
    }
    const second = await start();
    expect(await ask(second, request)).toBe(`8605_COPY_ALTERED log position ${position}`);
  });

  it('refuses where the house shows another log than it signed', async () => {
    const signedNote = house.checkpoint();
    house.checkpoint = () => signedNote;
    house.lines[VICTIM] = canonicalJson({ ...day[VICTIM]!, actor: 'somebody else' });
    expect(await ask(await start(), await honest())).toBe('8606_LOG_FORKED log');
  });

  it('begins anew after an outage of its database', async () => {
    house.signed = 10;
    const running = await start();
    await ask(
      running,
      await honest().then((r) => ({ ...r, header: { ...r.header, logSize: 10n } })),
    );
    await client.query('ALTER TABLE cosign.log RENAME TO away');
    house.signed = undefined;
    while (!running.log.some((line) => line.includes('begins anew'))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await client.query('ALTER TABLE cosign.away RENAME TO log');
    expect(await ask(running, await honest())).toMatchObject({ signer: signer.address });
  });
});
