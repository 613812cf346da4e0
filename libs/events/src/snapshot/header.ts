import { hash } from 'node:crypto';
import { canonicalJson } from '../canonical.js';
import { CODEC } from '../codec/codec.js';
import { ProofRefused } from '../proofs/errors.js';
import { openNote, type SigningKey, signNote, type VerifierKey } from '../proofs/note.js';
import type { Micros } from '../units.js';
import { SnapshotRefused } from './errors.js';

export const SNAPSHOT_SCHEMA = 1;
/** First line of the text that is signed; the second is the header's canonical JSON. */
export const SNAPSHOT_ORIGIN = 'novate/snapshot';
/** How pages are made of lines: see `pages.ts`. */
export const PAGE_CODEC = 'lines-zlib/1';

/** Everything a snapshot claims. It is signed whole, so that no part of one snapshot fits another. */
export interface SnapshotHeader {
  readonly schema: number;
  readonly shard: number;
  /** The journal it was folded from: number of events and batches, and the chain hash there. */
  readonly size: number;
  readonly batches: number;
  readonly chainHash: string;
  /** Root over the leaves of the state, hex. */
  readonly stateRoot: string;
  readonly codecs: { readonly journal: string; readonly pages: string; readonly state: string };
  /** Lines of the leaves, and of everything. */
  readonly entries: number;
  readonly lines: number;
  /** The last cycle that was completed by then, and the number of events up to there. Absent before the first. */
  readonly lastCycle?: {
    readonly cycle: number;
    readonly endsAt: Micros;
    readonly position: number;
  };
  /** SHA-256 of each page as it is stored, hex. */
  readonly pages: readonly string[];
}

/** What a store keeps of a snapshot beside its pages. */
export interface StoredSnapshot {
  readonly size: number;
  /** Signed note over `novate/snapshot` and the header. */
  readonly note: string;
}

/** The codecs of this build. */
export function codecsOf(state: string): SnapshotHeader['codecs'] {
  return { journal: CODEC, pages: PAGE_CODEC, state };
}

export function pageHash(page: Uint8Array): string {
  return hash('sha256', page, 'hex');
}

/** Signs a header. The same header always gives the same note. */
export function sealSnapshot(header: SnapshotHeader, key: SigningKey): StoredSnapshot {
  const text = `${SNAPSHOT_ORIGIN}\n${canonicalJson(header)}\n`;
  return { size: header.size, note: signNote(text, key) };
}

/**
 * The header of a stored snapshot, if one of the keys signed it and this build can read it.
 * @throws SnapshotRefused naming the line of the note
 */
export function openHeader(
  { size, note }: StoredSnapshot,
  keys: readonly VerifierKey[],
): SnapshotHeader {
  const header = parseHeader(textOf(note, keys));
  if (header.size !== size) {
    throw new SnapshotRefused('header', `is of ${header.size} events, not of ${size}`);
  }
  return header;
}

function textOf(note: string, keys: readonly VerifierKey[]): string {
  try {
    return openNote(note, keys).text;
  } catch (error) {
    if (error instanceof ProofRefused) throw new SnapshotRefused(error.place, error.reason);
    throw error;
  }
}

/** What a note says, its signature not looked at: for lists. @throws SnapshotRefused */
export function peekHeader({ note }: StoredSnapshot): SnapshotHeader {
  return parseHeader(note.slice(0, note.lastIndexOf('\n\n') + 1));
}

function parseHeader(text: string): SnapshotHeader {
  const [origin, line = '', ...rest] = text.split('\n');
  if (origin !== SNAPSHOT_ORIGIN || rest.length !== 1) {
    throw new SnapshotRefused('line 1', `is not ${SNAPSHOT_ORIGIN}, or more than a header follows`);
  }
  let header: SnapshotHeader;
  try {
    header = JSON.parse(line) as SnapshotHeader;
  } catch {
    throw new SnapshotRefused('line 2', 'is no JSON');
  }
  const { schema, codecs } = header;
  if (schema !== SNAPSHOT_SCHEMA) {
    const fix = schema > SNAPSHOT_SCHEMA ? ': upgrade Novate' : '';
    throw new SnapshotRefused(
      'line 2',
      `has schema ${schema}, this build knows ${SNAPSHOT_SCHEMA}${fix}`,
    );
  }
  if (codecs.pages !== PAGE_CODEC) throw new SnapshotRefused('line 2', `has pages ${codecs.pages}`);
  return header;
}
