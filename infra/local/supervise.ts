import { type ChildProcess, fork, type StdioOptions } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isEnding, onProcessEnd } from './process-end.js';

const SUPERVISOR = fileURLToPath(new URL('./supervisor.mjs', import.meta.url));

export interface ProgramSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Another user to run as; only root may ask. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
}

export interface ServerSpec extends ProgramSpec {
  /** What ends this server: graceful where the data outlives it, quick where it does not. */
  readonly stopSignal: NodeJS.Signals;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The last 4,000 characters the program wrote. */
  readonly log: string;
}

export interface Supervised {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** A temporary folder and the supervisor process that removes it, and ends its server, when this process is gone. */
export interface Work {
  /** Holds a server's configuration, log and, unless the caller owns it, its data. */
  readonly folder: string;
  /** Runs a program that prepares the data to its end; it is killed where the server would be stopped. */
  run(spec: ProgramSpec): Promise<void>;
  /** Starts the one server of this folder. Does not keep the event loop alive. */
  start(spec: ServerSpec): Promise<Supervised>;
  /** Ends the server, if one was started, and removes the folder. */
  discard(): Promise<void>;
}

type Kind = 'postgres' | 'kafka' | 'maven' | 'anvil';
type Order = { run: object } | { start: object } | { stop: true } | { kill: true };
type Told = { pid?: number; ran?: Exit; exited?: Exit };

/** The supervisor's process, as its owner sees it. */
class Supervisor {
  readonly exited: Promise<Exit>;
  private readonly gone: Promise<void>;
  private readonly forget: () => void;

  private constructor(
    private readonly process: ChildProcess,
    folder: string,
  ) {
    this.gone = new Promise<void>((resolve) => {
      process.once('exit', () => resolve());
      process.once('error', () => resolve());
    });
    this.exited = new Promise<Exit>((resolve) => {
      process.on('message', ({ exited }: Told) => exited && resolve(exited));
      void this.gone.then(() => resolve({ code: null, signal: null, log: 'it was interrupted' }));
    });
    // Without its other end the supervisor ends everything. Writing to it, which nobody does, would fail.
    process.stdin?.on('error', () => undefined);
    const abandon = (): void => void process.stdin?.destroy();
    this.forget = onProcessEnd({ stop: () => this.finish({ stop: true }), abandon, folder });
    this.holdEventLoop(false);
  }

  static of(folder: string): Supervisor {
    const options = { detached: true, env: {}, execArgv: [] };
    const stdio: StdioOptions = ['pipe', 'ignore', 'ignore', 'ipc'];
    return new Supervisor(fork(SUPERVISOR, [folder], { ...options, stdio }), folder);
  }

  /** Gives an order and waits for its answer, as long as the supervisor lives. */
  async ask<T>(order: Order, answer: (told: Told) => T | undefined, what: string): Promise<T> {
    this.holdEventLoop(true);
    try {
      return await new Promise<T>((resolve, reject) => {
        const listen = (told: Told): void => {
          const value = answer(told);
          if (value === undefined) return;
          this.process.off('message', listen);
          resolve(value);
        };
        this.process.on('message', listen);
        void this.exited.then(({ log }) => reject(new Error(`${what} did not start: ${log}`)));
        this.tell(order);
      });
    } finally {
      this.holdEventLoop(false);
    }
  }

  /** Waits until the program has ended and the folder is gone. */
  async finish(order: Order): Promise<void> {
    this.tell(order);
    this.process.ref();
    await this.gone;
    this.forget();
  }

  private tell(order: Order): void {
    if (this.process.connected) this.process.send(order, () => undefined);
  }

  private holdEventLoop(hold: boolean): void {
    const { process } = this;
    if (hold) process.ref();
    else process.unref();
    const { channel } = process;
    if (hold) channel?.ref();
    else channel?.unref();
  }
}

/** Opens a work folder; from here on nothing is left behind, whether this process ends, is interrupted or killed. */
function openWork(kind: Kind): Work {
  const folder = mkdtempSync(join(tmpdir(), `novate-${kind}-`));
  const supervisor = Supervisor.of(folder);
  const order = ({ user, ...spec }: ProgramSpec): object => ({
    ...spec,
    uid: user?.uid,
    gid: user?.gid,
  });
  const discard = (): Promise<void> => supervisor.finish({ stop: true });
  return {
    folder,
    discard,
    run: async (spec) => {
      const { command } = spec;
      const { code, log } = await supervisor.ask({ run: order(spec) }, ({ ran }) => ran, command);
      if (code !== 0) throw new Error(`${command} failed: ${log.trim()}`);
    },
    start: async (spec) => {
      const { command } = spec;
      const pid = await supervisor.ask({ start: order(spec) }, (told) => told.pid, command);
      const kill = (): Promise<void> => supervisor.finish({ kill: true });
      return { pid, exited: supervisor.exited, stop: discard, kill };
    },
  };
}

/**
 * Starts something in a work folder of its own, of which nothing stays if that fails or `signal` is aborted.
 * Where a signal is ending this process the promise stays open: that nothing starts any more is no failure.
 */
export async function inWork<T>(
  kind: Kind,
  signal: AbortSignal | undefined,
  start: (work: Work) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  if (isEnding()) return new Promise<never>(() => undefined);
  const work = openWork(kind);
  const abort = (): void => void work.discard();
  signal?.addEventListener('abort', abort);
  try {
    return await start(work);
  } catch (error) {
    await work.discard();
    if (isEnding()) return await new Promise<never>(() => undefined);
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/**
 * Polls until the server answers; fails at once, with what it wrote, if it ends first.
 * @param limitMs milliseconds after which waiting is pointless
 */
export async function untilReady(
  server: Supervised,
  what: string,
  limitMs: number,
  answers: () => Promise<boolean>,
): Promise<void> {
  let exit: Exit | undefined;
  void server.exited.then((value) => (exit = value));
  const start = performance.now();
  while (!(await answers())) {
    if (exit !== undefined) throw new ServerEnded(what, exit);
    if (performance.now() - start > limitMs) {
      await server.kill();
      throw new Error(`${what} did not answer within ${limitMs / 1000} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** The server ended before it answered: a taken port is worth another try, anything else is not. */
export class ServerEnded extends Error {
  override readonly name = 'ServerEnded';
  constructor(
    what: string,
    readonly exit: Exit,
  ) {
    super(`${what} ended during start-up: ${exit.log.trim().split('\n').slice(-3).join(' | ')}`);
  }
  /** Another process took the port, or the crashed predecessor's children have not gone yet. */
  get worthRetrying(): boolean {
    return /already in use|could not bind|BindException|shared memory block/i.test(this.exit.log);
  }
}
