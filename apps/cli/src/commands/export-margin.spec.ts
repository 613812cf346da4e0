import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AnyNewEvent, EventData } from '#events';
import { InProcessHouse } from '../demo/clear-in-process.js';
import { buildScenario } from '../demo/scenario.js';
import { readTape } from '../demo/tape.js';
import { projectRoot } from '../root.js';
import { marginFiles } from './export-margin.js';

const run = promisify(execFile);

/** Runs a script of docs/ on a folder: its exit code and what it printed. */
async function script(name: string, folder: string): Promise<{ code: number; out: string }> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const file = join(projectRoot(), 'docs', name);
  try {
    const { stdout } = await run(process.execPath, [file, folder], { env });
    return { code: 0, out: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout + stderr };
  }
}

describe('requirements recomputed by scripts that import nothing of ours', () => {
  let folder: string;
  let document: string;

  beforeAll(() => {
    const scenario = buildScenario(readTape(), 20_000);
    let cycle = 0;
    let endsAt = 0;
    const assessed = new Map<number, EventData['MarginAssessed'][]>();
    const house = new InProcessHouse((event: AnyNewEvent) => {
      if (event.type === 'CycleCompleted') ({ cycle, endsAt } = event.data);
      if (event.type !== 'MarginAssessed') return;
      assessed.set(cycle, [...(assessed.get(cycle) ?? []), event.data]);
    });
    for (const command of scenario.commands) house.command(command);
    house.publish(scenario.messages);
    const at = { state: house.state, position: 1, cycle, endsAt, assessed: assessed.get(cycle)! };
    const files = marginFiles(at);
    folder = mkdtempSync(join(tmpdir(), 'novate-export-'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    document = files['margin.json']!;
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('give every core requirement of the demo’s house again', async () => {
    const { code, out } = await script('recompute-margin.mjs', folder);
    expect(out).toMatch(/ok +core of 64 accounts/);
    expect([code, out.match(/FAILED/)]).toEqual([0, null]);
  });

  it('make the scenario set again from the closes', async () => {
    const { code, out } = await script('rebuild-scenarios.mjs', folder);
    expect([code, out]).toEqual([0, expect.stringMatching(/^ok +3000 scenarios from 2464 days/)]);
  }, 30_000);

  it('notice one changed close, position or requirement', async () => {
    const write = (text: string): void => writeFileSync(join(folder, 'margin.json'), text);
    const parsed = JSON.parse(document) as {
      history: { days: [string, ...number[]][] };
      accounts: { positions: { quantity: string }[] }[];
    };
    parsed.accounts[0]!.positions[0]!.quantity += '0';
    write(JSON.stringify(parsed));
    expect(await script('recompute-margin.mjs', folder)).toMatchObject({ code: 1 });
    const other = JSON.parse(document) as typeof parsed;
    other.history.days[100]![1] = Number(other.history.days[100]![1]) + 1;
    write(JSON.stringify(other));
    const { code, out } = await script('recompute-margin.mjs', folder);
    expect([code, out]).toEqual([1, expect.stringContaining('FAILED scenario root')]);
    write(document);
  });

  it('come as CSV too', () => {
    const lines = (name: string): string[] =>
      readFileSync(join(folder, name), 'utf8').trim().split('\r\n');
    expect(lines('requirements.csv')).toHaveLength(65);
    expect(lines('scenarios.csv')).toHaveLength(3001);
    expect(lines('positions.csv')[0]).toBe('account,kind,id,quantity');
  });
});
