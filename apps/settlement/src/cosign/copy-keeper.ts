import { setTimeout as sleep } from 'node:timers/promises';
import type { VerifierKey } from '#events';
import { SettlementRefused } from '../codes.js';
import { type CreditedDeposit, followSigned, type LogFeed, LogKeys } from '../house/index.js';
import type { VerifiedCopy } from './co-signer.js';
import { alteredRefusal, CopyAltered, type CopyStore, LogCopy } from './log-copy.js';
import { type HouseView, StoreUnavailable } from './ports.js';

export interface CopyKeeperOptions {
  readonly store: CopyStore;
  readonly feed: LogFeed;
  /** The log's first key, as its owner handed it over. */
  readonly firstKey: VerifierKey;
  /** Longest time a request waits for the copy, milliseconds. */
  readonly waitMs: number;
  readonly log: (line: string) => void;
  /** Milliseconds between two looks at the house. */
  readonly pauseMs?: number;
}

const RETRY_MS = 500;

/**
 * Keeps the copy of the log: loads it, follows the house, and begins anew after an outage of the database. What another try
 * cannot mend ends it for good, and everybody who asks is told why.
 */
export class CopyKeeper implements VerifiedCopy {
  private copy: LogCopy | undefined;
  private broken: SettlementRefused | undefined;

  constructor(private readonly options: CopyKeeperOptions) {}

  get origin(): string {
    return this.options.firstKey.name;
  }

  /** Events under a checkpoint, and why there will be no more, if so. */
  get progress(): { readonly verified: number; readonly broken?: string } {
    const verified = this.copy?.verifiedTo ?? 0;
    return { verified, ...(this.broken && { broken: this.broken.message }) };
  }

  /** Runs until stopped, or for good broken. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.follow(signal);
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) {
          this.broken = await this.refusalOf(error, signal);
          this.copy?.breakWith(this.broken);
          this.options.log(this.broken.message);
          return;
        }
        this.options.log(`the copy begins anew: ${error.message}`);
        this.copy?.breakWith(reading());
        this.copy = undefined;
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async follow(signal: AbortSignal): Promise<void> {
    const { store, feed, firstKey, waitMs, log, pauseMs } = this.options;
    const keys = new LogKeys(firstKey);
    const copy = await LogCopy.load(store, keys, waitMs);
    this.copy = copy;
    const trouble = (reason: string): void => log(`feed: ${reason}`);
    const pause = pauseMs === undefined ? {} : { pauseMs };
    await followSigned(feed, copy, { signal, keys, trouble, ...pause });
  }

  async until(fits: (house: HouseView) => boolean, what: string): Promise<HouseView> {
    return this.current().until(fits, what);
  }

  async checkStored(): Promise<void> {
    try {
      await this.current().checkStored();
    } catch (error) {
      if (error instanceof SettlementRefused) this.broken = error;
      throw error;
    }
  }

  cutAgoMs(): number {
    return this.current().cutAgoMs();
  }

  deposits(rail: string, logSize: number): readonly CreditedDeposit[] {
    return this.current().deposits(rail, logSize);
  }

  depositsChecked(rail: string, number: number): void {
    this.current().depositsChecked(rail, number);
  }

  private current(): LogCopy {
    if (this.broken !== undefined) throw this.broken;
    if (this.copy !== undefined) return this.copy;
    throw reading();
  }

  /** Why the copy cannot be used, with the position where that can be found out. */
  private async refusalOf(cause: unknown, signal: AbortSignal): Promise<SettlementRefused> {
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (cause instanceof CopyAltered && cause.position !== undefined) {
      return alteredRefusal(cause.position, reason);
    }
    const position = await this.firstDifference(signal);
    if (position !== undefined) {
      return alteredRefusal(position, `${reason}; there it differs from what the house shows`);
    }
    return cause instanceof CopyAltered
      ? alteredRefusal(undefined, reason)
      : new SettlementRefused('LOG_FORKED', 'log', reason);
  }

  /** First position at which what is stored is not what the house shows; undefined also where that cannot be told. */
  private async firstDifference(signal: AbortSignal): Promise<number | undefined> {
    const { store, feed } = this.options;
    let page: readonly { readonly line: string }[] = [];
    let from = 0;
    try {
      for await (const { position, line } of store.lines()) {
        if (position >= from + page.length) {
          from = position;
          page = await feed.page(from, signal);
        }
        const shown = page[position - from];
        if (shown === undefined) return undefined;
        if (shown.line !== line) return position;
      }
    } catch {
      return undefined;
    }
    return undefined;
  }
}

function reading(): SettlementRefused {
  return new SettlementRefused('COSIGNER_UNAVAILABLE', 'log', 'the copy of the log is being read');
}
