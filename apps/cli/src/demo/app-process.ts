import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { projectRoot } from '../root.js';
import { CliError, ExitCode } from '../terminal/exit.js';

const LOG_KEPT = 8_000;
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 15_000;

/** Programs of the house, each its own process. */
const programs = {
  'the clearing app': 'dist/apps/clearing/src/main.js',
  'the settlement service': 'dist/apps/settlement/src/main.js',
  'a co-signer': 'dist/apps/settlement/src/cosign/main.js',
} as const;
export type Program = keyof typeof programs;

/** One of them, running. */
export interface AppProcess {
  readonly name: Program;
  /** Where it listens on loopback. */
  readonly url: string;
  readonly exited: Promise<number | null>;
  /** What it wrote to stderr last. */
  log(): string;
  /** SIGTERM, and SIGKILL for one that does not end within 15 s. */
  stop(): Promise<void>;
}

/** Starts a program with this environment only and waits for the line that says it is ready. */
export async function startApp(
  env: Readonly<Record<string, string>>,
  program: Program = 'the clearing app',
): Promise<AppProcess> {
  const main = join(projectRoot(), programs[program]);
  const { PATH = '', HOME = '', TMPDIR } = process.env;
  const child = spawn(process.execPath, ['--enable-source-maps', main], {
    cwd: projectRoot(),
    env: { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString('utf8')).slice(-LOG_KEPT);
    if (process.env['NOVATE_DEMO_LOG'] === '1') process.stderr.write(chunk);
  });
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.once('error', () => resolve(null));
  });
  const killed = (): void => void child.kill('SIGKILL');
  process.once('exit', killed);
  void exited.then(() => process.off('exit', killed));
  const stop = (): Promise<void> => end(child, exited);
  try {
    const port = await readyPort(program, child, exited, () => log);
    return { name: program, url: `http://127.0.0.1:${port}`, exited, log: () => log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Resolves with the port of `{"ready":true,"port":N}`; what else is on stdout is not ours. */
function readyPort(
  program: Program,
  child: ChildProcess,
  exited: Promise<number | null>,
  log: () => string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void =>
      reject(new CliError(`${program} ${why}\n${log().trim()}`, ExitCode.unavailable));
    const timer = setTimeout(() => fail('did not start within 60 s'), START_LIMIT_MS);
    void exited.then((code) => {
      clearTimeout(timer);
      fail(`ended during its start with code ${String(code)}`);
    });
    if (!child.stdout) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const port = portOf(line);
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(port);
    });
  });
}

function portOf(line: string): number | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const { ready, port } = JSON.parse(line) as { ready?: unknown; port?: unknown };
    return ready === true && typeof port === 'number' ? port : undefined;
  } catch {
    return undefined;
  }
}

async function end(child: ChildProcess, exited: Promise<number | null>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await exited;
  clearTimeout(timer);
}
