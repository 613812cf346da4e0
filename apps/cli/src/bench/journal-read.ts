import { randomUUID } from 'node:crypto';
import { fdatasyncSync, writeSync } from 'node:fs';
import {
  GroupCommit,
  migrateJournal,
  postgresJournal,
  type AnyNewEvent,
  type AnyRecordedEvent,
  type Journal,
  type JournalHead,
} from '#events';
import { evolve, initialState } from '#ledger';
import { createDatabase } from '../demo/database.js';
import type { Cleanup } from '../terminal/cleanup.js';
import { chunks } from './journal.js';
import { houseEvents, type Load } from './load.js';
import { withScratchFile } from './machine.js';
import { emmettPeer } from './peers.js';
import {
  interleave,
  median,
  rowOf,
  type BenchRow,
  type RowSpec,
  type SampleHook,
} from './statistics.js';

const TRADES = 40_000;
const BATCH = 1_000;
const LONE_APPENDS = 300;

export const journalReadRows = {
  replay: {
    id: 'journal.replay-vs-emmett',
    name: 'Replay: read, verify every hash, fold into net positions',
    unit: 'events/s',
    against: 'Emmett 0.42.0 readStream of the same events, not folded',
    goal: 8,
  },
  single: {
    id: 'journal.single-append-p50',
    name: 'One event, idle system: median time until it is durable, as a rate',
    unit: '1/s',
    against: 'one fdatasync of the same bytes, median; 0.333x is three times its time',
    goal: 0.333,
  },
} satisfies Record<string, RowSpec>;

/** The journal read back beside Emmett's, and the time one lone event takes. */
export async function benchJournalRead(
  postgresUrl: string,
  load: Load,
  samples: number,
  onSample: SampleHook,
  cleanup: Cleanup,
): Promise<BenchRow[]> {
  const events = houseEvents(load, TRADES);
  const database = await createDatabase(postgresUrl);
  await migrateJournal(database.url);
  const journal = postgresJournal({ url: database.url });
  try {
    const head = await fill(journal, events);
    const emmett = await emmettPeer(postgresUrl, cleanup, 1);
    const rates = await interleave(
      {
        replay: () => replayRate(journal, events.length, netPositions()),
        house: () => replayRate(journal, events.length, house()),
        readStream: async () => {
          if (emmett?.readAll === undefined) return 0;
          for (const some of chunks(events.slice(0, TRADES / 4), BATCH)) await emmett.append(some);
          const start = performance.now();
          const read = await emmett.readAll();
          return (read * 1000) / (performance.now() - start);
        },
      },
      samples,
      (name, round, rate) => rate > 0 && onSample(name, round, rate),
    );
    const group = new GroupCommit(journal, head, () => Date.now() * 1000);
    const one = events.at(-1)!;
    const lone = await interleave(
      {
        single: () => loneRate(() => group.submit([{ ...one, id: randomUUID() }])),
        sync: async () => loneSyncRate(Buffer.from(JSON.stringify(one))),
      },
      samples,
      onSample,
    );
    const micros = (rate: readonly number[]): string => `${Math.round(1e6 / median(rate))} µs`;
    const times = `${micros(lone.single)} against ${micros(lone.sync)}`;
    return [
      ...(emmett ? [replayRow(rates)] : []),
      rowOf(journalReadRows.single, lone.single, lone.sync, times),
    ];
  } finally {
    await journal.close();
    await database.drop();
  }
}

async function fill(journal: Journal, events: readonly AnyNewEvent[]): Promise<JournalHead> {
  let head = await journal.acquire('bench');
  for (const batch of chunks(events, BATCH)) {
    head = await journal.append({ expected: head, events: batch, recordedAt: 1 });
  }
  return head;
}

type Fold = (event: AnyRecordedEvent) => void;

/** What the clearing house is about, in its shortest form: who is long and short what. */
function netPositions(): Fold {
  const positions = new Map<string, Map<string, bigint>>();
  const move = (of: Map<string, bigint>, account: string, quantity: bigint): void => {
    of.set(account, (of.get(account) ?? 0n) + quantity);
  };
  return (event) => {
    if (event.type !== 'TradeNovated') return;
    const { instrument, buyer, seller, quantity } = event.data;
    let of = positions.get(instrument);
    if (of === undefined) positions.set(instrument, (of = new Map()));
    const units = BigInt(quantity);
    move(of, buyer, units);
    move(of, seller, -units);
  };
}

/** All of it: positions, costs, fees, streams, remembered ids, as a start of the app folds them. */
function house(): Fold {
  const state = initialState();
  return (event) => evolve(state, event);
}

function replayRow(rates: Record<'replay' | 'house' | 'readStream', number[]>): BenchRow {
  const all = median(rates.house);
  const whole = `${Math.round(all).toLocaleString('en')} events/s, ${(all / median(rates.readStream)).toFixed(1)}x, with the whole house folded`;
  return rowOf(journalReadRows.replay, rates.replay, rates.readStream, whole);
}

/** Reads from the beginning, every hash and link checked, and folds every event. */
async function replayRate(journal: Journal, events: number, fold: Fold): Promise<number> {
  const start = performance.now();
  let folded = 0;
  for await (const batch of journal.read(0, events - 1)) {
    for (const event of batch.events) fold(event);
    folded += batch.events.length;
  }
  if (folded !== events) throw new Error(`${folded} of ${events} events read`);
  return (folded * 1000) / (performance.now() - start);
}

/** One over the median time of an append that has the system to itself. */
async function loneRate(append: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < LONE_APPENDS; i += 1) {
    const start = performance.now();
    await append();
    times.push(performance.now() - start);
  }
  return 1000 / median(times);
}

function loneSyncRate(bytes: Buffer): number {
  return withScratchFile((file) => {
    const times = Array.from({ length: LONE_APPENDS }, () => {
      const start = performance.now();
      writeSync(file, bytes);
      fdatasyncSync(file);
      return performance.now() - start;
    });
    return 1000 / median(times);
  });
}
