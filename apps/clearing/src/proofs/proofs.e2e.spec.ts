import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  formatSigningKey,
  formatVerifierKey,
  openCheckpoint,
  parseSigningKey,
  parseVerifierKey,
  postgresJournal,
  postgresProofs,
  verifyConsistency,
  verifyInclusion,
  verifyLog,
} from '#events';
import {
  describeServices,
  freshDatabase,
  kafkaBrokers,
} from '../../../../test/support/services.js';
import { CHECKPOINTS_TOPIC } from '../intake/kafka-topics.js';
import { keyEnvironment, keys } from '../testing/house.js';
import { readAll, specKafka } from '../testing/kafka.js';
import { AppProcess } from '../testing/process.js';
import type { CheckpointAnswer, ConsistencyAnswer, InclusionAnswer } from './answers.js';

const [OLD, NEW] = ['0a', '0b'].map((seed) =>
  formatSigningKey('spec.example/log', seed.repeat(32)),
);
const vkey = (key: string): string => formatVerifierKey(parseSigningKey(key).verifier);
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

describeServices('a log that proves itself', () => {
  const prefix = `proofs-${randomUUID().slice(0, 8)}.`;
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let app: AppProcess;
  const start = (key: string | undefined, more: Record<string, string> = {}): AppProcess =>
    AppProcess.start({
      ...keyEnvironment,
      NOVATE_DATABASE_URL: database.url,
      NOVATE_KAFKA_BROKERS: kafkaBrokers().join(','),
      NOVATE_KAFKA_TOPIC_PREFIX: prefix,
      NOVATE_KAFKA_GROUP: prefix,
      NOVATE_CHECKPOINT_MS: '50',
      ...(key === undefined ? {} : { NOVATE_CHECKPOINT_KEY: key }),
      ...more,
    });
  const get = <T>(path: string): Promise<T> => app.fetch(path) as Promise<T>;
  /** The checkpoint of everything there is. */
  const signed = async (): Promise<CheckpointAnswer> => {
    const { size } = await get<{ size: number }>('/v1/engine');
    for (let tries = 0; tries < 200; tries += 1) {
      const found = await get<CheckpointAnswer>('/v1/log/checkpoint').catch(() => undefined);
      if (found && found.size >= size) return found;
      await sleep(25);
    }
    throw new Error(`no checkpoint of ${size}: ${app.lines.join(' | ')}`);
  };
  const status = async (path: string, key: string): Promise<[number, string]> => {
    const port = await app.ready;
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    return [response.status, await response.text()];
  };

  beforeAll(async () => {
    database = await freshDatabase();
    app = start(OLD);
    await app.ready;
    await app.setUp();
  }, 60_000);
  afterAll(async () => {
    await app.stop();
    await database.drop();
  });

  it('signs what the engine wrote, with the chain and, where the house stands still, its state', async () => {
    let checkpoint = await signed();
    // The state is bound where the read model stood at that size when it was signed: it may have been a moment behind.
    for (let i = 0; i < 20 && checkpoint.stateRoot === undefined; i += 1) {
      const headers = { 'idempotency-key': `asset-${i}` };
      const body = JSON.stringify({ asset: `COIN${i}`, scale: 8 });
      await app.fetch('/v1/commands/register-asset', { method: 'POST', headers, body });
      checkpoint = await signed();
    }
    const { hash, size, batches, stateHash } = await get<Record<string, unknown>>('/v1/engine');
    expect(checkpoint).toMatchObject({
      ...{ origin: 'spec.example/log', size, key: vkey(OLD!) },
      ...{ chain: { batches, hash }, stateRoot: stateHash },
    });
    expect(openCheckpoint(checkpoint.note, [parseVerifierKey(checkpoint.key)])).toMatchObject({
      size,
    });
    expect(await get('/v1/log/keys')).toEqual({ data: [{ key: vkey(OLD!), validFrom: 1 }] });
  });

  it('proves an event, and that the log only grew', async () => {
    const { size, root } = await signed();
    const { leaf, path, checkpoint } = await get<InclusionAnswer>(
      '/v1/log/proof/inclusion?position=3',
    );
    verifyInclusion({ position: 3, size, path: path.map(bytes) }, bytes(leaf), bytes(root));
    expect(checkpoint?.root).toBe(root);
    const first = await get<ConsistencyAnswer>(`/v1/log/proof/consistency?from=2&to=${size}`);
    const { fromRoot, toRoot } = first;
    const proof = { from: 2, to: size, path: first.path.map(bytes) };
    verifyConsistency(proof, bytes(fromRoot), bytes(toRoot));
    expect(toRoot).toBe(root);
  });

  it.each([
    ['checkpoint?size=999999', 404, 'no checkpoint was signed there'],
    ['checkpoint?size=-1', 400, 'size'],
    ['checkpoint?sise=1', 400, 'sise'],
    ['proof/inclusion?position=999999', 400, 'is not in the first'],
    ['proof/inclusion?position=1&size=999999', 404, 'is beyond the'],
    ['proof/inclusion', 400, 'position'],
    ['proof/consistency?from=9&to=3', 400, 'is not from 1 to 3'],
    ['proof/consistency?from=1&to=999999', 404, 'is beyond the'],
  ])('answers %s with %i and the reason', async (path, expected, reason) => {
    const [code, body] = await status(`/v1/log/${path}`, keys.operator);
    expect([code, body]).toEqual([expected, expect.stringContaining(reason)]);
  });

  it('shows members what was signed, and no neighbours’ hashes', async () => {
    expect((await status('/v1/log/checkpoint', keys.M1))[0]).toBe(200);
    expect((await status('/v1/log/proof/inclusion?position=1', keys.M1))[0]).toBe(403);
    expect((await status('/v1/log/proof/consistency?from=1&to=2', keys.V1))[0]).toBe(403);
    expect((await status('/v1/log/checkpoint', 'nobody-has-this-key'))[0]).toBe(401);
  });

  it('rotates its key with the old one’s signature, never without, and old checkpoints still verify', async () => {
    const old = await signed();
    await app.stop();
    const refused = start(NEW);
    expect(await refused.exited).toMatchObject({ code: 1 });
    expect(refused.lines.join('\n')).toContain('set NOVATE_CHECKPOINT_KEY_BEFORE');
    app = start(NEW, { NOVATE_CHECKPOINT_KEY_BEFORE: OLD! });
    await app.ready;
    const next = await signed();
    expect(next.key).toBe(vkey(NEW!));
    expect(next.size).toBeGreaterThan(old.size);
    const again = await get<CheckpointAnswer>(`/v1/log/checkpoint?size=${old.size}`);
    expect(again).toEqual(old);
    openCheckpoint(again.note, [parseVerifierKey(vkey(OLD!))]);
    await app.stop();
    app = start(NEW);
    await app.ready;
    expect(await get('/v1/log/keys')).toEqual({
      data: [
        { key: vkey(OLD!), validFrom: 1 },
        { key: vkey(NEW!), validFrom: old.size + 1 },
      ],
    });
  }, 60_000);

  it('publishes every checkpoint, byte for byte, in order, and all of it verifies', async () => {
    const last = await signed();
    await app.stop();
    const messages = await readAll(specKafka(kafkaBrokers()), prefix + CHECKPOINTS_TOPIC);
    const [journal, store] = [postgresJournal(database), postgresProofs(database)];
    const stored = await store.checkpoints(0, 1_000);
    expect(messages.map(({ value }) => value?.toString())).toEqual(stored.map(({ note }) => note));
    expect(stored.at(-1)?.size).toBe(last.size);
    const key = parseVerifierKey(vkey(OLD!));
    expect(await verifyLog(journal, store, { key })).toMatchObject({
      ...{ ok: true, events: last.size, checkpoints: stored.length, signedSize: last.size },
      key: vkey(NEW!),
    });
    await Promise.all([journal.close(), store.close()]);
    app = start(NEW);
    await app.ready;
  }, 60_000);
});
