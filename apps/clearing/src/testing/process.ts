import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { keys, roleOf, setup } from './house.js';

const MAIN = 'dist/apps/clearing/src/main.js';

/** The real, built app as a process of its own. */
export class AppProcess {
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly ready: Promise<number>;
  readonly lines: string[] = [];
  private port = 0;

  private constructor(private readonly child: ChildProcess) {
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    const errors = child.stderr;
    if (errors) createInterface({ input: errors }).on('line', (line) => this.lines.push(line));
    this.ready = new Promise((resolve, reject) => {
      const output = child.stdout;
      if (output) {
        createInterface({ input: output }).on('line', (line) => {
          this.port = (JSON.parse(line) as { port: number }).port;
          resolve(this.port);
        });
      }
      void this.exited.then(({ code, signal }) => {
        reject(new Error(`the app ended (${signal ?? code}): ${this.lines.join(' | ')}`));
      });
    });
    this.ready.catch(() => undefined);
  }

  static start(environment: Readonly<Record<string, string>>): AppProcess {
    const base = { PATH: process.env['PATH'] ?? '', NOVATE_HTTP_PORT: '0' };
    const child = spawn(process.execPath, [MAIN], {
      env: { ...base, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new AppProcess(child);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async stop(): Promise<void> {
    this.kill('SIGTERM');
    await this.exited;
  }

  /** Calls the app as the operator. */
  async fetch(path: string, init: RequestInit = {}): Promise<unknown> {
    const headers = { authorization: `Bearer ${keys.operator}`, ...init.headers };
    const url = `http://127.0.0.1:${this.port}${path}`;
    const response = await fetch(url, { ...init, headers }).catch((error: unknown) => {
      throw new Error(`${path}: ${String(error)}; the app said: ${this.lines.join(' | ')}`);
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** Registers the reference data of the test house. */
  async setUp(): Promise<void> {
    for (const [index, [kind, body]] of setup.entries()) {
      const authorization = `Bearer ${keys[roleOf(kind)]}`;
      const headers = { 'idempotency-key': `setup-${index}`, authorization };
      const init = { method: 'POST', headers, body: JSON.stringify(body) };
      await this.fetch(`/v1/commands/${kind}`, init);
    }
  }
}
