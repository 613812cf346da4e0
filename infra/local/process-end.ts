import { existsSync } from 'node:fs';
import { constants } from 'node:os';

/** Something that must not survive this process. */
export interface Running {
  stop(): Promise<void>;
  /** Lets the supervisor go when there is no time left for `stop`. */
  abandon?(): void;
  /** Folder whose disappearance shows that the supervisor is done. */
  readonly folder?: string;
}

const running = new Set<Running>();
let hooked = false;
let ending = false;

/** Whether a signal is ending this process, so that nothing may be started any more. */
export const isEnding = (): boolean => ending;

/** Registers `what` to be stopped when this process ends; returns how to forget it. */
export function onProcessEnd(what: Running): () => void {
  running.add(what);
  if (!hooked) {
    hooked = true;
    process.on('exit', stopSynchronously);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) hookSignal(signal);
  }
  return () => running.delete(what);
}

/** An application with its own handler decides for itself; what it forgets is left to the exit hook. */
function hookSignal(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void {
  process.on(signal, () => {
    if (process.listenerCount(signal) > 1) return;
    ending = true;
    void Promise.allSettled([...running].map((each) => each.stop())).then(() => {
      process.exit(128 + constants.signals[signal]);
    });
  });
}

/** Nothing asynchronous happens any more in an exit hook: let the supervisors go and wait for their folders to. */
function stopSynchronously(): void {
  ending = true;
  for (const each of running) each.abandon?.();
  const folders = [...running].flatMap(({ folder }) => folder ?? []);
  const tick = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; waitedMs < 12_000; waitedMs += 10) {
    if (!folders.some((folder) => existsSync(folder))) return;
    Atomics.wait(tick, 0, 0, 10);
  }
}
