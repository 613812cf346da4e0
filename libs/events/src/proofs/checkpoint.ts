import { ProofRefused, within } from './errors.js';
import { fromBase64, openNote, signNote, type SigningKey, type VerifierKey } from './note.js';

/**
 * The head of a log at a size: the body of a C2SP tlog-checkpoint (c2sp.org/tlog-checkpoint). Origin, size and base64
 * root stand in its first three lines; what else we bind follows in extension lines:
 * `chain <batches> <hex>`, the chain hash after that many batches, and `state <hex>`, the root of the house's state there.
 */
export interface Checkpoint {
  /** Name of the log, and of the keys that sign for it. */
  readonly origin: string;
  /** Number of leaves. */
  readonly size: number;
  /** RFC 9162 root of the first `size` leaves, hex. */
  readonly root: string;
  readonly chain?: { readonly batches: number; readonly hash: string };
  /** `stateHash` after `size` events, hex; only where it was known when the checkpoint was made. */
  readonly stateRoot?: string;
}

export interface SignedCheckpoint extends Checkpoint {
  /** The signed note. */
  readonly note: string;
}

/** The text that is signed. */
export function checkpointText({ origin, size, root, chain, stateRoot }: Checkpoint): string {
  const lines = [origin, String(size), Buffer.from(root, 'hex').toString('base64')];
  if (chain !== undefined) lines.push(`chain ${chain.batches} ${chain.hash}`);
  if (stateRoot !== undefined) lines.push(`state ${stateRoot}`);
  return `${lines.join('\n')}\n`;
}

/** Signs a checkpoint; by the format's advice the key's name is the origin. The same checkpoint always gives the same note. */
export function signCheckpoint(checkpoint: Checkpoint, key: SigningKey): SignedCheckpoint {
  if (key.verifier.name !== checkpoint.origin) {
    throw new ProofRefused(
      'key',
      `${key.verifier.name} signs for another log than ${checkpoint.origin}`,
    );
  }
  return { ...checkpoint, note: signNote(checkpointText(checkpoint), key) };
}

/** Opens a checkpoint that one of the keys signed. @throws ProofRefused naming the line */
export function openCheckpoint(note: string, keys: readonly VerifierKey[]): SignedCheckpoint {
  const { text, signers } = openNote(note, keys);
  const checkpoint = parseCheckpoint(text);
  if (signers.every(({ name }) => name !== checkpoint.origin)) {
    throw new ProofRefused('line 1', `${checkpoint.origin} is not the log of ${signers[0]!.name}`);
  }
  return { ...checkpoint, note };
}

/**
 * What a note says, its signature not looked at: to find out which key to ask for.
 * @param size the size it was kept under
 * @throws ProofRefused naming the checkpoint and its line
 */
export function peekCheckpoint(note: string, size?: number): SignedCheckpoint {
  const end = note.lastIndexOf('\n\n');
  const read = (): Checkpoint => parseCheckpoint(note.slice(0, end + 1));
  if (size === undefined) return { ...read(), note };
  return {
    ...within(`checkpoint of size ${size}`, () => {
      const found = read();
      if (found.size === size) return found;
      throw new ProofRefused('line 2', `it says ${found.size}`);
    }),
    note,
  };
}

/** Reads the text of a checkpoint. Extension lines we do not know are passed over, as the format asks. */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new ProofRefused('checkpoint', 'does not end in a newline');
  const [origin = '', count = '', encoded = '', ...extensions] = lines;
  if (origin === '') throw new ProofRefused('line 1', 'names no origin');
  const size = Number(count);
  if (!/^(0|[1-9]\d{0,15})$/.test(count) || !Number.isSafeInteger(size)) {
    throw new ProofRefused('line 2', 'is not a size');
  }
  const root = fromBase64(encoded);
  if (root?.length !== 32) throw new ProofRefused('line 3', 'is not a SHA-256 root in base64');
  const checkpoint = { origin, size, root: root.toString('hex') };
  return extensions.reduce<Checkpoint>((found, line, i) => {
    if (line === '') throw new ProofRefused(`line ${i + 4}`, 'is empty');
    return { ...found, ...readExtension(line, i + 4) };
  }, checkpoint);
}

function readExtension(line: string, number: number): Partial<Checkpoint> {
  const [kind, ...values] = line.split(' ');
  if (kind === 'chain') {
    const [, batches, hash] = /^(\d{1,15}) ([0-9a-f]{64})$/.exec(values.join(' ')) ?? [];
    if (hash !== undefined) return { chain: { batches: Number(batches), hash } };
    throw new ProofRefused(`line ${number}`, 'is not `chain <batches> <hash>`');
  }
  if (kind !== 'state') return {};
  const [stateRoot = ''] = values;
  if (values.length === 1 && /^[0-9a-f]{64}$/.test(stateRoot)) return { stateRoot };
  throw new ProofRefused(`line ${number}`, 'is not `state <root>`');
}
