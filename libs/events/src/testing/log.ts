import { type MemoryStore, memoryJournal, memoryStore } from '../adapters/memory/memory-journal.js';
import { memoryProofs } from '../adapters/memory/memory-proofs.js';
import type { AnyNewEvent } from '../event.js';
import type { Journal } from '../journal/journal.js';
import { exportLog } from '../proofs/export-log.js';
import { rotateKey } from '../proofs/keys.js';
import { type SigningKey, signingKey } from '../proofs/note.js';
import { Prover } from '../proofs/prover.js';
import type { ProofStore } from '../proofs/store.js';
import { EVENT_NAMESPACE, uuidV5 } from '../uuid.js';
import { rejection, trades } from './facts.js';

export const LOG = 'log.example';
/** A signing key; the same seed, one byte of hex, gives the same key. */
export const keyOf = (seed: string, name = LOG): SigningKey => signingKey(name, seed.repeat(32));

export function rotation(
  key: SigningKey,
  previous: SigningKey | undefined,
  position: number,
): AnyNewEvent {
  const id = uuidV5(EVENT_NAMESPACE, `rotation/${position}`);
  const data = rotateKey(key, previous, position);
  return {
    id,
    type: 'CheckpointKeyRotated',
    schemaVersion: 1,
    occurredAt: 1,
    actor: 'novate',
    data,
  };
}

export async function appendAll(journal: Journal, events: readonly AnyNewEvent[]): Promise<void> {
  const expected = await journal.acquire('test');
  await journal.append({ expected, events, recordedAt: 1_723_161_600_000_000 + expected.batches });
}

export interface TestLog {
  readonly stored: MemoryStore;
  readonly journal: Journal;
  readonly proofs: ProofStore;
}

/**
 * A journal of nine batches with a checkpoint behind each: 50 trades a batch, a rejection of a sender with strange taste,
 * the first key at position 0, another from the batch in the middle on.
 * @param salt another one gives another history from batch 6 on
 */
export async function provenLog(salt = 0): Promise<TestLog> {
  const stored = memoryStore();
  const journal = memoryJournal(stored);
  const proofs = memoryProofs();
  const [first, second] = [keyOf('01'), keyOf('02')];
  const batches: ((position: number) => readonly AnyNewEvent[])[] = Array.from(
    { length: 9 },
    (_, i) => (position: number) => {
      if (i === 0) return [rotation(first, undefined, position)];
      if (i === 5)
        return [rotation(second, first, position), rejection({ __proto__: 'x', ü: '\u2028' })];
      return trades(i >= 6 ? salt + position : position, 50);
    },
  );
  for (const [i, make] of batches.entries()) {
    await appendAll(journal, make((await journal.head()).size));
    await proveAll(journal, proofs, i < 5 ? first : second);
  }
  return { stored, journal, proofs };
}

/** Follows the journal to its head and signs there. */
export async function proveAll(
  journal: Journal,
  store: ProofStore,
  key: SigningKey,
): Promise<void> {
  const prover = await Prover.open({ journal, store, key });
  for await (const batch of journal.read(prover.size)) await prover.take(batch);
  await prover.flush();
}

export async function exported({
  journal,
  proofs,
}: TestLog): Promise<{ log: string[]; proof: string[] }> {
  const [log, proof]: [string[], string[]] = [[], []];
  await exportLog(journal, proofs, {
    log: (line) => void log.push(line),
    proof: (line) => void proof.push(line),
  });
  return { log, proof };
}

export async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
