import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { AnyNewEvent, StreamPosition } from '#events';
import { type HouseState, initialState, type InputBody, readiness, step } from '#ledger';
import { address, finalLeg, onChain } from './testing/chain.js';
import { booksOf, obligationsOf, positionsOf } from './testing/check.js';
import { toCommand } from './testing/driver.js';
import type { Bare } from './testing/world.js';

/**
 * The fixture of 20 days: compute.py made both files with exact fractions and none of our code; here the ledger gets the
 * same inputs and every number has to be equal to the minor unit.
 */
const folder = new URL('../vectors/variation-margin/', import.meta.url);
const read = <T>(name: string): T => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as T;

interface ScenarioDay {
  readonly day: number;
  readonly commands: readonly Bare[];
  readonly inputs: readonly { readonly at: StreamPosition; readonly body: InputBody }[];
}
type Amounts = Readonly<Record<string, Readonly<Record<string, string>>>>;
interface ExpectedDay {
  readonly prices: readonly {
    instrument: string;
    price: string;
    stale: boolean;
    freshCycle: number;
  }[];
  readonly obligations: readonly {
    account: string;
    instrument: string;
    reason: string;
    asset: string;
    amount: string;
  }[];
  readonly shortfalls: readonly {
    account: string;
    asset: string;
    owed: string;
    shortfall: string;
  }[];
  readonly recovered: readonly { account: string; asset: string; amount: string }[];
  readonly withdrawals: readonly { withdrawalId: string; paid: boolean }[];
  readonly cash: Amounts;
  readonly debt: Amounts;
  readonly house: Amounts;
  readonly positions: Amounts;
}

const scenario = read<{ setup: readonly Bare[]; days: readonly ScenarioDay[] }>('scenario.json');
const expected = read<{ provenance: unknown; days: readonly ExpectedDay[] }>('expected.json');

/** `account|asset` -> amount as text, zeros left out. */
function flat(amounts: Amounts, sign = 1n): Record<string, string> {
  const rows = Object.entries(amounts).flatMap(([outer, inner]) =>
    Object.entries(inner).map(
      ([key, amount]) => [`${outer}|${key}`, `${BigInt(amount) * sign}`] as const,
    ),
  );
  return Object.fromEntries(rows.filter(([, amount]) => amount !== '0'));
}

const text = (amounts: ReadonlyMap<string, bigint>): Record<string, string> =>
  Object.fromEntries([...amounts].map(([key, amount]) => [key, `${amount}`]));

/** Balances of one kind of account book, or of the house, keyed `owner|asset`. */
function books(state: HouseState, pattern: RegExp): Record<string, string> {
  const rows = [...booksOf(state)].flatMap(([key, amount]) => {
    const [asset, book] = key.split('|') as [string, string];
    const owner = pattern.exec(book)?.[1];
    return owner === undefined ? [] : [[`${owner}|${asset}`, `${amount}`] as const];
  });
  return Object.fromEntries(rows);
}

describe('variation margin over 20 days', () => {
  const state = initialState();
  const cycles: {
    events: readonly AnyNewEvent[];
    refused: readonly string[];
    books: Record<string, Record<string, string>>;
  }[] = [];
  const positions: Record<string, string>[] = [];
  let refused: string[] = [];
  let index = 0;

  /** Gives one item to the house; nothing in this scenario is refused or has to wait. */
  function give(item: { command: Bare } | ScenarioDay['inputs'][number]): readonly AnyNewEvent[] {
    if ('at' in item) expect(readiness(state, item.at)).toBe('ready');
    const { events, rejection } = step(state, toCommand(item, (index += 1)));
    expect(rejection).toBeUndefined();
    return events;
  }

  /** A withdrawal that is refused at once is one that the fixture says is not paid. */
  function ask(command: Bare): readonly AnyNewEvent[] {
    if (command.kind !== 'request-withdrawal') return give({ command });
    const asked = { ...command, to: address(7) };
    const { events, rejection } = step(state, toCommand({ command: asked }, (index += 1)));
    if (rejection !== undefined) refused.push(command.withdrawalId);
    return events;
  }

  /** The fixture knows no chains: what a leg carries has left the house at its cut. */
  function settle(events: readonly AnyNewEvent[]): void {
    for (const { data, type } of events) {
      if (type === 'SettlementLegDue') give({ command: finalLeg(data.rail, data.seq) });
    }
  }

  beforeAll(() => {
    for (const command of scenario.setup) give({ command });
    const assets = [...state.assets.values()].map(({ asset, scale }) => [asset, scale] as const);
    const custodian = [...state.venues.values()].find(({ kind }) => kind === 'custodian')!;
    const scales = Object.fromEntries(assets);
    for (const command of onChain(custodian.venue, scales, [...state.accounts.keys()])) {
      give({ command });
    }
    for (const day of scenario.days) {
      refused = [];
      const events = [...day.commands.flatMap(ask), ...day.inputs.flatMap(give)];
      settle(events);
      cycles.push({
        events,
        refused,
        books: {
          cash: books(state, /^A\/(.*)\/cash$/),
          debt: books(state, /^A\/(.*)\/debt$/),
          claim: books(state, /^A\/(.*)\/claim$/),
          house: books(state, /^H\/(.*)$/),
        },
      });
      positions.push(text(positionsOf(state)));
    }
  });

  test('the scenario has 20 cycles and all of them were cut', () => {
    expect(scenario.days).toHaveLength(20);
    expect(state.openWindow).toBe(21);
    const matched = cycles.flatMap(({ events }) =>
      events.filter((e) => e.type === 'WindowReconciled'),
    );
    expect(matched.filter((event) => !event.data.matched)).toEqual([]);
  });

  describe.each(expected.days.map((day, i) => ({ ...day, day: i + 1 })))('day $day', (day) => {
    const cycle = (): (typeof cycles)[number] => cycles[day.day - 1]!;

    test('settlement prices', () => {
      const set = cycle().events.filter((event) => event.type === 'SettlementPriceSet');
      const prices = set.map(({ data: { instrument, price, stale, freshCycle } }) => ({
        instrument,
        price,
        stale,
        freshCycle,
      }));
      expect(prices.sort((a, b) => (a.instrument < b.instrument ? -1 : 1))).toEqual(day.prices);
    });

    test('obligations by instrument, reason and account', () => {
      const rows = day.obligations.map(
        (row) =>
          [`${row.reason}|${row.instrument}|${row.asset}|${row.account}`, row.amount] as const,
      );
      expect(text(obligationsOf(cycle().events))).toEqual(Object.fromEntries(rows));
    });

    test('shortfalls, recoveries and withdrawals', () => {
      const { events, refused: unpaid } = cycle();
      const short = events.filter((event) => event.type === 'ShortfallRecorded');
      expect(
        short.map(({ data: { account, asset, owed, shortfall } }) => ({
          account,
          asset,
          owed,
          shortfall,
        })),
      ).toEqual(day.shortfalls);
      const back = events.filter((event) => event.type === 'DebtRecovered');
      expect(
        back.map(({ data: { account, asset, amount } }) => ({ account, asset, amount })),
      ).toEqual(day.recovered);
      const legs = events.filter((event) => event.type === 'SettlementLegDue');
      const paid = legs.flatMap(({ data }) => data.withdrawals.map((each) => each.withdrawalId));
      const ended = [
        ...paid.map((withdrawalId) => ({ withdrawalId, paid: true })),
        ...unpaid.map((withdrawalId) => ({ withdrawalId, paid: false })),
      ];
      ended.sort((a, b) => (a.withdrawalId < b.withdrawalId ? -1 : 1));
      expect(ended).toEqual(day.withdrawals);
    });

    test('cash, debt, rounding, fees and guarantee', () => {
      const { cash, debt, claim, house } = cycle().books;
      expect(cash).toEqual(flat(day.cash));
      expect(debt).toEqual(flat(day.debt, -1n));
      expect(claim).toEqual({});
      const { receivable, ...real } = byHouse(house!);
      expect(real).toEqual(byHouse(flatHouse(day.house)));
      expect(receivable ?? {}).toEqual(sumDebts(day.debt));
    });

    test('positions', () => {
      const rows = Object.entries(flat(day.positions)).map(([key, quantity]) => {
        const [instrument, account] = key.split('|');
        return [`${account}|${instrument}`, quantity] as const;
      });
      expect(positions[day.day - 1]).toEqual(Object.fromEntries(rows));
    });
  });
});

/** `asset -> book` of the fixture as `book|asset`. */
function flatHouse(house: Amounts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(flat(house)).map(([key, amount]) => [
      key.split('|').reverse().join('|'),
      amount,
    ]),
  );
}

function byHouse(rows: Readonly<Record<string, string>>): Record<string, Record<string, string>> {
  const out: Record<string, Record<string, string>> = {};
  for (const [key, amount] of Object.entries(rows)) {
    const [book, asset] = key.split('|') as [string, string];
    out[book] = { ...out[book], [asset]: amount };
  }
  return out;
}

/** What the house advanced is what debtors owe, as nobody holds a claim. */
function sumDebts(debt: Amounts): Record<string, string> {
  const out: Record<string, string> = {};
  for (const assets of Object.values(debt)) {
    for (const [asset, amount] of Object.entries(assets)) {
      if (amount !== '0') out[asset] = `${BigInt(out[asset] ?? '0') + BigInt(amount)}`;
    }
  }
  return out;
}

const python = spawnSync('python3', ['--version']);
const reason = python.error === undefined ? '' : ' (skipped: python3 is not installed)';
(reason === '' ? describe : describe.skip)(`the committed fixture${reason}`, () => {
  test('is what compute.py computes', () => {
    const script = new URL('compute.py', folder).pathname;
    const { status, stderr } = spawnSync('python3', [script, '--check'], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});
