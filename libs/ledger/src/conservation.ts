import type { AnyNewEvent } from '#events';
import { isPromise } from './books.js';
import { LedgerBroken } from './broken.js';
import { assertRails } from './rails/assert.js';
import type { HouseState } from './state.js';

/** After every event: running sums of the instruments and assets are zero. Cheap; `assertConservation` re-sums. */
export function assertTouched(state: HouseState, event: AnyNewEvent): void {
  for (const [instrument, sum] of state.sums.positions) {
    broken(`positions in ${instrument} sum to ${sum}`, event);
  }
  for (const [asset, sum] of state.sums.books) broken(`books of ${asset} sum to ${sum}`, event);
  if (event.type === 'CycleCompleted') assertCycle(state);
}

function broken(what: string, event: AnyNewEvent): never {
  throw new LedgerBroken(`${what} after ${event.type} ${event.id}`);
}

/** After a cycle: nothing is due any more, and real money and promises each sum to zero by themselves. */
function assertCycle(state: HouseState): void {
  for (const [asset, books] of state.books) {
    let promises = 0n;
    for (const [book, amount] of books) {
      if (book.endsWith('/due')) throw new LedgerBroken(`${book} holds ${amount} ${asset}`);
      if (/\/(cash|reserved)$/.test(book) && amount < 0n) {
        throw new LedgerBroken(`${book} is overdrawn by ${-amount} ${asset}`);
      }
      if (isPromise(book)) promises += amount;
    }
    if (promises !== 0n) throw new LedgerBroken(`promises of ${asset} sum to ${promises}`);
  }
  assertRails(state);
}

/**
 * Re-sums everything from stored balances: per instrument the members' positions and costs are zero (so the house,
 * their counterparty, is flat), per asset the double-entry books are zero. Throws LedgerBroken.
 */
export function assertConservation(state: HouseState): void {
  for (const [instrument, positions] of state.positionsOf) {
    let quantity = 0n;
    let cost = 0n;
    for (const position of positions.values()) {
      quantity += position.quantity;
      cost += position.cost;
    }
    if (quantity !== 0n || cost !== 0n) {
      throw new LedgerBroken(`${instrument}: positions sum to ${quantity}, costs to ${cost}`);
    }
  }
  for (const [asset, books] of state.books) {
    let sum = 0n;
    for (const amount of books.values()) sum += amount;
    if (sum !== 0n) throw new LedgerBroken(`books of ${asset} sum to ${sum}`);
  }
}
