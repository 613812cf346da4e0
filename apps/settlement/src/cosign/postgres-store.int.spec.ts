import { spawn } from 'node:child_process';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import pg from 'pg';
import { batchDigest } from '../batch/index.js';
import { describePostgres, freshDatabase } from '../../../../test/support/services.js';
import { CoSigner } from './co-signer.js';
import { PostgresStore } from './postgres-store.js';
import { fakeParts, legOf, NOW, policyOf, RAIL, requestFor, signer } from './testing/parts.js';

const owner = { signer: signer.address, logKey: 'house.test' };
const policy = policyOf(RAIL);
const ONE_REQUEST = 'dist/apps/settlement/src/cosign/testing/one-request.js';

describePostgres('what a co-signer must not forget', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let client: pg.Client;
  const stores: PostgresStore[] = [];
  beforeEach(async () => {
    database = await freshDatabase();
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await client.end();
    await database.drop();
  });

  async function open(): Promise<PostgresStore> {
    const store = await PostgresStore.open(database.url, owner);
    stores.push(store);
    return store;
  }

  async function cosigner(store: PostgresStore): Promise<CoSigner> {
    return new CoSigner({ ...fakeParts().parts, store });
  }

  const code = (asked: Promise<unknown>): Promise<unknown> =>
    asked.then(
      () => 'signed',
      (error: { code?: string }) => error.code,
    );
  /** A process of its own, asked for the leg with this deadline: by what signal it ended, and what it said. */
  function ask(...args: readonly string[]): Promise<readonly [NodeJS.Signals | null, string]> {
    const child = spawn(process.execPath, [ONE_REQUEST, database.url, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()));
    return new Promise((done) => child.once('close', (_code, signal) => done([signal, said])));
  }
  const later = (seconds: bigint) => requestFor(legOf(), { deadline: NOW + seconds });

  it('lets one digest of a seq stand, whoever asks, from however many processes', async () => {
    const both = await Promise.all([open(), open()]);
    const cosigners = await Promise.all(both.map(cosigner));
    const requests = [later(100n), later(200n), later(300n), later(400n)];
    const outcomes = await Promise.all(requests.map((r, i) => code(cosigners[i % 2]!.batch(r))));
    expect(outcomes.toSorted()).toEqual([
      ...Array.from({ length: 3 }, () => '8615_ALREADY_SIGNED'),
      'signed',
    ]);
    const { rows } = await client.query('SELECT seq, digest, dead FROM cosign.signed');
    const winner = requests[outcomes.indexOf('signed')]!;
    const digest = batchDigest(winner.header, policy);
    expect(rows).toEqual([{ seq: '1', digest, dead: false }]);
  });

  it('replaces a digest that was proven dead, once, and keeps both', async () => {
    const store = await open();
    const { header } = later(100n);
    const [first, second, third] = (['01', '02', '03'] as const).map(
      (byte) => `0x${byte.repeat(32)}` as const,
    );
    await store.persist(policy, header, first!);
    expect(await store.persist(policy, header, second!, first)).toMatchObject({ digest: second });
    expect(await store.persist(policy, header, third!, first)).toMatchObject({ digest: second });
    expect(await store.signed(policy, 1n)).toEqual({ digest: second, deadline: NOW + 100n });
    expect(await store.signedLastHour(policy)).toBe(2);
    expect(await store.signed({ ...policy, chainId: 9 }, 1n)).toBeUndefined();
  });

  it('remembers how it began with a ledger, until the database is emptied', async () => {
    const store = await open();
    const before = { lastSeq: 0n, time: 5n, suspect: false };
    expect(await store.firstUse(policy)).toBeUndefined();
    expect(await store.begin(policy, before)).toEqual(before);
    const after = { lastSeq: 7n, time: 90n, suspect: true };
    expect(await store.begin(policy, after)).toEqual(before);
    expect(await store.firstUse(policy)).toEqual(before);
    await client.query('TRUNCATE cosign.first_use');
    expect(await store.begin(policy, after)).toEqual(after);
  });

  it('counts deposits up, never down', async () => {
    const store = await open();
    expect(await store.depositsChecked(RAIL)).toBe(0);
    await store.depositChecked(RAIL, 4);
    await store.depositChecked(RAIL, 3);
    expect(await store.depositsChecked(RAIL)).toBe(4);
  });

  it('is the database of one key and one log', async () => {
    await open();
    const other = { ...owner, signer: `0x${'77'.repeat(20)}` as const };
    await expect(PostgresStore.open(database.url, other)).rejects.toThrow(signer.address);
    const elsewhere = { ...owner, logKey: 'another.test' };
    await expect(PostgresStore.open(database.url, elsewhere)).rejects.toThrow('house.test');
  });

  it('signs nothing else after it was killed between writing down and signing', async () => {
    expect(await ask('100', 'die')).toEqual(['SIGKILL', '']);
    const { rows } = await client.query<{ digest: string }>('SELECT digest FROM cosign.signed');
    expect(rows).toEqual([{ digest: batchDigest(later(100n).header, policy) }]);
    expect(await Promise.all([ask('200'), ask('100'), ask('300')])).toEqual([
      [null, '8615_ALREADY_SIGNED'],
      [null, rows[0]!.digest],
      [null, '8615_ALREADY_SIGNED'],
    ]);
  });

  it('refuses while the database is away, and goes on when it is back', async () => {
    const store = await open();
    const signing = await cosigner(store);
    await client.query('ALTER SCHEMA cosign RENAME TO elsewhere');
    expect(await code(signing.batch(later(100n)))).toBe('8618_COSIGNER_UNAVAILABLE');
    await client.query('ALTER SCHEMA elsewhere RENAME TO cosign');
    await client.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    expect(await code(signing.batch(later(100n)))).toBe('signed');
  });
});
