import { formatVerifierKey, parseSigningKey, rotateKey, type SigningKey } from '#events';
import type { Engine } from '../engine/index.js';

export interface KeysGiven {
  readonly key: string;
  /** The key it replaces: needed once, to sign that it is replaced. */
  readonly previous?: string;
}

/**
 * Records the configured key where it is not the log's key yet: the first one by itself, another one signed by the key it
 * replaces. To be called before anything else is submitted, for the fact names its own position.
 * @throws where the key in force is another one and cannot sign here
 */
export async function introduceKey(
  engine: Engine,
  given: KeysGiven,
  now: () => number,
  log: (line: string) => void,
): Promise<void> {
  const key = parseSigningKey(given.key);
  const current = engine.state.checkpointKey;
  const { name, publicKey } = key.verifier;
  if (current?.publicKey === publicKey && current.keyName === name) return;
  const previous = current && replaced(current.publicKey, given.previous);
  await engine.idle();
  const position = engine.head.size;
  const [outcome] = await engine.submit([
    {
      command: {
        ...rotateKey(key, previous, position),
        kind: 'rotate-checkpoint-key',
        commandId: `checkpoint-key|${position}|${publicKey}`,
        actor: 'novate',
        occurredAt: now(),
      },
    },
  ]);
  if (outcome?.rejection) throw new Error(`checkpoint key: ${outcome.rejection.reason}`);
  log(
    `proofs: checkpoints are signed by ${formatVerifierKey(key.verifier)} from size ${position + 1} on`,
  );
}

function replaced(publicKey: string, given: string | undefined): SigningKey {
  const previous = given === undefined ? undefined : parseSigningKey(given);
  if (previous?.verifier.publicKey === publicKey) return previous;
  const fix = 'set NOVATE_CHECKPOINT_KEY_BEFORE to it once, or NOVATE_CHECKPOINT_KEY back to it';
  throw new Error(
    `checkpoint key: the log is signed by ${publicKey}, which has to sign for its successor: ${fix}`,
  );
}
