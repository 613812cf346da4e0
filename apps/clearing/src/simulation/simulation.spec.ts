import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { plants } from './plant.js';
import { simulate, SimulationFailed } from './simulate.js';

const SEEDS = 1_000;
/** Seeds within which a planted bug has to be found. */
const FOUND_WITHIN = 40;

describe('the simulator', () => {
  it(`finds nothing in ${SEEDS} seeds`, async () => {
    // A process of its own: outside Jest the same run takes half the time.
    const main = 'dist/apps/clearing/src/simulation/main.js';
    const run = promisify(execFile)(process.execPath, [main, '1', String(SEEDS)]);
    const { stdout } = await run.catch((error: unknown) => {
      throw new Error(error instanceof Error && 'stderr' in error ? String(error.stderr) : '');
    });
    const total = JSON.parse(stdout) as { seeds: number; faults: Record<string, number> };
    expect(total.seeds).toBe(SEEDS);
    // Every fault there is struck in some run.
    expect(Object.keys(total.faults)).toHaveLength(14);
  }, 180_000);

  it('has an auditor that knows nothing of how the house decides', () => {
    for (const name of ['auditor.ts', 'auditor-money.ts']) {
      const text = readFileSync(`apps/clearing/src/simulation/${name}`, 'utf8');
      const imports = [...text.matchAll(/from '([^']+)'/g)].map(([, from]) => from);
      const allowed = ['node:crypto', './auditor-money.js'];
      expect(imports.filter((from) => !allowed.includes(from ?? ''))).toEqual([]);
    }
  });

  it('repeats a run from its seed, step by step', async () => {
    const story = async (): Promise<string[]> => {
      const lines: string[] = [];
      lines.push(JSON.stringify(await simulate(7, { log: (line) => lines.push(line) })));
      return lines;
    };
    const first = await story();
    expect(await story()).toEqual(first);
    expect(first.length).toBeGreaterThan(10);
  });

  it.each(Object.entries(plants))('finds %s, and says how to see it again', async (_, plant) => {
    const failure = await firstFailure(plant);
    expect(failure).toBeInstanceOf(SimulationFailed);
    const { seed, message } = failure as SimulationFailed;
    expect(message).toContain(`Replay: NOVATE_SIM_SEED=${seed} npm run soak -- simulator`);
    // The seed alone brings it back.
    await expect(simulate(seed, { plant })).rejects.toThrow(message);
  });
});

async function firstFailure(plant: (typeof plants)[string]): Promise<unknown> {
  for (let seed = 1; seed <= FOUND_WITHIN; seed += 1) {
    const failure = await simulate(seed, { plant }).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure) return failure;
  }
  return undefined;
}
