import { constants } from 'node:os';

type Undo = () => Promise<void> | void;

/** Undoes what a command started, last first, once: at its end, on an error and on Ctrl-C. */
export class Cleanup {
  private readonly undos: Undo[] = [];
  private running: Promise<void> | undefined;
  private readonly abort = new AbortController();

  /** Also handles the signals from here on: undoes everything, then exits with 128 + signal. */
  constructor(private readonly onSignal: (signal: string) => void = () => undefined) {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => this.interrupt(signal));
    }
  }

  /** Registers how to undo something that has just been started; undoes it at once where all is being undone. */
  add(undo: Undo): void {
    this.undos.push(undo);
    if (this.running) this.running = this.running.then(() => this.undoAll());
  }

  /** Undoes everything; a second call waits for the first. One failing step does not stop the others. */
  run(): Promise<void> {
    this.running ??= this.undoAll();
    return this.running;
  }

  get interrupted(): boolean {
    return this.signal.aborted;
  }

  /** Aborted by the first signal: what is still starting need not finish. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  private interrupt(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void {
    // A terminal and npm both pass Ctrl-C on: the second one changes nothing.
    if (this.interrupted) return;
    this.onSignal(signal);
    this.abort.abort();
    void this.run().finally(() => process.exit(128 + constants.signals[signal]));
  }

  private async undoAll(): Promise<void> {
    for (let undo = this.undos.pop(); undo; undo = this.undos.pop()) {
      try {
        await undo();
      } catch (error) {
        process.stderr.write(`novate: while cleaning up: ${String(error)}\n`);
      }
    }
  }
}
