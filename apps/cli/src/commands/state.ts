import { memorySnapshots } from '#events';
import { CutNotFound, proveEntry, type SnapshotSource, stateAt } from '#ledger';
import { journalPlace, withJournal } from '../journal.js';
import { trustedKeys, withSnapshots } from '../snapshots.js';
import { CliError, ExitCode } from '../terminal/exit.js';
import { parsePoint } from './points.js';

export interface StateOptions {
  readonly at?: string;
  readonly kind?: string;
  readonly id?: string;
  readonly key?: readonly string[];
  readonly json?: boolean;
}

/** `novate state`: the state's hash at a point, or one entry of it with the path that proves it. */
export async function runState(options: StateOptions): Promise<number> {
  const { kind, id, key } = options;
  if ((kind === undefined) !== (id === undefined)) {
    throw new CliError('--kind and --id go together', ExitCode.usage);
  }
  // Without a key no snapshot is trusted: the journal is folded from its beginning.
  if (trustedKeys(key).length > 0) return withSnapshots(key, (source) => show(source, options));
  return withJournal(journalPlace(), (journal) =>
    show({ journal, snapshots: memorySnapshots(), keys: [], log: () => undefined }, options),
  );
}

async function show(source: SnapshotSource, options: StateOptions): Promise<number> {
  const { at, kind, id, json } = options;
  const cut = at === undefined ? await headOf(source) : parsePoint(at);
  const folded = await stateAt(source, cut).catch((error: unknown) => {
    if (error instanceof CutNotFound) throw new CliError(error.message, ExitCode.usage);
    throw error;
  });
  const wanted = kind === undefined || id === undefined ? undefined : { kind, id };
  const { root, size, found } = await proveEntry(folded.state, wanted);
  if (wanted && !found) {
    throw new CliError(
      `there was no ${wanted.kind} "${wanted.id}" at position ${folded.size}`,
      ExitCode.usage,
      'name it as the ledger does, e.g. --kind position --id "M01-H|BTC-PERP".',
    );
  }
  const place = {
    position: folded.size,
    cycle: folded.state.openWindow - 1,
    chainHash: folded.hash,
    stateHash: root,
    entries: size,
  };
  const proof = found && { kind, id, line: found.proof.line, index: found.proof.index };
  const text = [
    `state hash ${root} after ${folded.size} events (cycle ${place.cycle}), ${size} entries`,
    ...(found ? [found.proof.line] : []),
    ...(found?.proof.path.map(({ side, hash }) => `  ${side.padEnd(5)} ${hash}`) ?? []),
  ];
  const shown = { ...place, ...proof, ...(found && { path: found.proof.path }) };
  process.stdout.write(json === true ? `${JSON.stringify(shown)}\n` : `${text.join('\n')}\n`);
  return ExitCode.ok;
}

async function headOf({ journal }: SnapshotSource): Promise<{ readonly position: number }> {
  return { position: (await journal.head()).size };
}
