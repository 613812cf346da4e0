import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { bytesToHex } from 'viem';
import { formatVerifierKey } from '#events';
import { describePostgres, freshDatabase } from '../../../../test/support/services.js';
import { type Batch, openingsDigest, ZERO_HASH } from '../batch/index.js';
import { writeKeystore } from '../signer/index.js';
import { houseKey } from '../testing/house-server.js';
import { funded } from '../testing/node.js';
import { CHAIN, lower, RAIL, RealRail } from './testing/real-rail.js';
import { headerJson } from './wire.js';

const MAIN = 'dist/apps/settlement/src/cosign/main.js';
const KEY = 'key-of-the-settlement-service';
const PASSWORD = 'of a test';
const CHEAP = { n: 16, r: 8, p: 1 };

/** The co-signer as it is run, with nothing of ours inside. */
class CosignerProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
  ) {}

  static start(env: Readonly<Record<string, string>>): Promise<CosignerProcess> {
    const { PATH = '' } = process.env;
    const child = spawn(process.execPath, [MAIN], {
      env: { PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
    return new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        resolve(new CosignerProcess(child, (JSON.parse(line) as { port: number }).port));
      });
      child.once('exit', (code) => reject(new Error(`ended with ${code}: ${said}`)));
    });
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const ended = new Promise((done) => this.child.once('exit', done));
    this.child.kill(signal);
    await ended;
  }

  /** Asks until the copy of the log is read: status and answer. */
  async ask({ header, payload }: Batch): Promise<readonly [number, Record<string, unknown>]> {
    const body = { rail: RAIL, header: headerJson(header), payload: bytesToHex(payload) };
    for (;;) {
      const response = await fetch(`http://127.0.0.1:${this.port}/v1/cosign/batch`, {
        method: 'POST',
        headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const answer = (await response.json()) as Record<string, unknown>;
      const reading = answer['code'] === '8618_COSIGNER_UNAVAILABLE' && answer['field'] === 'log';
      if (!reading) return [response.status, answer];
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

describePostgres('the co-signer as a process', () => {
  let rail: RealRail;
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let folder: string;
  let env: Record<string, string>;
  const running: CosignerProcess[] = [];
  beforeAll(async () => {
    rail = await RealRail.start();
    database = await freshDatabase();
    folder = await mkdtemp(join(tmpdir(), 'novate-cosign-'));
    const keystore = join(folder, 'operator.json');
    const secret = bytesToHex(funded(1).getHdKey().privateKey!);
    await writeKeystore(keystore, secret, PASSWORD, CHEAP);
    env = {
      NOVATE_COSIGN_DATABASE_URL: database.url,
      NOVATE_CLEARING_URL: rail.feed.url,
      NOVATE_COSIGN_FEED_KEY: 'feed-key',
      NOVATE_COSIGN_LOG_KEY: formatVerifierKey(houseKey.verifier),
      NOVATE_COSIGN_KEY: KEY,
      NOVATE_CHAINS: JSON.stringify([{ chainId: CHAIN, rpc: [rail.node.url], agree: 1 }]),
      NOVATE_COSIGN_RAILS: JSON.stringify([
        { rail: RAIL, chainId: CHAIN, ledger: rail.ledger, ...rail.contracts },
      ]),
      NOVATE_COSIGN_KEYSTORE: keystore,
      NOVATE_COSIGN_PASSWORD: PASSWORD,
      NOVATE_COSIGN_PORT: '0',
    };
  }, 60_000);
  afterAll(async () => {
    await Promise.all(running.map((each) => each.end('SIGTERM')));
    await rail?.stop();
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(more: Readonly<Record<string, string>> = {}): Promise<CosignerProcess> {
    const started = await CosignerProcess.start({ ...env, ...more });
    running.push(started);
    return started;
  }

  async function end(started: CosignerProcess, signal: NodeJS.Signals): Promise<void> {
    running.splice(running.indexOf(started), 1);
    await started.end(signal);
  }

  /** Opens both accounts with signatures of two operators, whoever holds their keys. */
  async function open(): Promise<void> {
    const deadline = (await rail.now()).time + 600n;
    const at = { chainId: CHAIN, ledger: rail.ledger };
    const hash = openingsDigest(rail.openings, { epoch: 1n, deadline }, at);
    const sigs = await Promise.all(
      [1, 2].map(async (n) => {
        const account = funded(n);
        return { signer: lower(account.address), data: await account.sign({ hash }) };
      }),
    );
    const { status } = await rail.open(
      deadline,
      sigs.toSorted((one, other) => (one.signer < other.signer ? -1 : 1)),
    );
    expect(status).toBe('success');
  }

  it('keeps its word through a kill, and retires its key where its database was emptied', async () => {
    await open();
    await rail.deposit('M1-H', 16, 1_000n);
    await rail.deposit('M2-H', 17, 1_000n);
    rail.house.trade('T1', 'M1-H', 'M2-H', '1', '5000000');
    rail.cut('5000100');
    const { batch } = await rail.sealed(1, ZERO_HASH);
    const first = await start({ NOVATE_COSIGN_NEW_KEY: 'true' });
    const [status, answer] = await first.ask(batch);
    expect([status, answer['signer']]).toEqual([200, lower(funded(1).address)]);
    await end(first, 'SIGKILL');
    const second = await start();
    expect(await second.ask(batch)).toEqual([200, answer]);
    const other = await rail.sealed(1, ZERO_HASH, 700n);
    expect(await second.ask(other.batch)).toMatchObject([409, { code: '8615_ALREADY_SIGNED' }]);
    await end(second, 'SIGTERM');
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query('DROP SCHEMA cosign CASCADE');
    await client.end();
    const third = await start();
    expect(await third.ask(other.batch)).toMatchObject([409, { code: '8616_KEY_RETIRED' }]);
  }, 60_000);
});
