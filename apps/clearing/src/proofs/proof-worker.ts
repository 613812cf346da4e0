import { Worker } from 'node:worker_threads';
import type { ProofWorkerData, ProofWorkerMessage, ProofWorkerOrder } from './worker.js';

export interface ProofWorkerOptions extends ProofWorkerData {
  readonly log: (line: string) => void;
  /** The journal and its proofs contradict each other. */
  readonly onBroken: (error: Error) => void;
  /** The state root after exactly so many events, where it is known. */
  readonly stateRoot: (size: number) => string | undefined;
  /** A checkpoint was signed. */
  readonly onCheckpoint: () => void;
}

const STOP_MS = 5_000;

/**
 * The prover in a thread of its own, with connections of its own: hashing every event takes about as long as deciding it,
 * and the thread that decides has no time for it.
 */
export class ProofWorker {
  private readonly worker: Worker;
  private readonly ended: Promise<void>;
  private size = 0;

  constructor(options: ProofWorkerOptions) {
    const { log, onBroken, onCheckpoint, stateRoot, ...workerData } = options;
    this.worker = new Worker(new URL('./worker.js', import.meta.url), { workerData });
    this.ended = new Promise((resolve) => this.worker.once('exit', () => resolve()));
    this.worker.on('error', onBroken);
    this.worker.on('message', (message: ProofWorkerMessage) => {
      if (message.kind === 'trouble') return log(`proofs: trying again: ${message.reason}`);
      if (message.kind === 'broken') return onBroken(new Error(message.reason));
      if (message.kind === 'state-root') {
        const { size } = message;
        return this.tell({ size, stateRoot: stateRoot(size) });
      }
      this.size = message.size;
      if (message.signed) onCheckpoint();
    });
  }

  /** Number of leaves stored. */
  get position(): number {
    return this.size;
  }

  /** Stores and signs up to `size`, within reason: the rest is proved at the next start. */
  async stop(size: number): Promise<void> {
    this.tell({ stopAt: size });
    const timer = setTimeout(() => void this.worker.terminate(), STOP_MS);
    await this.ended;
    clearTimeout(timer);
  }

  private tell(order: ProofWorkerOrder): void {
    this.worker.postMessage(order);
  }
}
