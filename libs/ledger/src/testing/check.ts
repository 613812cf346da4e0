import type { AnyNewEvent, ObligationsData } from '#events';
import type { HouseState } from '#ledger';

/** Independent looks at a house: re-sums that share no code with the ledger's own assertions. */

const reasons: Readonly<Record<string, string>> = {
  VariationMarginCalculated: 'variation-margin',
  PremiumCalculated: 'premium',
  DeliveryCalculated: 'delivery',
  ExerciseCalculated: 'exercise',
  FundingCalculated: 'funding',
  FeesCalculated: 'fees',
};

/** Obligations of one step, keyed `reason|instrument|asset|account`, zeros left out. */
export function obligationsOf(events: readonly AnyNewEvent[]): ReadonlyMap<string, bigint> {
  const amounts = new Map<string, bigint>();
  for (const event of events) {
    const reason = reasons[event.type];
    if (reason === undefined) continue;
    const data = event.data as ObligationsData;
    for (const [account, , amount] of data.entries) {
      const key = `${reason}|${data.instrument}|${data.asset}|${account}`;
      if (BigInt(amount) !== 0n) amounts.set(key, (amounts.get(key) ?? 0n) + BigInt(amount));
    }
  }
  return amounts;
}

/** All balances, keyed `asset|book`, zeros left out. */
export function booksOf(state: HouseState): ReadonlyMap<string, bigint> {
  const out = new Map<string, bigint>();
  for (const [asset, books] of state.books) {
    for (const [book, amount] of books) if (amount !== 0n) out.set(`${asset}|${book}`, amount);
  }
  return out;
}

/** All positions, keyed `account|instrument`, zeros left out. */
export function positionsOf(state: HouseState): ReadonlyMap<string, bigint> {
  const out = new Map<string, bigint>();
  for (const [key, { quantity }] of state.positions) if (quantity !== 0n) out.set(key, quantity);
  return out;
}

const promise = (book: string): boolean => /\/(debt|claim)$|^H\/receivable$/.test(book);

function sums(
  entries: ReadonlyMap<string, bigint>,
  group: (key: string) => string,
): ReadonlyMap<string, bigint> {
  const out = new Map<string, bigint>();
  for (const [key, amount] of entries) out.set(group(key), (out.get(group(key)) ?? 0n) + amount);
  return out;
}

function needZero(what: string, totals: ReadonlyMap<string, bigint>): void {
  for (const [key, amount] of totals) {
    if (amount !== 0n) throw new Error(`${what} ${key} sums to ${amount}, not to zero`);
  }
}

/** Every instrument's members and every asset's books sum to zero. */
export function needConserved(state: HouseState): void {
  needZero(
    'positions of',
    sums(positionsOf(state), (key) => key.split('|')[1]!),
  );
  needZero(
    'books of',
    sums(booksOf(state), (key) => key.split('|')[0]!),
  );
}

/** After a cycle: nothing is due, real money and promises each sum to zero, nobody has cash below zero. */
export function needSettled(state: HouseState): void {
  const books = booksOf(state);
  for (const [key, amount] of books) {
    if (/\/due$|H\/clearing$/.test(key)) throw new Error(`${key} still holds ${amount}`);
    if (/\/(cash|claim)$|H\/(guarantee|fees|receivable)$/.test(key) && amount < 0n) {
      throw new Error(`${key} is ${amount}, below zero`);
    }
    if (key.endsWith('/debt') && amount > 0n) throw new Error(`${key} is ${amount}, above zero`);
  }
  needZero(
    'money and promises of',
    sums(books, (key) => {
      const [asset, book] = key.split('|');
      return `${asset} ${promise(book!) ? 'promises' : 'money'}`;
    }),
  );
}

/** Throws with the rows that differ. */
export function needEqual(
  what: string,
  ours: ReadonlyMap<string, bigint>,
  theirs: ReadonlyMap<string, bigint>,
): void {
  const rows: string[] = [];
  for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
    const [a, b] = [ours.get(key) ?? 0n, theirs.get(key) ?? 0n];
    if (a !== b) rows.push(`${key}: reference ${a}, ledger ${b}`);
  }
  if (rows.length > 0) throw new Error(`${what} differ:\n${rows.slice(0, 12).join('\n')}`);
}
