import { decodeEvents } from '../codec/codec.js';
import { JournalCorrupt } from '../journal/errors.js';
import type { BatchHeader, Journal } from '../journal/journal.js';
import type { StoredEvent } from '../event.js';
import { canonicalLine } from '../canonical.js';
import { type LogPlace, ProofRefused } from './errors.js';
import { LogCheck, type LogSummary } from './log-check.js';
import { hashLine } from './merkle.js';
import type { VerifierKey } from './note.js';
import { hashIn, PAGE_HASHES } from './pages.js';
import { differingLeaf } from './prover.js';
import type { ProofStore } from './store.js';

export type LogVerification =
  | ({ readonly ok: true } & LogSummary & {
        /** Leaf hashes compared with stored ones. */ readonly leaves: number;
      })
  | ({ readonly ok: false; readonly place: string; readonly reason: string } & LogPlace);

const CHECKPOINTS_AT_ONCE = 500;

/**
 * Verifies a journal and everything proved of it: every hash and link of the chain, every stored leaf hash, every
 * checkpoint with the key whose turn it was. Names the bad batch and, from the stored leaf hashes, the position.
 */
export async function verifyLog(
  journal: Journal,
  store: ProofStore,
  options: {
    readonly key?: VerifierKey | undefined;
    readonly onProgress?: (events: number) => void;
  } = {},
): Promise<LogVerification> {
  // Asked first: what is proved meanwhile is more than this, never less.
  const leaves = await store.size();
  return verification(async () => {
    const check = new LogCheck(options.key);
    const stored = storedLeaves(store, leaves);
    const checkpoints = storedCheckpoints(store);
    let due = await checkpoints.next();
    try {
      for await (const { header, prevHash, hash, events, recorded = events } of journal.read(0)) {
        for (const event of recorded as readonly (StoredEvent & RecordedParts)[]) {
          check.event(event, check.size < leaves ? (await stored.next()).value : undefined);
        }
        check.batch(header, prevHash, hash);
        for (; !due.done && due.value.size <= check.size; due = await checkpoints.next()) {
          check.checkpoint(due.value.note);
        }
        options.onProgress?.(check.size);
      }
    } catch (error) {
      if (error instanceof JournalCorrupt) throw await located(error, store);
      throw error;
    }
    const beyond = due.done ? 0 : due.value.size;
    return { ...check.end(Math.max(leaves, beyond)), leaves };
  });
}

type RecordedParts = { readonly position: number; readonly recordedAt: number };

/** Turns what a check throws into an answer. */
export async function verification(
  check: () => Promise<LogSummary & { leaves: number }>,
): Promise<LogVerification> {
  try {
    return { ok: true, ...(await check()) };
  } catch (error) {
    if (!(error instanceof ProofRefused)) throw error;
    return { ok: false, place: error.place, reason: error.reason, ...error.at };
  }
}

/** The stored leaf hashes from the first on, page by page; an empty one where a page lost some. */
export async function* storedLeaves(
  store: Pick<ProofStore, 'pages'>,
  size: number,
): AsyncGenerator<Buffer, undefined> {
  const nothing = Buffer.alloc(0);
  for (let index = 0; index * PAGE_HASHES < size; index += 1) {
    const [page] = await store.pages([{ tier: 0, index }]);
    const count = Math.min(PAGE_HASHES, size - index * PAGE_HASHES);
    for (let i = 0; i < count; i += 1) yield hashIn(page!, i) ?? nothing;
  }
  return undefined;
}

export async function* storedCheckpoints(store: Pick<ProofStore, 'checkpoints'>) {
  for (let from = 0; ;) {
    const some = await store.checkpoints(from, CHECKPOINTS_AT_ONCE);
    yield* some;
    if (some.length < CHECKPOINTS_AT_ONCE) return;
    from = some.at(-1)!.size + 1;
  }
}

/** Which event of a damaged batch it is, where its bytes can still be read. */
async function located(corrupt: JournalCorrupt, store: ProofStore): Promise<ProofRefused> {
  const { batch, segment, message } = corrupt;
  const reason = message.replace(/^journal batch \d+ is corrupt: /, '');
  if (segment === undefined) return new ProofRefused(`batch ${batch}`, reason, { batch });
  const { firstPosition, count } = segment;
  const range = `batch ${batch}, positions ${firstPosition} to ${firstPosition + count - 1}`;
  let found: number | undefined;
  try {
    const header = JSON.parse(segment.header) as BatchHeader;
    const events = decodeEvents(segment.payload, header);
    const leaves = events.map((event) => hashLine(canonicalLine(event)));
    found = await differingLeaf(store, firstPosition, leaves);
  } catch {
    return new ProofRefused(range, `${reason}; its events cannot be read`, { batch });
  }
  if (found === undefined) {
    return new ProofRefused(range, `${reason}; its events have their leaves`, { batch });
  }
  return new ProofRefused(`batch ${batch}, position ${found}`, reason, { batch, position: found });
}

/** Where two logs part: the first position whose leaves differ; undefined where one is the beginning of the other. */
export async function forkOf(
  one: AsyncIterable<Buffer>,
  other: AsyncIterable<Buffer>,
): Promise<number | undefined> {
  const rest = other[Symbol.asyncIterator]();
  let position = 0;
  for await (const leaf of one) {
    const next = await rest.next();
    if (next.done === true) break;
    if (!leaf.equals(next.value)) return position;
    position += 1;
  }
  await rest.return?.();
  return undefined;
}
