import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** How one Solidity test ended. */
export interface ForgeTest {
  readonly suite: string;
  readonly name: string;
  /** What forge says of a failure, with the input that causes it; undefined where it passed. */
  readonly failure?: string;
}

interface Report {
  readonly [suite: string]: {
    readonly test_results: Readonly<
      Record<
        string,
        {
          readonly status: string;
          readonly reason?: string | null;
          readonly counterexample?: unknown;
        }
      >
    >;
  };
}

/** The program in the npm package of this platform, or why there is none. */
export function forgeBinary(): { readonly command: string } | { readonly missing: string } {
  const cpu = process.arch === 'x64' ? 'amd64' : process.arch;
  const name = `@foundry-rs/forge-${process.platform}-${cpu}`;
  try {
    const here = createRequire(import.meta.url);
    const from = createRequire(here.resolve('@foundry-rs/forge/package.json'));
    const folder = dirname(from.resolve(`${name}/package.json`));
    const command = join(folder, 'bin', process.platform === 'win32' ? 'forge.exe' : 'forge');
    if (!existsSync(command)) return { missing: `${name} holds no program` };
    if ((statSync(command).mode & 0o111) === 0) chmodSync(command, 0o755);
    return { command };
  } catch {
    return { missing: `${name} is not installed: run npm ci without --omit=optional` };
  }
}

/**
 * Runs all Solidity tests, without the network: the compiler is npm `solc`, and forge's home is an empty folder.
 * Rejects with what forge says where it ran no test, as when something does not compile.
 */
export async function runForge(command: string): Promise<ForgeTest[]> {
  const home = mkdtempSync(join(tmpdir(), 'novate-forge-'));
  try {
    const { stdout, stderr } = await output(command, ['test', '--root', ROOT, '--json'], {
      ...process.env,
      FOUNDRY_CONFIG: join(ROOT, 'contracts/foundry.toml'),
      HOME: home,
      // solc.mjs finds the Node that runs this.
      PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      NODE_OPTIONS: '',
    });
    const report = stdout.split('\n').find((line) => line.startsWith('{"contracts/'));
    if (report === undefined) throw new Error(`forge ran no test:\n${stdout}\n${stderr}`);
    return testsOf(JSON.parse(report) as Report);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function testsOf(report: Report): ForgeTest[] {
  return Object.entries(report).flatMap(([suite, { test_results }]) =>
    Object.entries(test_results).map(([signature, { status, reason, counterexample }]) => {
      const name = signature.replace(/\(.*/, '').replaceAll('_', ' ');
      const test = { suite: suite.replace(/.*:/, ''), name };
      if (status === 'Success') return test;
      const input = counterexample ? `\n${JSON.stringify(counterexample)}` : '';
      return { ...test, failure: `${status}: ${reason ?? 'no reason given'}${input}` };
    }),
  );
}

async function output(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => void (texts.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (texts.stderr += chunk.toString()));
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  return texts;
}
