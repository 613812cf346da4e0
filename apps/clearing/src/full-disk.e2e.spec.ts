import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { postgresJournal, verifyJournal } from '#events';
import { startPostgres, type PostgresServer } from '../../../infra/local/index.js';
import { describeIf } from '../../../test/support/services.js';
import { keyEnvironment, keys } from './testing/house.js';
import { AppProcess } from './testing/process.js';

const MIB = 1024 * 1024;
const DISK = `${256 * MIB}`;
/** What is left of the disk when it gets tight: a few dozen rejected messages of 60 KiB. */
const LEFT = 2 * MIB;

function mount(folder: string): boolean {
  const args = ['-t', 'tmpfs', '-o', `size=${DISK},mode=1777`, 'tmpfs', folder];
  return spawnSync('mount', args).status === 0;
}

/** A disk of its own takes root's right to mount. */
function disk(): { folder: string; remove(): void } | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'novate-disk-'));
  const remove = (): void => {
    spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  };
  if (mount(folder)) return { folder, remove };
  rmSync(folder, { recursive: true, force: true });
  return undefined;
}

const own = disk();

describeIf(own !== undefined, 'mounting a small disk takes root on Linux', 'a full disk', () => {
  let server: PostgresServer;
  let app: AppProcess;
  let port: number;
  beforeAll(async () => {
    const settings = { max_wal_size: '32MB', max_connections: '60' };
    server = await startPostgres({ dataDir: join(own!.folder, 'data'), settings });
    app = await start();
    await app.setUp();
  }, 60_000);
  afterAll(async () => {
    app?.kill('SIGKILL');
    await server?.kill();
    own?.remove();
  });

  const start = async (): Promise<AppProcess> => {
    const next = AppProcess.start({ ...keyEnvironment, NOVATE_DATABASE_URL: server.url });
    port = await next.ready;
    return next;
  };
  /** A body that is no JSON is recorded with all its bytes; resolves with its position once that is durable. */
  const send = async (number: number): Promise<{ status: number; position?: number }> => {
    const response = await fetch(`http://127.0.0.1:${port}/v1/inputs/trades`, {
      method: 'POST',
      headers: { authorization: `Bearer ${keys.V1}` },
      body: bodyOf(number),
    });
    const { position } = (await response.json()) as { position?: number };
    return { status: response.status, ...(position === undefined ? {} : { position }) };
  };
  const bodyOf = (number: number): string => {
    let text = `message ${number} `;
    while (text.length < 60_000) text += createHash('sha256').update(text).digest('hex');
    return text;
  };
  const sha256Of = (number: number): string =>
    createHash('sha256').update(bodyOf(number)).digest('hex');

  /** position -> hash of the message that is recorded there. */
  const evidence = async (): Promise<Map<number, string>> => {
    const journal = postgresJournal({ url: server.url });
    const found = new Map<number, string>();
    for await (const { events } of journal.read(0)) {
      for (const { position, type, data } of events) {
        if (type === 'InputRejected') found.set(position, data.source.sha256);
      }
    }
    expect(await verifyJournal(journal)).toMatchObject({ ok: true });
    await journal.close();
    return found;
  };

  it('ends the writer, loses nothing that was acknowledged, and is no trouble once there is space', async () => {
    // A fresh segment of the write-ahead log has room for all of this: it is the tables that find no space.
    const admin = new Client({ connectionString: server.url });
    await admin.connect();
    for (const statement of ['SELECT pg_switch_wal()', 'CHECKPOINT']) await admin.query(statement);
    await admin.end();
    const { bavail, bsize } = statfsSync(own!.folder);
    const filler = join(own!.folder, 'filler');
    writeFileSync(filler, Buffer.alloc(bavail * bsize - LEFT));

    const acknowledged = new Map<number, number>();
    let number = 0;
    for (let refused = false; !refused && number < 1_000; number += 1) {
      const answer = await send(number).catch(() => ({ status: 0 }) as const);
      if ('position' in answer) acknowledged.set(answer.position, number);
      else refused = true;
    }
    const unanswered = number - 1;
    expect(acknowledged.size).toBe(unanswered);
    expect(acknowledged.size).toBeGreaterThan(0);
    expect(await app.exited).toMatchObject({ code: 1 });
    expect(app.lines.at(-1)).toMatch(/the engine ended: .*No space left on device/);

    rmSync(filler);
    app = await start();
    const after = await send(number);
    expect(after.status).toBe(400);
    const found = await evidence();
    for (const [position, sent] of acknowledged) {
      expect([position, found.get(position)]).toEqual([position, sha256Of(sent)]);
    }
    expect(found.get(after.position!)).toBe(sha256Of(number));
    // What had no answer was not written: its transaction failed as a whole.
    expect([...found.values()]).not.toContain(sha256Of(unanswered));
    expect(found.size).toBe(acknowledged.size + 1);
    await app.stop();
  }, 60_000);
});
