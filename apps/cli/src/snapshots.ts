import {
  parseSigningKey,
  parseVerifierKey,
  postgresSnapshots,
  type SigningKey,
  type VerifierKey,
} from '#events';
import type { Journal, SnapshotStore } from '#events';
import type { SnapshotSource } from '#ledger';
import { databaseUrl, journalPlace, withJournal } from './journal.js';
import { CliError, ExitCode } from './terminal/exit.js';
import { stderrProgress } from './terminal/progress.js';

const KEY = 'NOVATE_CHECKPOINT_KEY';
const BEFORE = 'NOVATE_CHECKPOINT_KEY_BEFORE';

/** The key that signs; a usage error where the environment names none. */
export function signingKeyOf(env: NodeJS.ProcessEnv = process.env): SigningKey {
  const key = read(env, KEY);
  if (key !== undefined) return key;
  throw new CliError(
    `${KEY} is not set, and a snapshot nobody signed is worth nothing`,
    ExitCode.usage,
    'export the key the clearing app signs with.',
  );
}

/**
 * Whose signatures count: those given with `--key`, else the keys of the environment.
 * @param given verifier keys, `name+id+base64`
 */
export function trustedKeys(
  given: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): readonly VerifierKey[] {
  if (given.length > 0) return given.map((text) => usable('--key', () => parseVerifierKey(text)));
  return [read(env, KEY), read(env, BEFORE)].flatMap((key) => (key ? [key.verifier] : []));
}

function read(env: NodeJS.ProcessEnv, name: string): SigningKey | undefined {
  const text = env[name]?.trim();
  return text ? usable(name, () => parseSigningKey(text)) : undefined;
}

function usable<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new CliError(`${name}: ${error instanceof Error ? error.message : ''}`, ExitCode.usage);
  }
}

/** A journal with the snapshots beside it; a usage error where no key is trusted, since then none would hold. */
export async function withSnapshots<T>(
  given: readonly string[] | undefined,
  use: (source: SnapshotSource) => Promise<T>,
): Promise<T> {
  const keys = trustedKeys(given);
  if (keys.length === 0) {
    throw new CliError(
      'no key is trusted, so no snapshot can be',
      ExitCode.usage,
      `give --key name+id+base64, or set ${KEY}.`,
    );
  }
  return withStore(async (journal, snapshots) => {
    const progress = stderrProgress();
    return use({ journal, snapshots, keys, log: (line) => progress.step(line) });
  });
}

/** A journal and the store of snapshots, which is in the database whatever keeps the journal. */
export async function withStore<T>(
  use: (journal: Journal, snapshots: SnapshotStore) => Promise<T>,
): Promise<T> {
  const snapshots = postgresSnapshots({ url: databaseUrl() });
  try {
    return await withJournal(journalPlace(), (journal) => use(journal, snapshots));
  } finally {
    await snapshots.close();
  }
}
