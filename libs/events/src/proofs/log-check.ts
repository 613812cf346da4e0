import { canonicalJson, canonicalLine } from '../canonical.js';
import type { Link } from '../journal/chain.js';
import { GENESIS } from '../journal/chain.js';
import type { BatchHeader } from '../journal/journal.js';
import type { EventData } from '../vocabulary.js';
import { openCheckpoint, peekCheckpoint } from './checkpoint.js';
import { ProofRefused, within } from './errors.js';
import { KeyHistory } from './keys.js';
import { Frontier, hashLine } from './merkle.js';
import { formatVerifierKey, type VerifierKey } from './note.js';

/** What a log that holds says of itself. */
export interface LogSummary {
  readonly events: number;
  readonly batches: number;
  /** Chain hash of the last batch, hex. */
  readonly hash: string;
  /** Root of all leaves, hex. */
  readonly root: string;
  /** Signed checkpoints that hold, and the size of the last one. */
  readonly checkpoints: number;
  readonly signedSize: number;
  /** The key in force last, as `formatVerifierKey` writes it; absent where the log has none. */
  readonly key?: string;
}

/** What is looked at of an event beside its line. */
interface Recorded {
  readonly type: string;
  readonly position: number;
  readonly recordedAt: number;
  readonly data: unknown;
}

/**
 * Goes through a log once, event by event and batch by batch, and holds leaves, batches, keys and checkpoints against
 * each other. Every method throws ProofRefused naming the place.
 */
export class LogCheck {
  private readonly tree = new Frontier();
  private readonly keys = new KeyHistory();
  private last: Link | undefined;
  private checked = 0;
  private signedSize = 0;

  /** @param trusted the log's first key, as handed over by other means; without it the log's own word is taken */
  constructor(private readonly trusted?: VerifierKey) {}

  /** Events so far: the next position. */
  get size(): number {
    return this.tree.size;
  }

  /** An event from a store, recorded in the schema of its day. */
  event(event: Recorded & { readonly schemaVersion: number }, stored: Buffer | undefined): void {
    this.take(event, canonicalLine(event), stored);
  }

  /**
   * A line of an export.
   * @param recordedAt of its batch
   */
  line(line: string, stored: Buffer, recordedAt: number): void {
    const position = this.tree.size;
    const refuse = (reason: string): never => {
      throw this.refusal(`line ${position + 1}`, reason, position);
    };
    let event: Recorded;
    try {
      event = JSON.parse(line) as Recorded;
    } catch {
      return refuse('is no JSON');
    }
    if (event?.position !== position) refuse(`is not the event at position ${position}`);
    this.take(event, line, stored);
    // After its leaf, which says more; a line that is not canonical would have another leaf for others.
    if (canonicalJson(event) !== line) refuse('is not canonical JSON (RFC 8785)');
    if (event.recordedAt !== recordedAt) refuse(`its batch was recorded at ${recordedAt}`);
  }

  private take(event: Recorded, line: string, stored: Buffer | undefined): void {
    const { position } = event;
    const leaf = hashLine(line);
    if (stored !== undefined && !leaf.equals(stored)) {
      const kept = stored.length === 0 ? 'missing' : stored.toString('hex');
      const reason = `its leaf is ${leaf.toString('hex')}, the stored one is ${kept}`;
      throw this.refusal(`position ${position}`, reason, position);
    }
    if (event.type === 'CheckpointKeyRotated') this.rotate(event);
    this.tree.append(leaf);
  }

  private rotate(event: Recorded): void {
    const { key } = this.keys.add(event.data as EventData['CheckpointKeyRotated'], event.position);
    const { trusted } = this;
    if (this.keys.all.length > 1 || trusted === undefined) return;
    const [first, wanted] = [key, trusted].map(formatVerifierKey);
    if (first === wanted) return;
    throw this.refusal(
      `position ${event.position}`,
      `the log’s first key is ${first}, not ${wanted}`,
    );
  }

  /** The end of a batch, after its events. */
  batch(header: BatchHeader, prevHash: string, hash: string): void {
    const { seq, firstPosition, count } = header;
    const refuse = (reason: string): never => {
      throw new ProofRefused(`batch ${seq}`, reason, { batch: seq });
    };
    if (seq !== (this.last?.seq ?? -1) + 1)
      refuse(`batch ${(this.last?.seq ?? -1) + 1} is missing`);
    if (prevHash !== (this.last?.hash ?? GENESIS))
      refuse('it does not continue the batch before it');
    if (firstPosition + count !== this.tree.size) refuse(`it ends at position ${this.tree.size}`);
    this.last = { seq, firstPosition, count, hash };
  }

  /** What an export says beside the events: the same as they do. */
  keyLine(key: string, validFrom: number): void {
    const known = this.keys.all.some(
      (known) => known.validFrom === validFrom && formatVerifierKey(known.key) === key,
    );
    if (!known) throw new ProofRefused('key', 'no event of the log put it in');
  }

  endLine(end: {
    readonly size: number;
    readonly root: string;
    readonly batches: number;
    readonly hash: string;
  }): void {
    const { events: size, root, batches, hash } = this.end(0);
    const found = { batches, hash, root, size };
    for (const name of ['size', 'batches', 'hash', 'root'] as const) {
      if (end[name] !== found[name])
        throw new ProofRefused(name, `is ${found[name]}, not ${end[name]}`);
    }
  }

  /** A checkpoint of the log as it is here. */
  checkpoint(note: string): void {
    const { size } = this.tree;
    within(`checkpoint of size ${peekCheckpoint(note).size}`, () => {
      const found = openCheckpoint(note, [this.keys.at(size)]);
      if (found.size !== size) throw new ProofRefused('line 2', `stands at size ${size}`);
      const root = this.tree.root().toString('hex');
      if (found.root !== root)
        throw new ProofRefused('line 3', `the root of ${size} leaves is ${root}`);
      if (found.chain === undefined) return;
      const { batches, hash } = found.chain;
      if (batches === (this.last?.seq ?? -1) + 1 && hash === this.last?.hash) return;
      throw new ProofRefused('line 4', `the chain there has hash ${this.last?.hash ?? GENESIS}`);
    });
    this.checked += 1;
    this.signedSize = size;
  }

  /** The stored leaves go on where the events end. */
  end(storedLeaves: number): LogSummary {
    const { size } = this.tree;
    if (storedLeaves > size) {
      const reason = `the log ends here, its leaf hashes go on to ${storedLeaves}: it was truncated`;
      throw this.refusal(`position ${size}`, reason, size);
    }
    if (this.trusted !== undefined && this.keys.latest === undefined) {
      throw new ProofRefused('log', `holds no key, not even ${formatVerifierKey(this.trusted)}`);
    }
    const { latest } = this.keys;
    return {
      events: size,
      batches: (this.last?.seq ?? -1) + 1,
      hash: this.last?.hash ?? GENESIS,
      root: this.tree.root().toString('hex'),
      checkpoints: this.checked,
      signedSize: this.signedSize,
      ...(latest && { key: formatVerifierKey(latest.key) }),
    };
  }

  private refusal(place: string, reason: string, position?: number): ProofRefused {
    const batch = (this.last?.seq ?? -1) + 1;
    const at = position === undefined ? { batch } : { batch, position };
    return new ProofRefused(`batch ${batch}, ${place}`, reason, at);
  }
}
