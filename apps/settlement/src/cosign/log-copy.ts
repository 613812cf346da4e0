import { openCheckpoint, peekCheckpoint } from '#events';
import { SettlementRefused } from '../codes.js';
import {
  type CreditedDeposit,
  FeedBroken,
  type FeedEvent,
  HouseCopy,
  type LogKeys,
  readLine,
  type SignedCopy,
} from '../house/index.js';
import type { VerifiedCopy } from './co-signer.js';
import type { HouseView } from './ports.js';

export interface StoredLine {
  readonly position: number;
  readonly line: string;
  readonly leaf: Buffer;
}

/** Where a co-signer keeps its copy of the log. */
export interface CopyStore {
  append(events: readonly FeedEvent[]): Promise<void>;
  /** All lines in order. */
  lines(): AsyncIterable<StoredLine>;
  /** First position of a range, end excluded, whose line is missing or is not that of its leaf. */
  altered(from: number, to: number): Promise<number | undefined>;
  /** The note the copy was last compared with. */
  checkpoint(): Promise<string | undefined>;
  keepCheckpoint(note: string): Promise<void>;
}

/** The stored copy is not what was stored. */
export class CopyAltered extends Error {
  override readonly name = 'CopyAltered';
  constructor(
    /** Of the first event that was changed, where that is known. */
    readonly position: number | undefined,
    reason: string,
  ) {
    super(reason);
  }
}

/** Newest events whose stored lines are looked at before every signature, and older ones looked at in their turn. */
const LOOK_BACK = 10_000;

/**
 * The co-signer's copy of the log, folded: events come from the feed, are stored, and count once a checkpoint signed by the
 * house holds them. At a start the fold is made of what is stored, every line against its leaf and all leaves against the
 * last checkpoint.
 */
export class LogCopy implements SignedCopy, VerifiedCopy {
  private verifiedSize = 0;
  private turn = 0;
  private window = 0;
  private cutAt = performance.now();
  private readonly waiting = new Set<() => void>();
  private readonly credited = new Map<string, CreditedDeposit[]>();
  private house!: HouseCopy;
  private broken: SettlementRefused | undefined;

  private constructor(
    private readonly store: CopyStore,
    private readonly keys: LogKeys,
    private readonly waitMs: number,
  ) {}

  /**
   * @param waitMs longest time a request waits for the copy
   * @throws CopyAltered
   */
  static async load(store: CopyStore, keys: LogKeys, waitMs: number): Promise<LogCopy> {
    const copy = new LogCopy(store, keys, waitMs);
    copy.house = await HouseCopy.open((deposit) => copy.credit(deposit));
    const note = await store.checkpoint();
    const size = note === undefined ? 0 : peekCheckpoint(note).size;
    for await (const stored of store.lines()) {
      copy.fold([readStored(stored, copy.size)]);
      if (copy.size === size) copy.compare(note!);
    }
    copy.window = copy.house.state.openWindow;
    if (copy.size < size)
      throw new CopyAltered(copy.size, 'the event is missing, and what follows');
    return copy;
  }

  get origin(): string {
    return this.keys.origin;
  }

  get size(): number {
    return this.house.size;
  }

  /** Events under a checkpoint. */
  get verifiedTo(): number {
    return this.verifiedSize;
  }

  logRoot(): string {
    return this.house.logRoot();
  }

  async take(events: readonly FeedEvent[]): Promise<void> {
    await this.store.append(events);
    this.fold(events);
  }

  async verified(note: string): Promise<void> {
    await this.store.keepCheckpoint(note);
    this.verifiedSize = this.size;
    const { openWindow } = this.house.state;
    if (openWindow > this.window) [this.window, this.cutAt] = [openWindow, performance.now()];
    for (const wake of [...this.waiting]) wake();
  }

  /** From now on every question is refused with this. */
  breakWith(refusal: SettlementRefused): void {
    this.broken = refusal;
    for (const wake of [...this.waiting]) wake();
  }

  async until(fits: (house: HouseView) => boolean, what: string): Promise<HouseView> {
    const found = await this.wait(() => {
      if (this.broken !== undefined) throw this.broken;
      return this.verifiedSize === this.size && fits(this.house);
    });
    if (found) return this.house;
    const have = `${this.verifiedSize} events are here under a checkpoint`;
    throw new SettlementRefused('COPY_BEHIND', 'log', `${what}: ${have} after ${this.waitMs} ms`);
  }

  cutAgoMs(): number {
    return performance.now() - this.cutAt;
  }

  private wait(holds: () => boolean): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.waiting.delete(look);
      };
      const look = (): void => {
        try {
          if (!holds()) return;
          resolve(true);
        } catch (error) {
          reject(error as Error);
        }
        end();
      };
      const timer = setTimeout(() => {
        end();
        resolve(false);
      }, this.waitMs);
      this.waiting.add(look);
      look();
    });
  }

  async checkStored(): Promise<void> {
    const newest = Math.max(0, this.verifiedSize - LOOK_BACK);
    const older = this.turn < newest ? this.turn : 0;
    this.turn = older + LOOK_BACK;
    const position =
      (await this.store.altered(newest, this.verifiedSize)) ??
      (await this.store.altered(older, Math.min(older + LOOK_BACK, newest)));
    if (position === undefined) return;
    throw alteredRefusal(position, 'its stored line is not that of its leaf');
  }

  deposits(rail: string, logSize: number): readonly CreditedDeposit[] {
    return (this.credited.get(rail) ?? []).filter(({ position }) => position < logSize);
  }

  depositsChecked(rail: string, number: number): void {
    const left = (this.credited.get(rail) ?? []).filter((deposit) => deposit.number > number);
    this.credited.set(rail, left);
  }

  private credit(deposit: CreditedDeposit): void {
    const { rail } = deposit;
    const known = this.credited.get(rail);
    if (known === undefined) this.credited.set(rail, [deposit]);
    else known.push(deposit);
  }

  private fold(events: readonly FeedEvent[]): void {
    for (const event of events) {
      this.keys.see(event);
      this.house.apply(event.event, event.leaf);
    }
  }

  /** Where all leaves were changed with their lines, their root is another one than was signed. */
  private compare(note: string): void {
    const { size, root } = openCheckpoint(note, [this.keys.at(this.size)]);
    const ours = this.logRoot();
    if (root === ours) this.verifiedSize = size;
    else
      throw new CopyAltered(undefined, `the root of ${size} events is ${ours}, signed is ${root}`);
  }
}

function readStored({ position, line, leaf }: StoredLine, expected: number): FeedEvent {
  if (position !== expected) throw new CopyAltered(expected, 'the event is missing');
  try {
    const read = readLine(line, position);
    if (read.leaf.equals(leaf)) return read;
    const [is, was] = [read.leaf.toString('hex'), leaf.toString('hex')];
    throw new CopyAltered(position, `the leaf of its line is ${is}, stored is ${was}`);
  } catch (error) {
    if (error instanceof FeedBroken) throw new CopyAltered(position, error.reason);
    throw error;
  }
}

export function alteredRefusal(position: number | undefined, reason: string): SettlementRefused {
  const field = position === undefined ? 'log' : `log position ${position}`;
  return new SettlementRefused('COPY_ALTERED', field, reason);
}
