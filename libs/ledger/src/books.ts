import type { Posting } from '#events';
import { LedgerBroken } from './broken.js';
import { addToSum, type HouseState } from './state.js';

/** Books of an account: cash it owns, cash set aside for withdrawals, obligations being settled, debt it owes (<= 0), claims it holds (>= 0). */
export type AccountBook = 'cash' | 'reserved' | 'due' | 'debt' | 'claim';

export function accountBook(account: string, book: AccountBook): string {
  return `A/${account}/${book}`;
}

/**
 * Books of the house. `external`: minus what custodians hold; `clearing`: passes obligations through and returns to
 * zero; `rounding`: what floors leave; `fees`; `guarantee`: prefunded; `receivable`: what the house advanced for debtors.
 */
export const house = {
  external: 'H/external',
  clearing: 'H/clearing',
  rounding: 'H/rounding',
  fees: 'H/fees',
  guarantee: 'H/guarantee',
  receivable: 'H/receivable',
} as const;

/** Promises, as opposed to real money: they sum to zero by themselves at the end of every cycle. */
export function isPromise(book: string): boolean {
  return book === house.receivable || book.endsWith('/debt') || book.endsWith('/claim');
}

/** Balance of a book in minor units; zero where nothing was ever posted. */
export function balance(state: HouseState, asset: string, book: string): bigint {
  return state.books.get(asset)?.get(book) ?? 0n;
}

function change(state: HouseState, asset: string, book: string, amount: bigint): void {
  let books = state.books.get(asset);
  if (books === undefined) {
    books = new Map();
    state.books.set(asset, books);
  }
  const next = (books.get(book) ?? 0n) + amount;
  if (next === 0n) books.delete(book);
  else books.set(book, next);
  addToSum(state.sums.books, asset, amount);
}

/** Moves `amount` from one book to another; a negative amount moves the other way, zero does nothing. */
export function transfer(
  state: HouseState,
  asset: string,
  from: string,
  to: string,
  amount: bigint,
): void {
  if (amount === 0n) return;
  change(state, asset, from, -amount);
  change(state, asset, to, amount);
}

/** Applies recorded postings. */
export function post(state: HouseState, postings: readonly Posting[]): void {
  for (const posting of postings) {
    const amount = BigInt(posting.amount);
    if (amount <= 0n) throw new LedgerBroken(`posting of ${posting.amount} ${posting.asset}`);
    transfer(state, posting.asset, posting.from, posting.to, amount);
  }
}

/** A posting as it is recorded. */
export function posting(from: string, to: string, asset: string, amount: bigint): Posting {
  return { from, to, asset, amount: amount.toString() };
}
