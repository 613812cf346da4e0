import { peekHeader, SnapshotRefused, type StoredSnapshot } from '#events';
import { takeSnapshot, verifySnapshots } from '#ledger';
import { table } from '../render/table.js';
import { signingKeyOf, withSnapshots, withStore } from '../snapshots.js';
import { ExitCode } from '../terminal/exit.js';

interface Json {
  readonly json?: boolean;
}
export interface TakeSnapshotOptions extends Json {
  readonly keep: number;
}
export interface VerifySnapshotOptions extends Json {
  readonly key?: readonly string[];
}

function print(json: boolean | undefined, value: unknown, text: string): void {
  process.stdout.write(json === true ? `${JSON.stringify(value)}\n` : `${text}\n`);
}

/** `novate snapshot take`: the state at the head, folded in this process while the clearing app goes on. */
export async function runTakeSnapshot({ json, keep }: TakeSnapshotOptions): Promise<number> {
  const key = signingKeyOf();
  return withSnapshots(undefined, async (source) => {
    const taken = await takeSnapshot({ ...source, key, keep });
    if (taken === undefined) {
      print(json, { taken: false }, 'nothing to take: there is one at the head, or no event');
      return ExitCode.ok;
    }
    const { size, stateRoot, entries } = taken.header;
    const { bytes } = taken;
    const text = `snapshot at ${size}: ${entries} entries, state hash ${stateRoot}`;
    print(json, { taken: true, position: size, stateHash: stateRoot, entries, bytes }, text);
    return ExitCode.ok;
  });
}

/** `novate snapshot list`: what is there and what it claims; nothing is verified. */
export async function runListSnapshots({ json }: Json): Promise<number> {
  const stored = await withStore((_, snapshots) => snapshots.list());
  const claims = stored.map(claimsOf);
  const rows = claims.map(({ position, entries, pages, stateHash, refused }) => [
    String(position),
    ...(refused === undefined
      ? [String(entries), String(pages), stateHash!.slice(0, 16)]
      : ['-', '-', refused]),
  ]);
  const right = (title: string) => ({ title, align: 'right' as const });
  const columns = [right('position'), right('entries'), right('pages'), { title: 'state hash' }];
  print(json, claims, table(columns, rows));
  return ExitCode.ok;
}

function claimsOf(stored: StoredSnapshot) {
  try {
    const { size, entries, pages, stateRoot, chainHash } = peekHeader(stored);
    return { position: size, entries, pages: pages.length, stateHash: stateRoot, chainHash };
  } catch (error) {
    if (!(error instanceof SnapshotRefused)) throw error;
    return { position: stored.size, refused: error.message };
  }
}

/** `novate snapshot verify`: everything a start checks, and that a replay from position 0 gives the same state. */
export async function runVerifySnapshots({ json, key }: VerifySnapshotOptions): Promise<number> {
  return withSnapshots(key, async (source) => {
    const verdicts = await verifySnapshots(source);
    const lines = verdicts.map(({ size, place, reason }) =>
      reason === undefined ? `ok at ${size}` : `REFUSED at ${size}: ${place}: ${reason}`,
    );
    print(json, verdicts, lines.join('\n') || 'there is no snapshot');
    return verdicts.every(({ reason }) => reason === undefined)
      ? ExitCode.ok
      : ExitCode.checkFailed;
  });
}
