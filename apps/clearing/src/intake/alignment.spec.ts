import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { StreamPosition } from '#events';
import { Progress } from '../engine/progress.js';
import { Alignment } from './alignment.js';
import type { HeldLimits, Placed } from './alignment.js';

interface Raw {
  readonly offset: number;
  readonly at?: StreamPosition;
}

const at = (key: string, sequence: number, window = 1): StreamPosition => ({
  stream: { venue: 'V', topic: 'trades', key },
  sequence,
  window,
});

/** A stand-in for the engine: the same rules of readiness, and a log of what was decided. */
class House {
  readonly expected = new Map<string, number>();
  window = 1;
  readonly progress = new Map<number, Progress>();
  readonly decided: { partition: number; offset: number; at?: StreamPosition }[] = [];
  readonly gaps: string[] = [];

  readiness({ stream, sequence, window }: StreamPosition) {
    const expected = this.expectedSequence(stream);
    if (sequence < expected) return 'old' as const;
    if (sequence > expected) return 'wait-gap' as const;
    return window > this.window ? ('wait-window' as const) : ('ready' as const);
  }
  expectedSequence(stream: { key: string }) {
    return this.expected.get(stream.key) ?? 1;
  }
  openWindow() {
    return this.window;
  }
  of(partition: number) {
    let progress = this.progress.get(partition);
    if (!progress) this.progress.set(partition, (progress = new Progress()));
    return progress;
  }
  isDecided(_: string, partition: number, offset: number) {
    return this.of(partition).isDecided(offset);
  }
  /** Decides one message; true when it has to wait. */
  take({ at: position, partition, offset, showsGap }: Placed<Raw>): boolean {
    if (position) {
      const readiness = this.readiness(position);
      if (readiness === 'wait-gap' && showsGap) {
        const gap = `${position.stream.key}@${this.expectedSequence(position.stream)}`;
        if (!this.gaps.includes(gap)) this.gaps.push(gap);
      }
      if (readiness.startsWith('wait')) return true;
      if (readiness === 'ready') this.expected.set(position.stream.key, position.sequence + 1);
    }
    this.decided.push({ partition, offset, ...(position && { at: position }) });
    this.of(partition).decide(offset);
    return false;
  }
}

/**
 * Reads partitions as the source does: fetch, hand on, answer, release, read again where told to.
 */
class Reader {
  readonly positions: number[];
  private readonly alignment: Alignment<Raw>;
  private readonly queue: Placed<Raw>[] = [];
  private readonly unanswered: [Placed<Raw>, boolean][] = [];

  constructor(
    private readonly house: House,
    private readonly logs: readonly (readonly Raw[])[],
    limits: HeldLimits = { messages: 1000, bytes: 1e6 },
  ) {
    this.alignment = new Alignment<Raw>(house, limits);
    this.positions = logs.map((_, partition) => house.of(partition).next);
  }

  get held() {
    return this.alignment.heldMessages;
  }

  fetch(partition: number, count: number): void {
    const fetchedOffset = this.positions[partition] ?? 0;
    const all = (this.logs[partition] ?? []).filter(({ offset }) => offset >= fetchedOffset);
    const messages = all.slice(0, count);
    const last = messages.at(-1);
    if (!last) return;
    this.positions[partition] = last.offset + 1;
    const batch = { topic: 't', partition, fetchedOffset, lastOffset: last.offset, messages };
    const read = (raw: Raw) => ({ ...(raw.at && { at: raw.at }), bytes: 100, item: raw });
    const { submit, absent } = this.alignment.fetched(batch, read);
    for (const [from, to] of absent) this.house.of(partition).decideRange(from, to);
    this.queue.push(...submit);
  }

  /** The engine decides up to `count` of what was handed on, and answers. */
  decide(count: number): void {
    this.decideOnly(count);
    this.commit();
  }

  /** Decided: the state has moved, and the answer waits for the batch to be durable. */
  decideOnly(count: number): void {
    for (const message of this.queue.splice(0, count)) {
      this.unanswered.push([message, this.house.take(message)]);
    }
  }

  commit(): void {
    for (const [message, waits] of this.unanswered.splice(0)) {
      this.alignment.answered(message, waits);
    }
    this.queue.push(...this.alignment.release());
    for (const { partition } of this.alignment.rewinds()) {
      this.positions[partition] = this.house.of(partition).next;
      this.alignment.sought('t', partition);
    }
  }

  settle(): void {
    for (let round = 0; round < 3000; round += 1) {
      const before = JSON.stringify([this.positions, this.queue.length, this.house.decided.length]);
      this.logs.forEach((_, partition) => this.fetch(partition, 50));
      this.decide(1000);
      const after = JSON.stringify([this.positions, this.queue.length, this.house.decided.length]);
      if (before === after && this.queue.length === 0) return;
    }
    throw new Error('never settles');
  }
}

const offsets = (house: House, partition = 0) =>
  house.decided.filter((d) => d.partition === partition).map(({ offset }) => offset);

describe('Alignment', () => {
  it('lets a stream with a gap wait alone and hands it on in order once the gap is filled', () => {
    const house = new House();
    const log = [at('A', 1), at('A', 3), at('B', 1), at('A', 4), at('A', 2)].map(
      (position, offset) => ({ offset, at: position }),
    );
    const reader = new Reader(house, [log]);
    reader.fetch(0, 4);
    reader.decide(10);
    reader.decide(10);
    expect(offsets(house)).toEqual([0, 2]);
    expect(house.of(0).next).toBe(1);
    expect(house.gaps).toEqual(['A@2']);
    reader.settle();
    expect(offsets(house)).toEqual([0, 2, 4, 1, 3]);
    expect(house.of(0).next).toBe(5);
    expect(reader.held).toBe(0);
  });

  it('holds a later window until the cut, and skips what is decided after a restart', () => {
    const house = new House();
    const log = [at('A', 1), at('A', 2, 2), at('B', 1)].map((p, offset) => ({ offset, at: p }));
    new Reader(house, [log]).settle();
    expect(offsets(house)).toEqual([0, 2]);
    house.window = 2;
    new Reader(house, [log]).settle();
    expect(offsets(house)).toEqual([0, 2, 1]);
  });

  it('shows a gap that appears among held messages to the engine once', () => {
    const house = new House();
    const log = [at('A', 1, 2), at('A', 3, 2), at('A', 4, 2)].map((p, o) => ({ offset: o, at: p }));
    const reader = new Reader(house, [log]);
    reader.settle();
    house.window = 2;
    reader.settle();
    expect(offsets(house)).toEqual([0]);
    expect(house.gaps).toEqual(['A@2']);
    house.expected.set('A', 3); // an operator accepted the gap
    reader.settle();
    expect(offsets(house)).toEqual([0, 1, 2]);
  });

  it('takes a stream that waits for its window for no gap', () => {
    const house = new House();
    const log = [at('A', 1), at('A', 2, 2), at('A', 3, 2), at('A', 4, 3)].map((p, o) => ({
      offset: o,
      at: p,
    }));
    const reader = new Reader(house, [log]);
    for (house.window = 1; house.window < 4; house.window += 1) reader.settle();
    expect(offsets(house)).toEqual([0, 1, 2, 3]);
    expect(house.gaps).toEqual([]);
  });

  it('counts offsets without a message, and unreadable messages, as decided', () => {
    const house = new House();
    const log: Raw[] = [
      { offset: 4 },
      { offset: 5, at: at('A', 1) },
      { offset: 9, at: at('A', 2) },
    ];
    new Reader(house, [log]).settle();
    expect(house.of(0).next).toBe(10);
  });

  it('lets go of what it cannot keep and reads it again, bounded in memory', () => {
    const house = new House();
    const log: Raw[] = Array.from({ length: 200 }, (_, i) => ({ offset: i, at: at('A', i + 2) }));
    log.push({ offset: 200, at: at('B', 1) });
    log.push({ offset: 201, at: at('A', 1) });
    const reader = new Reader(house, [log], { messages: 10, bytes: 1e6 });
    for (let i = 0; i < 4; i += 1) {
      reader.fetch(0, 50);
      reader.decide(1000);
    }
    expect(reader.held).toBeLessThan(70);
    reader.settle();
    expect(offsets(house).toSorted((a, b) => a - b)).toEqual(log.map(({ offset }) => offset));
    expect(new Set(offsets(house)).size).toBe(202);
    expect(house.of(0).next).toBe(202);
  });

  it.each([
    ['under way to show its gap', [at('A', 2), at('A', 1), at('A', 2)], 1000],
    ['held for its window', [at('A', 1), at('A', 2, 2), at('A', 2, 2)], 1000],
    ['let go for lack of room', [at('A', 1), at('A', 2, 2), at('A', 2, 2)], 0],
  ])('lets no copy pass a message that is %s', (_, positions, room) => {
    const house = new House();
    const log = positions.map((position, offset) => ({ offset, at: position }));
    const reader = new Reader(house, [log], { messages: room, bytes: 1e6 });
    reader.fetch(0, 2);
    // The state moves; the answers, which make the alignment look again, are still to come.
    reader.decideOnly(2);
    house.window = 2;
    reader.fetch(0, 1);
    reader.settle();
    const second = house.decided.filter((d) => d.at?.sequence === 2).map(({ offset }) => offset);
    expect(second).toEqual(second.toSorted((a, b) => a - b));
    expect(house.of(0).next).toBe(3);
  });

  it('decides every message exactly once, each stream in order, whatever the interleaving', () => {
    const keys = ['A', 'B', 'C'] as const;
    const scenario = fc.record({
      order: fc.array(fc.tuple(fc.nat(2), fc.nat(9), fc.nat(3)), { minLength: 5, maxLength: 60 }),
      moves: fc.array(
        fc.record({
          kind: fc.constantFrom('fetch', 'fetch', 'decide', 'decide-only', 'cut', 'restart'),
          partition: fc.nat(1),
          n: fc.integer({ min: 1, max: 12 }),
        }),
        { maxLength: 80 },
      ),
      room: fc.integer({ min: 2, max: 50 }),
    });
    fc.assert(
      fc.property(scenario, ({ order, moves, room }) => {
        const next = [0, 0, 0];
        const logs: Raw[][] = [[], []];
        for (const [stream, swap, hole] of order) {
          const sequence = ((next[stream] ?? 0) + 1) as number;
          next[stream] = sequence;
          const log = logs[stream === 2 ? 1 : 0] ?? [];
          const offset = (log.at(-1)?.offset ?? -1) + 1 + (hole === 3 ? 2 : 0);
          const key = keys[stream] ?? 'A';
          log.push({ offset, at: at(key, sequence, 1 + Math.floor(sequence / 6)) });
          if (swap === 0) log.push({ offset: offset + 1, at: at(key, sequence) });
          const [a, b] = [log.at(-1), log.at(-2)];
          if (swap < 3 && a?.at && b?.at) {
            log.splice(-2, 2, { offset: b.offset, at: a.at }, { offset: a.offset, at: b.at });
          }
        }
        const house = new House();
        const limits = { messages: room, bytes: 1e6 };
        let reader = new Reader(house, logs, limits);
        for (const { kind, partition, n } of moves) {
          if (kind === 'fetch') reader.fetch(partition, n);
          else if (kind === 'decide') reader.decide(n);
          else if (kind === 'decide-only') reader.decideOnly(n);
          else if (kind === 'cut') house.window += 1;
          else reader = new Reader(house, logs, limits);
        }
        house.window = 1000;
        reader.settle();
        logs.forEach((log, partition) => {
          const seen = offsets(house, partition);
          expect(seen.toSorted((a, b) => a - b)).toEqual(log.map(({ offset }) => offset));
          expect(house.of(partition).next).toBe((log.at(-1)?.offset ?? -1) + 1);
        });
        for (const key of keys) {
          const firsts = new Set<number>();
          for (const d of house.decided) if (d.at?.stream.key === key) firsts.add(d.at.sequence);
          expect([...firsts]).toEqual([...firsts].toSorted((a, b) => a - b));
          // Of two messages with one sequence number the earlier one counts.
          for (const sequence of firsts) {
            const copies = house.decided
              .filter((d) => d.at?.stream.key === key && d.at.sequence === sequence)
              .map(({ offset }) => offset);
            expect(copies).toEqual(copies.toSorted((a, b) => a - b));
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
