import type { AnyNewEvent, InputSource, StreamPosition } from '#events';
import { type Assess, type Command, type HouseState } from '#ledger';
import { type InputBody, readiness, step } from '#ledger';
import { actorOf, finalLeg, watched } from './chain.js';
import { type Bare, endOf } from './world.js';

/** One thing that reaches the house: a command of the operator or a member, or a message of a stream. */
export type Item =
  | { readonly command: Bare }
  | { readonly at: StreamPosition; readonly body: InputBody }
  | { readonly at: StreamPosition; readonly unreadable: true };

const source = (sha256: string) => (): InputSource => ({
  channel: 'http',
  sha256: sha256.padStart(64, '0'),
  bytes: 0,
  value: '',
  truncated: false,
});

/** What a service would make of an item. `index` numbers operator commands: the same item has the same id on every run. */
export function toCommand(item: Item, index: number): Command {
  if ('command' in item) {
    const base = {
      ...{ commandId: `cmd-${index}`, occurredAt: endOf(0) },
      actor: actorOf(item.command),
    };
    return { ...item.command, ...base } as Command;
  }
  const actor = `venue:${item.at.stream.venue}`;
  if ('unreadable' in item) {
    const rejection = {
      code: '1001_MALFORMED_JSON',
      field: '',
      reason: 'not JSON',
      fix: 'Send JSON.',
    };
    return {
      kind: 'unreadable',
      at: item.at,
      rejection,
      actor,
      occurredAt: endOf(0),
      source: source(String(index)),
    };
  }
  const body = watched(item.at, item.body);
  return { kind: 'input', at: item.at, body, actor, source: source(String(index)) };
}

/** An item with its place in the plan. */
export type Numbered = readonly [index: number, item: Item];
export const numbered = (items: readonly Item[]): readonly Numbered[] =>
  items.map((item, i) => [i, item]);

const sequenceOf = (item: Item): number => ('at' in item ? item.at.sequence : 0);

/**
 * Feeds a house as the engine does: what is not ready waits outside and is tried again after every step.
 * `onEvents` sees the facts of each step, in order.
 */
export class Driver {
  private held: Numbered[] = [];

  constructor(
    readonly state: HouseState,
    private readonly onEvents: (events: readonly AnyNewEvent[], item: Item) => void = () =>
      undefined,
    /** Assesses every cut, where it is given. */
    private readonly assess?: Assess,
  ) {}

  get waiting(): readonly Numbered[] {
    return this.held;
  }

  submit(entry: Numbered): void {
    if (this.waits(entry[1])) {
      this.held.push(entry);
      this.reportGaps();
      return;
    }
    this.give(entry);
    this.retry();
  }

  /** A sequence is missing, unless the messages before it are here too and only wait for their window. */
  private reportGaps(): void {
    const seen = new Set<string>();
    for (const entry of [...this.held].sort((a, b) => sequenceOf(a[1]) - sequenceOf(b[1]))) {
      const item = entry[1];
      if (!('at' in item)) continue;
      const stream = JSON.stringify(item.at.stream);
      if (!seen.has(stream) && readiness(this.state, item.at) === 'wait-gap') this.give(entry);
      seen.add(stream);
    }
  }

  private waits(item: Item): boolean {
    return 'at' in item && readiness(this.state, item.at).startsWith('wait');
  }

  private give([index, item]: Numbered): void {
    const { events } = step(this.state, toCommand(item, index), this.assess);
    this.onEvents(events, item);
    for (const { type, data } of events) {
      if (type === 'SettlementLegDue' && data.seq > 1) this.settle(data.rail, data.seq - 1, item);
    }
  }

  /** A leg is final when the next one of its rail is due: one is always in the air. */
  private settle(rail: string, seq: number, item: Item): void {
    const base = { commandId: `final|${rail}|${seq}`, actor: 'settlement:test' };
    const command: Command = { ...finalLeg(rail, seq), ...base, occurredAt: endOf(0) };
    const { events, rejection } = step(this.state, command);
    if (rejection !== undefined) throw new Error(rejection.reason);
    this.onEvents(events, item);
  }

  private retry(): void {
    for (let found = true; found;) {
      found = false;
      const waiting = this.held;
      this.held = [];
      for (const entry of waiting) {
        if (this.waits(entry[1])) this.held.push(entry);
        else {
          this.give(entry);
          found = true;
        }
      }
    }
    this.reportGaps();
  }
}
