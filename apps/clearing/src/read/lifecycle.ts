import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { migrateReadModel } from './migrate.js';
import { READ_OPTIONS } from './options.js';
import type { ReadOptions } from './options.js';
import { startProjector } from './project/projector.js';
import type { Folded, Projector } from './project/projector.js';

const RESTART_MS = 1000;
const HEAD_WAIT_MS = 5000;
const HEAD_POLL_MS = 10;

/** The state hash is computed once per position. */
interface HashedHead extends Folded {
  readonly stateHash: string;
  readonly openWindow: number;
}

export interface FoldedHead extends HashedHead {
  readonly readModelPosition: number;
}

/** Keeps one projector running for as long as the app does: migrated before, started again when it breaks. */
@Injectable()
export class ReadLifecycle implements OnModuleInit, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private projector: Projector | undefined;
  private running: Promise<void> | undefined;
  private hashed: HashedHead | undefined;

  constructor(@Inject(READ_OPTIONS) private readonly options: ReadOptions) {}

  async onModuleInit(): Promise<void> {
    await migrateReadModel(this.options.databaseUrl);
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.projector?.stop();
    await this.running;
  }

  /** Number of events in the read model; undefined while no projector runs here. */
  position(): number | undefined {
    return this.projector?.position();
  }

  /** Resolves once the read model includes that many events. */
  async reached(position: number, pollMs = 10): Promise<void> {
    while (!this.stopping.signal.aborted && (this.position() ?? -1) < position) {
      await sleep(pollMs);
    }
  }

  /** Where the house stands once at least `size` events are folded here; undefined when that takes too long. */
  async head(size: number): Promise<FoldedHead | undefined> {
    for (let waited = 0; waited < HEAD_WAIT_MS; waited += HEAD_POLL_MS) {
      const projector = this.projector;
      if (projector && projector.folded().size >= size) return this.headOf(projector);
      await sleep(HEAD_POLL_MS);
    }
    return undefined;
  }

  /** `stateHash` after exactly `size` events, where that is what is folded just now. */
  stateRoot(size: number): string | undefined {
    const { projector } = this;
    return projector?.folded().size === size ? this.headOf(projector).stateHash : undefined;
  }

  private headOf(projector: Projector): FoldedHead {
    const folded = projector.folded();
    const readModelPosition = projector.position();
    if (this.hashed?.size === folded.size) return { ...this.hashed, readModelPosition };
    const { openWindow } = projector.state();
    this.hashed = { ...folded, stateHash: projector.stateHash(), openWindow };
    return { ...this.hashed, readModelPosition };
  }

  private async run(): Promise<void> {
    const { databaseUrl, journal, log } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        this.projector = await startProjector({ databaseUrl, journal, signal });
        // A stop that came while it started found nothing to stop yet.
        if (signal.aborted) await this.projector.stop();
        await this.projector.done;
      } catch (error) {
        if (signal.aborted) break;
        log?.(`projector: ${String(error)}; starting again`);
        await sleep(RESTART_MS, undefined, { signal }).catch(() => {});
      } finally {
        this.projector = undefined;
      }
    }
  }
}
