import { type AnyNewEvent, openRotation, ProofRefused, verifierKey } from '#events';
import type { Command } from '../commands.js';
import type { HouseState } from '../state.js';
import { fact, need, type Origin } from './context.js';

/** A key takes over only where the one before it says so: who took the machine, but not the key, cannot put in his own. */
export function rotateCheckpointKey(
  state: HouseState,
  command: Extract<Command, { kind: 'rotate-checkpoint-key' }>,
  origin: Origin,
): AnyNewEvent[] {
  const { keyName, publicKey, validFrom, note } = command;
  const data = { keyName, publicKey, validFrom, note };
  const before = state.checkpointKey;
  const signs = before?.publicKey !== publicKey;
  need(signs, 'ALREADY_EXISTS', 'publicKey', `key ${publicKey} signs already`);
  const problem = refusalOf(() =>
    openRotation(data, before && verifierKey(before.keyName, before.publicKey)),
  );
  need(problem === undefined, 'BAD_SIGNATURE', 'note', problem ?? '');
  return [fact(origin, 0, 'CheckpointKeyRotated', data)];
}

function refusalOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof ProofRefused) return error.message;
    throw error;
  }
}
