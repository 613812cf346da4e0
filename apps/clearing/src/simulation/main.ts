/**
 * Runs the simulator over a range of seeds: `node dist/apps/clearing/src/simulation/main.js <first> <count>`. One line of
 * JSON at the end; a run that finds something ends it with 1 and its message on stderr. A single seed tells its story there.
 */
import { simulate, SimulationFailed } from './simulate.js';

const [first = 1, count = 1] = process.argv.slice(2).map(Number);

async function main(): Promise<void> {
  const faults: Record<string, number> = {};
  const total = { seeds: 0, events: 0, lives: 0, steps: 0, faults };
  const log = count === 1 ? (line: string) => process.stderr.write(`${line}\n`) : undefined;
  for (let seed = first; seed < first + count; seed += 1) {
    const report = await simulate(seed, log && { log });
    total.seeds += 1;
    total.events += report.events;
    total.lives += report.lives;
    total.steps += report.steps;
    for (const [fault, times] of Object.entries(report.faults)) {
      faults[fault] = (faults[fault] ?? 0) + times;
    }
    if (total.seeds % 1_000 === 0) process.stderr.write(`simulator: ${total.seeds} seeds\n`);
  }
  process.stdout.write(`${JSON.stringify(total)}\n`);
}

main().catch((error: unknown) => {
  const text = error instanceof SimulationFailed ? error.message : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
});
