import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { formatVerifierKey, migrateJournal, postgresJournal, postgresProofs } from '#events';
import { trades } from '../../../libs/events/src/testing/facts.js';
import { appendAll, keyOf, proveAll, rotation } from '../../../libs/events/src/testing/log.js';
import { describePostgres, freshDatabase } from '../../../test/support/services.js';
import { projectRoot } from './root.js';

const MAIN = join(projectRoot(), 'dist/apps/cli/src/main.js');
const SCRIPT = join(projectRoot(), 'docs/verify-log.mjs');

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function run(script: string, args: readonly string[], url: string): Promise<Ran> {
  const { NODE_OPTIONS: _, NOVATE_DATABASE_URL: __, ...env } = process.env;
  const named = url === '' ? {} : { NOVATE_DATABASE_URL: url };
  const child = spawn(process.execPath, [script, ...args], { env: { ...env, ...named } });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out, err };
}

describePostgres('novate verify, proof and export --log', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let other: Awaited<ReturnType<typeof freshDatabase>>;
  let folder: string;
  let log: string;
  const key = formatVerifierKey(keyOf('01').verifier);
  const novate = (args: readonly string[], url = database.url) => run(MAIN, args, url);
  const json = <T>({ out }: Ran): T => JSON.parse(out) as T;

  /** Five batches with a checkpoint each; from batch 3 on what `salt` makes of them. */
  async function house(salt: number): Promise<Awaited<ReturnType<typeof freshDatabase>>> {
    const made = await freshDatabase();
    await migrateJournal(made.url);
    const [journal, store] = [postgresJournal(made), postgresProofs(made)];
    await appendAll(journal, [rotation(keyOf('01'), undefined, 0)]);
    for (let batch = 1; batch < 5; batch += 1) {
      await appendAll(journal, trades(batch * 100 + (batch >= 3 ? salt : 0), 100));
      await proveAll(journal, store, keyOf('01'));
    }
    await Promise.all([journal.close(), store.close()]);
    return made;
  }

  beforeAll(async () => {
    [database, other] = [await house(0), await house(5_000)];
    folder = mkdtempSync(join(tmpdir(), 'novate-log-'));
    log = join(folder, 'log.ndjson');
    const { code, err } = await novate(['export', '--log', '--out', log]);
    if (code !== 0) throw new Error(err);
  }, 60_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await Promise.all([database.drop(), other.drop()]);
  });

  it('the database, its export and the script that knows nothing of us say the same', async () => {
    const whole = { ok: true, events: 401, batches: 5, checkpoints: 4, signedSize: 401, key };
    const here = await novate(['verify', '--key', key, '--json']);
    expect([here.code, json(here)]).toEqual([0, expect.objectContaining(whole)]);
    const offline = await novate(['verify', '--log', log, '--key', key, '--json'], '');
    expect([offline.code, json(offline)]).toEqual([0, expect.objectContaining(whole)]);
    const { root } = json<{ root: string }>(here);
    expect(json<{ root: string }>(offline).root).toBe(root);
    expect(await run(SCRIPT, [log, key], '')).toMatchObject({
      code: 0,
      out: `ok 401 leaves, root ${root}\n`,
    });
  });

  it('proofs of the command line hold for the script', async () => {
    const files = await Promise.all(
      [
        ['inclusion', '--position', '250'],
        ['consistency', '--from', '101', '--to', '401'],
      ].map(async (args, i) => {
        const answer = await novate(['proof', ...args, '--json']);
        const file = join(folder, `proof${i}.json`);
        writeFileSync(file, answer.out);
        return file;
      }),
    );
    expect(await run(SCRIPT, [log, key, ...files], '')).toMatchObject({ code: 0 });
    const { line } = JSON.parse(readFileSync(files[0]!, 'utf8')) as { line: string };
    expect(readFileSync(log, 'utf8').split('\n')[250]).toBe(line);
    expect((await novate(['proof', 'inclusion', '--position', '250'])).out).toContain(
      'signed     checkpoint of size 401',
    );
  });

  it('prints the latest checkpoint, one of a size, or a new key', async () => {
    expect((await novate(['checkpoint'])).out).toContain(`log.example\n401\n`);
    expect(json(await novate(['checkpoint', '--size', '201', '--json']))).toMatchObject({
      size: 201,
    });
    const none = await novate(['checkpoint', '--size', '202']);
    expect([none.code, none.err]).toEqual([
      1,
      expect.stringContaining('the next one is of size 301'),
    ]);
    const drawn = await novate(['checkpoint', '--new-key', 'mine.example'], '');
    expect(drawn.out).toMatch(/^PRIVATE\+KEY\+mine\.example\+[0-9a-f]{8}\+\S{44}\n$/);
    expect(drawn.err).toMatch(/public key.*mine\.example\+/);
  });

  it('a fork is named by its first position, against an export or the database', async () => {
    const theirs = join(folder, 'theirs.ndjson');
    await novate(['export', '--log', '--out', theirs], other.url);
    const forked = {
      code: 1,
      out: expect.stringContaining('FAILED at position 201: the logs fork here'),
    };
    expect(await novate(['verify', '--log', log, '--against', theirs], '')).toMatchObject(forked);
    expect(await novate(['verify', '--against', theirs])).toMatchObject(forked);
    expect(await novate(['verify', '--against', log])).toMatchObject({ code: 0 });
  });

  it('a flipped byte in an export is named by its position', async () => {
    const broken = join(folder, 'broken.ndjson');
    const bytes = readFileSync(log);
    const at = bytes.indexOf('"position":321,');
    bytes[at + 40] = bytes[at + 40]! ^ 1;
    writeFileSync(broken, bytes);
    writeFileSync(`${broken}.proof`, readFileSync(`${log}.proof`));
    const { code, out } = await novate(['verify', '--log', broken, '--json'], '');
    expect([code, JSON.parse(out)]).toEqual([
      1,
      expect.objectContaining({ batch: 4, position: 321 }),
    ]);
    expect(await run(SCRIPT, [broken], '')).toMatchObject({
      code: 1,
      out: expect.stringContaining('position 321'),
    });
  });

  it('a flipped byte in a segment is named by batch and position', async () => {
    const owner = new pg.Client({ connectionString: other.url });
    await owner.connect();
    await owner.query('ALTER TABLE journal.segment DISABLE TRIGGER segment_append_only');
    const { rows } = await owner.query<{ payload: Buffer }>(
      'SELECT payload FROM journal.segment WHERE seq = 2',
    );
    const payload = rows[0]!.payload;
    const at = payload.indexOf('3718242');
    payload[at + 6] = payload[at + 6]! ^ 1;
    await owner.query('UPDATE journal.segment SET payload = $1 WHERE seq = 2', [payload]);
    await owner.end();
    const { code, out } = await novate(['verify', '--json'], other.url);
    expect([code, JSON.parse(out)]).toEqual([
      1,
      expect.objectContaining({ batch: 2, position: 143 }),
    ]);
  });

  it('wrong usage is told apart from a log that does not hold', async () => {
    const missing = await novate(['verify', '--log', join(folder, 'nothing')], '');
    expect([missing.code, missing.err]).toEqual([
      2,
      expect.stringContaining('cannot be read (ENOENT)'),
    ]);
    expect((await novate(['verify', '--key', 'hello'])).code).toBe(2);
    expect((await novate(['export'])).code).toBe(2);
    expect((await novate(['proof', 'inclusion'])).code).toBe(2);
    expect((await novate(['proof', 'inclusion', '--position', '9999'])).code).toBe(1);
  });
});
