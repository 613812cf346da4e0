import type { AnyNewEvent } from '#events';
import { type Assess, evolve, type HouseState, initialState, stateHash } from '#ledger';
import { NaiveAdmission } from './admission.js';
import {
  booksOf,
  needConserved,
  needEqual,
  needSettled,
  obligationsOf,
  positionsOf,
} from './check.js';
import { Driver, type Numbered } from './driver.js';
import { NaiveHouse } from './naive.js';

/** What a run leaves. */
export interface Run {
  readonly state: HouseState;
  readonly events: readonly AnyNewEvent[];
  readonly hash: string;
  /** Items that are not ready yet. */
  readonly waiting: readonly Numbered[];
}

/** Feeds the items and nothing else. */
export function feed(
  items: readonly Numbered[],
  state: HouseState = initialState(),
  assess?: Assess,
): Run {
  const events: AnyNewEvent[] = [];
  const driver = new Driver(state, (made) => void events.push(...made), assess);
  for (const item of items) driver.submit(item);
  return { state, events, hash: stateHash(state), waiting: driver.waiting };
}

/** Through JSON and back: what a journal does to a fact. */
export function journalled(event: AnyNewEvent): AnyNewEvent {
  return JSON.parse(JSON.stringify(event)) as AnyNewEvent;
}

/** Folds facts into a fresh state. */
export function replay(events: readonly AnyNewEvent[], state = initialState()): HouseState {
  for (const event of events) evolve(state, journalled(event));
  return state;
}

/**
 * Watches a run fact by fact: folds each into a second state, re-sums that after every one, and holds the reference model
 * beside every cycle.
 */
export class Watcher {
  readonly shadow = initialState();
  readonly naive = new NaiveHouse();
  private readonly admission = new NaiveAdmission();
  private cycle: AnyNewEvent[] = [];
  cycles = 0;

  see(events: readonly AnyNewEvent[]): void {
    for (const event of events.map(journalled)) {
      this.naive.record(event);
      this.admission.record(event);
      evolve(this.shadow, event);
      needConserved(this.shadow);
      this.cycle.push(event);
      if (event.type === 'CycleCompleted') this.completed(event.data.cycle, event.data.endsAt);
    }
  }

  private completed(cycle: number, endsAt: number): void {
    needSettled(this.shadow);
    const expected = this.naive.cut(endsAt);
    const [books, positions] = [booksOf(this.shadow), positionsOf(this.shadow)];
    needEqual(`obligations of cycle ${cycle}`, expected, obligationsOf(this.cycle));
    needEqual(`balances after cycle ${cycle}`, this.naive.money.books(), books);
    needEqual(`positions after cycle ${cycle}`, this.naive.positions(), positions);
    const prices = [...this.shadow.settled].map(([id, { price }]) => [id, price] as const);
    needEqual(`prices of cycle ${cycle}`, this.naive.prices(), new Map(prices));
    needEqual(`limit breaches of cycle ${cycle}`, this.naive.breaches(), breachesOf(this.cycle));
    this.admission.cut(positions, books);
    this.cycle = [];
    this.cycles += 1;
  }
}

function breachesOf(events: readonly AnyNewEvent[]): ReadonlyMap<string, bigint> {
  const breaches = events.filter((event) => event.type === 'PositionLimitBreached');
  return new Map(
    breaches.map(({ data }) => [`${data.account}|${data.instrument}`, BigInt(data.quantity)]),
  );
}
