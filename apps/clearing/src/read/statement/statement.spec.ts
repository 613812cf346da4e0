import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { evolve, initialState, stateHash } from '#ledger';
import { movementsOf } from '../project/movements.js';
import { ListJournal, sampleEvents } from '../testing/history.js';
import { statementCsv } from './csv.js';
import { CutNotFound, resolveCut } from './cut.js';
import { StatementBroken, StatementFold, statementsFromJournal } from './statement.js';
import type { Statement } from './statement.js';

const events = sampleEvents(12, 7);
const journal = new ListJournal(events, 64);
const units = (text: string) => BigInt(text.replace('.', ''));

function fold(owner: { account: string } | { member: string }, from: number, to: number) {
  const folding = new StatementFold({ owner, from, to });
  for (const event of events) if (folding.wants()) folding.apply(event);
  return folding.finish();
}

describe('a statement', () => {
  it('has opening + movements = closing for every asset and book, for random periods', () => {
    const cut = fc.nat(events.length);
    fc.assert(
      fc.property(cut, cut, fc.constantFrom('M1', 'M2', 'M3', 'M4', 'M5'), (a, b, member) => {
        const [from, to] = a < b ? [a, b] : [b, a];
        for (const { assets, movements } of fold({ member }, from, to)) {
          for (const { asset, opening, movements: moved, closing, books } of assets) {
            expect(units(opening) + units(moved)).toBe(units(closing));
            const listed = movements.filter((each) => each.asset === asset);
            const sum = listed.reduce((total, each) => total + units(each.amount), 0n);
            expect(sum).toBe(units(moved));
            const parts = books.reduce((total, book) => total + units(book.closing), 0n);
            expect(parts).toBe(units(closing));
          }
        }
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('joins the one before: its opening is the closing of the period it follows', () => {
    const middle = Math.floor(events.length / 2);
    const [first] = fold({ account: 'A-HOUSE' }, 0, middle);
    const [second] = fold({ account: 'A-HOUSE' }, middle, events.length);
    for (const { asset, closing } of first!.assets) {
      const next = second!.assets.find((each) => each.asset === asset);
      if (units(closing) !== 0n) expect(next?.opening).toBe(closing);
    }
  });

  it('says the state hash of the position it stands at', () => {
    const state = initialState();
    for (const event of events.slice(0, 200)) evolve(state, event);
    expect(fold({ account: 'A-HOUSE' }, 0, 200)[0]?.stateHash).toBe(stateHash(state));
  });

  it('is the same from the journal as from its events, whatever the batches', async () => {
    const request = { owner: { member: 'M1' }, from: 40, to: 301 };
    const expected = fold(request.owner, 40, 301);
    expect(await statementsFromJournal(journal, request)).toEqual(expected);
    const single = new ListJournal(events, 1);
    expect(await statementsFromJournal(single, request)).toEqual(expected);
  });

  it('shows positions, settlement prices and pending withdrawals', () => {
    const all = ['M1', 'M2', 'M3'].flatMap((member) => fold({ member }, 0, events.length));
    const held = all.flatMap((statement) => statement.positions);
    expect(held.some((position) => position.settlementPrice !== undefined)).toBe(true);
    const asked = events.find((event) => event.type === 'WithdrawalRequested');
    if (!asked) throw new Error('the sample has no withdrawal: choose another seed');
    const { account, withdrawalId } = asked.data as { account: string; withdrawalId: string };
    const [then] = fold({ account }, 0, asked.position + 1);
    expect(then?.pendingWithdrawals.map((each) => each.withdrawalId)).toContain(withdrawalId);
  });

  it('refuses to be issued where an event is missing', () => {
    const folding = new StatementFold({ owner: { account: 'A-HOUSE' }, from: 0, to: 9 });
    folding.apply(events[0]!);
    expect(() => folding.apply(events[2]!)).toThrow(StatementBroken);
    expect(() => folding.finish()).toThrow(StatementBroken);
  });
});

describe('a cut', () => {
  const cycles = events.filter((event) => event.type === 'CycleCompleted');

  it('by cycle or time is right after the completion of that cycle', async () => {
    const { position, data } = cycles[2]!;
    expect(await resolveCut(journal, { cycle: data.cycle })).toBe(position + 1);
    expect(await resolveCut(journal, { time: data.endsAt })).toBe(position + 1);
    const before = cycles[1]!.position + 1;
    expect(await resolveCut(journal, { time: data.endsAt - 1 })).toBe(before);
  });

  it('beyond the journal, or before its first cycle, is not found', async () => {
    await expect(resolveCut(journal, { position: events.length + 1 })).rejects.toThrow(CutNotFound);
    await expect(resolveCut(journal, { cycle: 999 })).rejects.toThrow(CutNotFound);
    await expect(resolveCut(journal, { time: 0 })).rejects.toThrow(CutNotFound);
  });
});

describe('the ledger and the movements', () => {
  it('agree on every book of every account after every event', () => {
    const state = initialState();
    const sums = new Map<string, bigint>();
    for (const event of events) {
      evolve(state, event);
      for (const { account, asset, book, amount } of movementsOf(event)) {
        const key = `${asset}|A/${account}/${book}`;
        sums.set(key, (sums.get(key) ?? 0n) + amount);
      }
      for (const [asset, books] of state.books) {
        for (const [book, balance] of books) {
          if (book.startsWith('A/')) expect(sums.get(`${asset}|${book}`)).toBe(balance);
        }
      }
    }
  });
});

describe('the CSV of a statement', () => {
  const statement = fold({ account: 'A-HOUSE' }, 0, events.length)[0] as Statement;
  const csv = statementCsv(statement);
  const lines = csv.split('\r\n');

  it('has a header, one record per line and a trailer that proves the rest', () => {
    const header = lines[0]!.split(',');
    const trailer = lines.at(-2)!.split(',');
    const of = (name: string) => trailer[header.indexOf(name)];
    expect(lines.at(-1)).toBe('');
    expect(of('record')).toBe('trailer');
    expect(of('reference')).toBe(String(lines.length - 3));
    const body = csv.slice(0, csv.lastIndexOf('trailer'));
    expect(of('reason')).toBe(`sha256:${createHash('sha256').update(body).digest('hex')}`);
    const amounts = lines.slice(1, -2).map((line) => units(line.split(',')[header.length - 1]!));
    expect(of('amount')).toBe(amounts.reduce((sum, each) => sum + each, 0n).toString());
  });

  it('has as many cells in every line', () => {
    const cells = new Set(lines.slice(0, -1).map((line) => line.split(',').length));
    expect([...cells]).toEqual([13]);
  });

  it('quotes what would break a line', () => {
    const odd = { ...statement, account: 'a,"b"', movements: [], positions: [] };
    expect(statementCsv(odd)).toContain(',"a,""b""",');
  });
});
