import type { Command } from 'commander';
import type { TakeSnapshotOptions, VerifySnapshotOptions } from './commands/snapshot.js';
import type { StateOptions } from './commands/state.js';

export interface Shell {
  readonly finish: (code: number) => void;
  readonly wholeNumber: (min: number) => (text: string) => number;
}

const KEY_HELP = 'whose signature counts, name+id+base64; default the keys of the environment';
const collect = (value: string, before: readonly string[] = []) => [...before, value];

/** The commands that look at the past: the state at a point, and the snapshots it starts from. */
export function addPast(novate: Command, { finish, wholeNumber }: Shell): void {
  novate
    .command('state')
    .description('state hash at any point, or one entry with the path that proves it')
    .option('--at <point>', 'a number of events or a time; default the head')
    .option('--kind <kind>', 'kind of the entry, e.g. position, with --id')
    .option('--id <id>', 'its id, e.g. "M01-H|BTC-PERP"')
    .option('--key <key>', KEY_HELP, collect)
    .option('--json', 'print one JSON object')
    .action(async (options: StateOptions) => {
      const { runState } = await import('./commands/state.js');
      finish(await runState(options));
    });
  const snapshot = novate
    .command('snapshot')
    .description('signed snapshots of the state: never trusted without verification');
  snapshot
    .command('take')
    .description('fold the journal to its head here and keep the state, while the app goes on')
    .option('--keep <n>', 'how many of the newest stay', wholeNumber(1), 3)
    .option('--json', 'print one JSON object')
    .action(async (options: TakeSnapshotOptions) => {
      const { runTakeSnapshot } = await import('./commands/snapshot.js');
      finish(await runTakeSnapshot(options));
    });
  snapshot
    .command('list')
    .description('what is there and what it claims')
    .option('--json', 'print one JSON array')
    .action(async (options: { json?: boolean }) => {
      const { runListSnapshots } = await import('./commands/snapshot.js');
      finish(await runListSnapshots(options));
    });
  snapshot
    .command('verify')
    .description('check signature, journal, pages and root of each, and replay from position 0')
    .option('--key <key>', KEY_HELP, collect)
    .option('--json', 'print one JSON array')
    .action(async (options: VerifySnapshotOptions) => {
      const { runVerifySnapshots } = await import('./commands/snapshot.js');
      finish(await runVerifySnapshots(options));
    });
}
