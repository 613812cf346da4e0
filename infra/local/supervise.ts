import { fork } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onProcessEnd } from './process-end.js';

const SUPERVISOR = fileURLToPath(new URL('./supervisor.mjs', import.meta.url));

export interface ServerSpec {
  readonly command: string;
  readonly args: readonly string[];
  /** What ends this server: graceful where the data outlives it, quick where it does not. */
  readonly stopSignal: NodeJS.Signals;
  readonly env: NodeJS.ProcessEnv;
  /** Another user to run as; only root may ask. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The last 4,000 characters the server wrote. */
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
  /** Starts the one server of this folder. Does not keep the event loop alive. */
  start(spec: ServerSpec): Promise<Supervised>;
  /** Ends the server, if one was started, and removes the folder. */
  discard(): Promise<void>;
}

type Order = { start: object } | { stop: true } | { kill: true };
type Told = { pid?: number; exited?: Exit };

/** Opens a work folder; from here on nothing is left behind, whether this process ends, is interrupted or killed. */
export function openWork(kind: 'postgres' | 'kafka' | 'maven'): Work {
  const folder = mkdtempSync(join(tmpdir(), `novate-${kind}-`));
  const supervisor = fork(SUPERVISOR, [folder], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: {},
    execArgv: [],
  });
  const gone = new Promise<void>((resolve) => {
    supervisor.once('exit', () => resolve());
    supervisor.once('error', () => resolve());
  });
  const tell = (order: Order): void => {
    if (supervisor.connected) supervisor.send(order, () => undefined);
  };
  const finish = async (order: Order): Promise<void> => {
    tell(order);
    // The event loop was let go below; waiting for the end needs it back.
    supervisor.ref();
    await gone;
    forget();
  };
  const discard = (): Promise<void> => finish({ stop: true });
  const forget = onProcessEnd({ stop: discard, pid: supervisor.pid, folder });
  supervisor.unref();
  supervisor.channel?.unref();

  const exited = new Promise<Exit>((resolve) => {
    supervisor.on('message', (message: Told) => {
      if (message.exited !== undefined) resolve(message.exited);
    });
    void gone.then(() => resolve({ code: null, signal: null, log: 'the supervisor ended' }));
  });
  const start = async ({ user, ...spec }: ServerSpec): Promise<Supervised> => {
    supervisor.ref();
    supervisor.channel?.ref();
    const pid = await new Promise<number>((resolve, reject) => {
      supervisor.on('message', (message: Told) => {
        if (message.pid !== undefined) resolve(message.pid);
      });
      void exited.then((exit) => reject(new Error(`${spec.command} did not start: ${exit.log}`)));
      tell({ start: { ...spec, uid: user?.uid, gid: user?.gid } });
    });
    supervisor.unref();
    supervisor.channel?.unref();
    return { pid, exited, stop: discard, kill: () => finish({ kill: true }) };
  };
  return { folder, start, discard };
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
