import { canonicalJson, canonicalLine } from '../canonical.js';
import type { BatchHeader, Journal } from '../journal/journal.js';
import { ProofRefused, within } from './errors.js';
import { LogCheck } from './log-check.js';
import { Frontier, hashLine } from './merkle.js';
import { formatVerifierKey, type VerifierKey } from './note.js';
import type { ProofStore } from './store.js';
import { type LogVerification, storedCheckpoints, verification } from './verify-log.js';

/** First line of a proof file. */
export const LOG_PROOF_FORMAT = 'novate/log-proof/1';

/**
 * An export is two files of lines that end in a line feed, in UTF-8. The log: line n is the canonical JSON (RFC 8785) of
 * the event at position n - 1 as it was recorded, the preimage of its leaf. The proof file, JSON per line:
 * - `{"format":"novate/log-proof/1"}` first
 * - `{"batch":{...header},"hash","leaves","prevHash"}` per batch; `leaves`: base64 of its leaf hashes, one after the other
 * - `{"key","validFrom"}` per key, behind the batch that introduced it; `key` as `formatVerifierKey` writes it
 * - `{"checkpoint":"<signed note>"}` per checkpoint, behind the batch it ends with
 * - `{"batches","hash","root","size"}` last
 */
export interface LogExport {
  readonly log: (line: string) => Promise<void> | void;
  readonly proof: (line: string) => Promise<void> | void;
}

/** Writes the journal as it is now. @returns the last line of the proof file */
export async function exportLog(
  journal: Journal,
  store: ProofStore,
  out: LogExport,
): Promise<{
  readonly batches: number;
  readonly hash: string;
  readonly root: string;
  readonly size: number;
}> {
  const head = await journal.head();
  const tree = new Frontier();
  const keys = await store.keys();
  const checkpoints = storedCheckpoints(store);
  let due = await checkpoints.next();
  await out.proof(canonicalJson({ format: LOG_PROOF_FORMAT }));
  if (head.size > 0) {
    for await (const { header, prevHash, hash, events, recorded = events } of journal.read(
      0,
      head.size - 1,
    )) {
      const leaves: Buffer[] = [];
      for (const event of recorded) {
        const line = canonicalLine(event);
        leaves.push(hashLine(line));
        tree.append(leaves.at(-1)!);
        await out.log(line);
      }
      const encoded = Buffer.concat(leaves).toString('base64');
      await out.proof(canonicalJson({ batch: header, hash, leaves: encoded, prevHash }));
      for (const { key, validFrom } of keys) {
        if (validFrom <= header.firstPosition || validFrom > tree.size) continue;
        await out.proof(canonicalJson({ key: formatVerifierKey(key), validFrom }));
      }
      for (; !due.done && due.value.size <= tree.size; due = await checkpoints.next()) {
        await out.proof(canonicalJson({ checkpoint: due.value.note }));
      }
    }
  }
  const { batches, hash, size } = head;
  const end = { batches, hash, root: tree.root().toString('hex'), size };
  await out.proof(canonicalJson(end));
  return end;
}

interface BatchLine {
  readonly batch: BatchHeader;
  readonly hash: string;
  readonly leaves: string;
  readonly prevHash: string;
}
type ProofLine =
  | BatchLine
  | { readonly key: string; readonly validFrom: number }
  | { readonly checkpoint: string }
  | {
      readonly batches: number;
      readonly hash: string;
      readonly root: string;
      readonly size: number;
    };

/** The lines of a proof file, numbered, its first line checked. @throws ProofRefused naming the line */
async function* proofLines(lines: AsyncIterable<string>): AsyncGenerator<[string, ProofLine]> {
  let number = 0;
  for await (const text of lines) {
    number += 1;
    const place = `proof line ${number}`;
    let line: (ProofLine & { format?: string }) | null;
    try {
      line = JSON.parse(text) as typeof line;
    } catch {
      throw new ProofRefused(place, 'is no JSON');
    }
    if (typeof line !== 'object' || line === null) throw new ProofRefused(place, 'is no object');
    if (number > 1) yield [place, line];
    else if (line.format !== LOG_PROOF_FORMAT)
      throw new ProofRefused(place, `is not ${LOG_PROOF_FORMAT}`);
  }
  if (number === 0) throw new ProofRefused('proof line 1', 'is missing');
}

/** Verifies an export by itself. The chain's hashes are over stored bytes: here their links and the signed ones are checked. */
export function verifyExport(
  log: AsyncIterable<string>,
  proof: AsyncIterable<string>,
  key?: VerifierKey,
): Promise<LogVerification> {
  return verification(async () => {
    const check = new LogCheck(key);
    const events = log[Symbol.asyncIterator]();
    let ended = false;
    for await (const [place, line] of proofLines(proof)) {
      if (ended) throw new ProofRefused(place, 'stands behind the end');
      if ('batch' in line) await takeBatch(check, line, events, place);
      else if ('checkpoint' in line) within(place, () => check.checkpoint(line.checkpoint));
      else if ('validFrom' in line) within(place, () => check.keyLine(line.key, line.validFrom));
      else if ('size' in line) {
        within(place, () => check.endLine(line));
        ended = true;
      } else throw new ProofRefused(place, 'is of no known kind');
    }
    const { size } = check;
    if (!ended)
      throw new ProofRefused(`position ${size}`, 'the proof file ends early: it was truncated', {
        position: size,
      });
    if ((await events.next()).done !== true) {
      throw new ProofRefused(`line ${size + 1}`, 'is behind the end of the log', {
        position: size,
      });
    }
    return { ...check.end(size), leaves: size };
  });
}

async function takeBatch(
  check: LogCheck,
  { batch, hash, leaves, prevHash }: BatchLine,
  events: AsyncIterator<string>,
  place: string,
): Promise<void> {
  const stored = leafHashes(leaves, place);
  if (stored.length !== batch.count)
    throw new ProofRefused(place, `holds ${stored.length} leaf hashes of ${batch.count}`, {
      batch: batch.seq,
    });
  for (const leaf of stored) {
    const { value, done } = await events.next();
    if (done === true) check.end(batch.firstPosition + batch.count);
    check.line(value as string, leaf, batch.recordedAt);
  }
  within(place, () => check.batch(batch, prevHash, hash));
}

function leafHashes(base64: unknown, place: string): Buffer[] {
  const bytes = typeof base64 === 'string' ? Buffer.from(base64, 'base64') : Buffer.alloc(1);
  if (bytes.length % 32 !== 0 || bytes.toString('base64') !== base64) {
    throw new ProofRefused(place, 'holds no leaf hashes in base64');
  }
  return Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(i * 32, i * 32 + 32));
}

/** The leaf hashes of a proof file, in order. */
export async function* exportedLeaves(proof: AsyncIterable<string>): AsyncGenerator<Buffer> {
  for await (const [place, line] of proofLines(proof)) {
    if ('batch' in line) yield* leafHashes(line.leaves, place);
  }
}
