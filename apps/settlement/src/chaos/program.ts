import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** Programs of the house, built, each a process of its own. */
const mains = {
  clearing: 'dist/apps/clearing/src/main.js',
  settlement: 'dist/apps/settlement/src/main.js',
  'co-signer': 'dist/apps/settlement/src/cosign/main.js',
} as const;

export interface ProgramSpec {
  readonly name: string;
  readonly main: keyof typeof mains;
  readonly env: Readonly<Record<string, string>>;
}

const RESTART_MS = 150;
const LINES_KEPT = 400;
const PATIENCE_MS = 90_000;

/** A program under a supervisor that starts it again whenever it ends, as a production system does. */
export class Program {
  /** What it wrote to stderr last, whichever process it was. */
  readonly lines: string[] = [];
  /** How each process ended: a signal or `exit <code>`. */
  readonly ends: string[] = [];
  private child: ChildProcess | undefined;
  private up = false;
  private wanted = true;
  private ended: Promise<void> = Promise.resolve();
  private supervision: Promise<void>;

  private constructor(
    readonly spec: ProgramSpec,
    private env: Readonly<Record<string, string>>,
  ) {
    this.supervision = this.supervise();
  }

  static start(spec: ProgramSpec): Program {
    return new Program(spec, spec.env);
  }

  /** Resolves once the process of now is ready. */
  async ready(): Promise<void> {
    for (const until = performance.now() + PATIENCE_MS; !this.up; await sleep(25)) {
      if (performance.now() > until) throw new Error(`${this.spec.name} does not start: ${this}`);
    }
  }

  /** SIGKILL; the supervisor starts it again. */
  async kill(): Promise<void> {
    this.up = false;
    const { child, ended } = this;
    child?.kill('SIGKILL');
    await ended;
  }

  /** Kills it and leaves it down until `resume`, with another environment if so. */
  async hold(): Promise<void> {
    this.wanted = false;
    await this.kill();
  }

  resume(more: Readonly<Record<string, string>> = {}): void {
    this.env = { ...this.env, ...more };
    if (this.wanted) return;
    this.wanted = true;
    this.supervision = this.supervision.then(() => this.supervise());
  }

  /** SIGSTOP and SIGCONT: it holds every connection and answers nobody. */
  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    this.wanted = false;
    this.thaw();
    this.child?.kill('SIGTERM');
    const impatience = setTimeout(() => this.child?.kill('SIGKILL'), 10_000);
    await this.ended;
    clearTimeout(impatience);
  }

  toString(): string {
    return `${this.spec.name} (${this.ends.length} ends): ${this.lines.slice(-12).join('\n    ')}`;
  }

  private async supervise(): Promise<void> {
    while (this.wanted) {
      this.ended = this.run();
      await this.ended;
      await sleep(RESTART_MS);
    }
  }

  private run(): Promise<void> {
    const { PATH = '', HOME = '', TMPDIR } = process.env;
    const child = spawn(process.execPath, [mains[this.spec.main]], {
      env: { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    createInterface({ input: child.stderr! }).on('line', (line) => {
      this.lines.push(line);
      if (this.lines.length > LINES_KEPT) this.lines.shift();
    });
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (line.startsWith('{"ready":true')) this.up = this.child === child;
    });
    const orphaned = (): void => void child.kill('SIGKILL');
    process.once('exit', orphaned);
    return new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        process.off('exit', orphaned);
        this.up = false;
        this.ends.push(signal ?? `exit ${code}`);
        resolve();
      });
    });
  }
}
