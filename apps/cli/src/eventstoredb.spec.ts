import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  eventStoreJournal,
  simulatedEventStore,
  type SimulatedEventStore,
} from '#events/eventstoredb';
import type { Engine } from '../../clearing/src/engine/index.js';
import { openEngine, tradeCommand } from '../../clearing/src/testing/open-engine.js';
import { runReplay } from './commands/replay.js';
import { runStatement } from './commands/statement.js';
import { runVerify } from './commands/verify.js';
import { report } from './terminal/exit.js';

/** What a command says on stdout, and its exit code. */
async function said(command: () => Promise<number>): Promise<{ code: number; text: string }> {
  const write = process.stdout.write.bind(process.stdout);
  let text = '';
  process.stdout.write = (chunk: string | Uint8Array) => {
    text += String(chunk);
    return true;
  };
  try {
    return { code: await command(), text };
  } finally {
    process.stdout.write = write;
  }
}

describe('commands on a journal in EventStoreDB', () => {
  const before = { ...process.env };
  let server: SimulatedEventStore;
  let engine: Engine;

  beforeAll(async () => {
    server = await simulatedEventStore();
    const journal = eventStoreJournal({ url: server.url, prefix: 'house' });
    engine = await openEngine(journal);
    for (let n = 1; n <= 20; n += 1) await engine.submit([{ command: tradeCommand(n) }]);
    await engine.close();
    await journal.close();
    delete process.env['NOVATE_DATABASE_URL'];
    process.env['NOVATE_JOURNAL'] = 'eventstoredb';
    process.env['EVENTSTOREDB_URL'] = server.url;
    process.env['NOVATE_EVENTSTOREDB_PREFIX'] = 'house';
  });
  afterAll(async () => {
    process.env = before;
    await server.stop();
  });

  it('verify it without any database', async () => {
    const { code, text } = await said(() => runVerify({ json: true }));
    expect(code).toBe(0);
    const { size, batches, hash } = engine.head;
    expect(JSON.parse(text)).toMatchObject({ ok: true, events: size, batches, hash });
  });
  it('replay it', async () => {
    const { code, text } = await said(() => runReplay({ json: true }));
    expect(code).toBe(0);
    expect(JSON.parse(text)).toMatchObject({ position: engine.head.size });
  });
  it('make statements of it', async () => {
    const { code, text } = await said(() => runStatement({ account: 'M1-H', format: 'json' }));
    expect(code).toBe(0);
    expect(JSON.parse(text)).toMatchObject({ account: 'M1-H', to: engine.head.size });
  });
  it('fail at the batch that was tampered with', async () => {
    const stream = 'house-0';
    const whole = [...(server.streams.get(stream) ?? [])];
    server.streams.tamper(stream, (all) => all.filter((_, revision) => revision !== 5));
    const { code, text } = await said(() => runVerify({}));
    expect([code, text]).toEqual([1, expect.stringMatching(/^FAILED at batch \d+/)]);
    server.streams.tamper(stream, () => whole);
  });
  it('say in one line that the server is away, and what to do', async () => {
    server.away(true);
    const error = await runVerify({}).catch((reason: unknown) => reason);
    let line = '';
    expect(report(error, (text) => (line += text))).toBe(3);
    expect(line).toBe(
      'novate: EventStoreDB cannot be reached: check that the server of EVENTSTOREDB_URL runs, and its tls setting\n',
    );
    server.away(false);
  });
});
