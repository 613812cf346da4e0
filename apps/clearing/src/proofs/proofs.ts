import { postgresProofs, type ProofStore } from '#events';
import type { Config } from '../config/index.js';
import type { JournalPlace } from '../journal.js';
import type { Engine } from '../engine/index.js';
import type { Checkpoint, MessageSink } from '../outputs/index.js';
import { introduceKey } from './introduce.js';
import { ProofWorker } from './proof-worker.js';
import { CheckpointPublisher } from './publish.js';

export interface ProofsOptions {
  readonly config: Pick<Config, 'databaseUrl' | 'checkpoints'>;
  readonly engine: Engine;
  readonly journal: JournalPlace;
  readonly now: () => number;
  readonly log: (line: string) => void;
  readonly onBroken: (error: Error) => void;
}

/** The proving side of the app: the key in the journal, the prover in its thread, checkpoints on their topic. */
export class Proofs {
  /** Where checkpoints get the state root from; nobody knows it until somebody folds the journal. */
  stateRoot: (size: number) => string | undefined = () => undefined;
  private publisher: CheckpointPublisher | undefined;
  private readonly worker: ProofWorker;

  private constructor(
    private readonly options: ProofsOptions,
    readonly store: ProofStore,
  ) {
    const { config, journal, log, onBroken } = options;
    const { key, milliseconds, events } = config.checkpoints;
    this.worker = new ProofWorker({
      ...{ databaseUrl: config.databaseUrl, journal, milliseconds, events, log, onBroken },
      ...(key !== undefined && { signingKey: key }),
      stateRoot: (size) => this.stateRoot(size),
      onCheckpoint: () => this.publisher?.wake(),
    });
  }

  /** Call it before anything else is submitted to the engine: see `introduceKey`. */
  static async start(options: ProofsOptions): Promise<Proofs> {
    const { config, engine, now, log } = options;
    const { key, previousKey: previous } = config.checkpoints;
    if (key === undefined) log('proofs: no NOVATE_CHECKPOINT_KEY, so checkpoints are not signed');
    else await introduceKey(engine, { key, ...(previous && { previous }) }, now, log);
    return new Proofs(options, postgresProofs({ url: config.databaseUrl }));
  }

  /** Number of events whose leaves are stored. */
  get position(): number {
    return this.worker.position;
  }

  /** Publishes every checkpoint, those of earlier runs that are still to be published first. */
  async publish(sink: MessageSink, progress: Checkpoint): Promise<void> {
    this.publisher = new CheckpointPublisher(this.store, sink, progress, this.options.log);
    await this.publisher.start();
  }

  /** Proves and publishes what the engine has written, within reason, and ends. */
  async stop(): Promise<void> {
    await this.worker.stop(this.options.engine.head.size);
    await this.publisher?.stop();
    await this.store.close();
  }
}
