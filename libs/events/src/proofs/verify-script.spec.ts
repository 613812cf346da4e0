import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exported, keyOf, provenLog, type TestLog } from '../testing/log.js';
import { signCheckpoint } from './checkpoint.js';
import { proveConsistency, proveInclusion } from './merkle.js';
import { formatVerifierKey } from './note.js';
import { subtreesFrom } from './pages.js';

const SCRIPT = fileURLToPath(new URL('../../../../docs/verify-log.mjs', import.meta.url));

/** Runs the script as an outsider would: exit code and what it printed. */
function run(...args: readonly string[]): Promise<{ code: number; out: string }> {
  const { NODE_OPTIONS: _, ...env } = process.env;
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), out: stdout + stderr });
    });
  });
}

describe('docs/verify-log.mjs', () => {
  let folder: string;
  let log: TestLog;
  let lines: string[];
  let proof: string[];
  let size: number;
  const key = formatVerifierKey(keyOf('01').verifier);
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'novate-verify-log-'));
    log = await provenLog();
    ({ log: lines, proof } = await exported(log));
    ({ size } = await log.journal.head());
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const files = (name: string, events = lines, proofs = proof): string => {
    const file = join(folder, name);
    writeFileSync(file, events.map((line) => `${line}\n`).join(''));
    writeFileSync(`${file}.proof`, proofs.map((line) => `${line}\n`).join(''));
    return file;
  };
  const proofFile = (name: string, content: object): string => {
    const file = join(folder, name);
    const hex = (_: string, value: unknown): unknown => {
      const bytes = value as { type?: string; data?: number[] } | null;
      return bytes?.type === 'Buffer' ? Buffer.from(bytes.data ?? []).toString('hex') : value;
    };
    writeFileSync(file, JSON.stringify(content, hex));
    return file;
  };

  it('is short, and imports nothing of ours', () => {
    const text = readFileSync(SCRIPT, 'utf8');
    expect(text.trimEnd().split('\n').length).toBeLessThan(100);
    const imported = [...text.matchAll(/from '([^']+)'/g)].map(([, name]) => name);
    expect(imported).toEqual(['node:crypto', 'node:fs']);
  });
  it('accepts a good export, with the key and proofs from elsewhere', async () => {
    const source = subtreesFrom((wanted) => log.proofs.pages(wanted));
    const proofs = await Promise.all([
      proveInclusion(source, 137, size),
      proveInclusion(source, 3, 101),
      proveConsistency(source, 51, size),
      proveConsistency(source, 101, 101),
    ]);
    const given = proofs.map((each, i) => proofFile(`proof${i}.json`, each));
    const { code, out } = await run(files('good'), key, ...given);
    const { root } = (await log.proofs.checkpoint())!;
    expect([code, out]).toEqual([0, `ok ${size} leaves, root ${root}\n`]);
  });

  const flip = (text: string, at: number): string =>
    text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
  const at = (what: string) => proof.findIndex((line) => line.includes(what));
  const checkpointOf101 = () => proof.findIndex((line) => line.includes('example\\n101\\n'));
  const resign = (seed: string, root = '99'.repeat(32)) => {
    const forged = signCheckpoint({ origin: 'log.example', size: 101, root }, keyOf(seed));
    return proof.with(checkpointOf101(), JSON.stringify({ checkpoint: forged.note }));
  };
  it.each<[string, () => [string[], string[]], string]>([
    [
      'a flipped byte in an event',
      () => [lines.with(70, flip(lines[70]!, 40)), proof],
      'position 70',
    ],
    [
      'two events exchanged',
      () => [lines.with(7, lines[8]!).with(8, lines[7]!), proof],
      'position 7',
    ],
    ['a missing end', () => [lines.slice(0, -1), proof], 'position 352'],
    [
      'a flipped leaf hash',
      () => {
        const i = at('"seq":2');
        return [lines, proof.with(i, flip(proof[i]!, proof[i]!.indexOf('"leaves"') + 20))];
      },
      'position 51',
    ],
    ['a missing batch', () => [lines, proof.filter((_, i) => i !== at('"seq":3'))], 'position 101'],
    [
      'a flipped chain hash',
      () => {
        const i = at('"seq":2');
        return [lines, proof.with(i, flip(proof[i]!, proof[i]!.indexOf('"hash"') + 20))];
      },
      'checkpoint of size 101: chain hash',
    ],
    [
      'a flipped byte in a checkpoint',
      () => [
        lines,
        proof.with(checkpointOf101(), proof[checkpointOf101()]!.replace('chain', 'chaim')),
      ],
      'checkpoint of size 101: signature',
    ],
    [
      'a checkpoint of the wrong key',
      () => [lines, resign('03')],
      'checkpoint of size 101: signature',
    ],
    ['a checkpoint of another root', () => [lines, resign('01')], 'checkpoint of size 101: root'],
  ])('refuses %s, by its place', async (name, make, place) => {
    const { code, out } = await run(files(name.replaceAll(' ', '-'), ...make()), key);
    expect([code, out]).toEqual([1, expect.stringContaining(`FAILED ${place}`)]);
  });
  it('refuses another first key than the one it was given', async () => {
    const other = formatVerifierKey(keyOf('04').verifier);
    const { code, out } = await run(files('good'), other);
    expect([code, out]).toEqual([1, expect.stringContaining('FAILED the first key')]);
  });
  it('refuses a proof with a flipped byte, by its hash', async () => {
    const source = subtreesFrom((wanted) => log.proofs.pages(wanted));
    const inclusion = await proveInclusion(source, 137, size);
    const path = inclusion.path.map((hash) => hash.toString('hex'));
    const broken = proofFile('broken.json', {
      ...inclusion,
      path: path.with(2, flip(path[2]!, 5)),
    });
    const { code, out } = await run(files('good'), key, broken);
    expect([code, out]).toEqual([1, expect.stringContaining('broken.json: proof hash 3')]);
    const consistency = await proveConsistency(source, 51, 201);
    const short = proofFile('short.json', { ...consistency, path: consistency.path.slice(0, -1) });
    expect((await run(files('good'), key, short)).code).toBe(1);
  });
});
