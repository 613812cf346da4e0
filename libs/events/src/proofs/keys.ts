import type { EventData } from '../vocabulary.js';
import { ProofRefused, within } from './errors.js';
import {
  formatVerifierKey,
  openNote,
  signNote,
  type SigningKey,
  type VerifierKey,
  verifierKey,
} from './note.js';

/** A key that signs the checkpoints of a log, from a size on until the next one does. */
export interface CheckpointKey {
  readonly key: VerifierKey;
  /** Smallest size it signs: the position of the event that introduced it, plus one. */
  readonly validFrom: number;
}

type Rotation = EventData['CheckpointKeyRotated'];

/** What old and new key sign, so that neither can be put in at another place of another log. */
function statement(key: VerifierKey, validFrom: number): string {
  return `novate checkpoint key\n${formatVerifierKey(key)}\n${validFrom}\n`;
}

/**
 * The fact that a key takes over, signed by the key it replaces and by itself; the first one by itself alone.
 * @param position where its event will stand
 */
export function rotateKey(
  key: SigningKey,
  previous: SigningKey | undefined,
  position: number,
): Rotation {
  const { name: keyName, publicKey } = key.verifier;
  const validFrom = position + 1;
  const signers = previous === undefined ? [key] : [previous, key];
  return {
    keyName,
    publicKey,
    validFrom,
    note: signNote(statement(key.verifier, validFrom), ...signers),
  };
}

/**
 * Checks that a key was put in by the one before it, and returns it.
 * @param previous undefined for the first key of a log, which nothing but its owner can vouch for
 * @throws ProofRefused
 */
export function openRotation(data: Rotation, previous: VerifierKey | undefined): CheckpointKey {
  const key = verifierKey(data.keyName, data.publicKey);
  const known = previous === undefined ? [key] : [previous, key];
  const { text, signers } = openNote(data.note, known);
  const missing = known.find((wanted) => !signers.includes(wanted));
  if (missing !== undefined) {
    throw new ProofRefused('checkpoint key', `${formatVerifierKey(missing)} did not sign for it`);
  }
  if (text !== statement(key, data.validFrom)) {
    throw new ProofRefused('checkpoint key', 'its note speaks of another key or size');
  }
  if (previous !== undefined && previous.name !== key.name) {
    throw new ProofRefused('checkpoint key', `is of ${key.name}, the log is ${previous.name}`);
  }
  return { key, validFrom: data.validFrom };
}

/** The keys of a log, as its events put them in. */
export class KeyHistory {
  constructor(private readonly keys: CheckpointKey[] = []) {}

  get all(): readonly CheckpointKey[] {
    return this.keys;
  }

  /** The key in force last. */
  get latest(): CheckpointKey | undefined {
    return this.keys.at(-1);
  }

  /** Takes the next rotation, as recorded at a position. @throws ProofRefused naming the position */
  add(data: Rotation, position: number): CheckpointKey {
    return within(`position ${position}`, () => {
      const next = openRotation(data, this.latest?.key);
      if (next.validFrom !== position + 1) {
        throw new ProofRefused('checkpoint key', `was made for position ${next.validFrom - 1}`);
      }
      this.keys.push(next);
      return next;
    });
  }

  /** The key whose turn it is at a size. @throws ProofRefused where the log had none yet */
  at(size: number): VerifierKey {
    const found = this.keys.findLast(({ validFrom }) => validFrom <= size);
    if (found === undefined)
      throw new ProofRefused(`size ${size}`, 'is before the first key of the log');
    return found.key;
  }
}
