import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { JournalCorrupt, parseSigningKey, postgresProofs, ProofRefused, Prover } from '#events';
import { openJournal, type JournalPlace } from '../journal.js';
import { runProofLoop, type ProofPace } from './proof-loop.js';

/** What the worker is started with. */
export interface ProofWorkerData extends ProofPace {
  readonly databaseUrl: string;
  readonly journal: JournalPlace;
  readonly signingKey?: string;
}

/** What it says. */
export type ProofWorkerMessage =
  | { readonly kind: 'stored'; readonly size: number; readonly signed: boolean }
  | { readonly kind: 'state-root'; readonly size: number }
  | { readonly kind: 'trouble'; readonly reason: string }
  | { readonly kind: 'broken'; readonly reason: string };

/** What it is told: to stop once so many leaves are stored; the state root it asked for, where it is known. */
export type ProofWorkerOrder =
  { readonly stopAt: number } | { readonly size: number; readonly stateRoot: string | undefined };

const RETRY_MS = 1_000;
const { databaseUrl, journal: place, signingKey, ...pace } = workerData as ProofWorkerData;
const port = parentPort!;
const say = (message: ProofWorkerMessage): void => port.postMessage(message);
const stop = new AbortController();
let stopAt = Infinity;
let stored = 0;

const stopWhenDone = (): void => {
  if (stored >= stopAt) stop.abort();
};
const asked = new Map<number, (root: string | undefined) => void>();
port.on('message', (order: ProofWorkerOrder) => {
  if ('size' in order) return asked.get(order.size)?.(order.stateRoot);
  ({ stopAt } = order);
  stopWhenDone();
});

/** Asks the main thread, where the read model folds the journal; it always answers. */
function stateRoot(size: number): Promise<string | undefined> {
  const answer = new Promise<string | undefined>((resolve) => asked.set(size, resolve));
  say({ kind: 'state-root', size });
  return answer.finally(() => asked.delete(size));
}

async function follow(): Promise<void> {
  const opened = await openJournal(place);
  const { journal } = opened;
  const store = postgresProofs({ url: databaseUrl });
  try {
    const key = signingKey === undefined ? {} : { key: parseSigningKey(signingKey) };
    const prover = await Prover.open({ journal, store, stateRoot, ...key });
    const watch = setInterval(() => {
      // What was taken is stored by the last flush of the loop.
      if (prover.size >= stopAt) stop.abort();
    }, 20);
    await runProofLoop(
      journal,
      prover,
      pace,
      (size, checkpoint) => {
        stored = size;
        say({ kind: 'stored', size, signed: checkpoint !== undefined });
        stopWhenDone();
      },
      stop.signal,
    ).finally(() => clearInterval(watch));
  } finally {
    await Promise.allSettled([opened.close(), store.close()]);
  }
}

/** The journal is not what was proved: nothing to try again. */
const isFinal = (error: unknown): boolean =>
  error instanceof ProofRefused || error instanceof JournalCorrupt;
const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

while (!stop.signal.aborted) {
  try {
    await follow();
  } catch (error) {
    if (isFinal(error)) {
      say({ kind: 'broken', reason: reasonOf(error) });
      break;
    }
    say({ kind: 'trouble', reason: reasonOf(error) });
    await sleep(RETRY_MS, undefined, { signal: stop.signal }).catch(() => undefined);
  }
}
port.close();
