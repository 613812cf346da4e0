import type { Posting } from '#events';
import { accountBook, balance, house, posting } from '../books.js';
import { divCeil, max, min } from '../decimal.js';
import { byCode, type HouseState } from '../state.js';
import type { Reserves } from '../rails/reserves.js';
import type { Cut } from './facts.js';
import type { Dues } from './obligations.js';

/** Balances as they will be when the facts so far are applied. */
export class CashView {
  private readonly changes = new Map<string, bigint>();

  constructor(private readonly state: HouseState) {}

  private read(asset: string, book: string): bigint {
    return balance(this.state, asset, book) + (this.changes.get(`${asset}|${book}`) ?? 0n);
  }

  private write(asset: string, book: string, amount: bigint): void {
    const key = `${asset}|${book}`;
    this.changes.set(key, (this.changes.get(key) ?? 0n) + amount);
  }

  of(asset: string, account: string): bigint {
    return this.read(asset, accountBook(account, 'cash'));
  }

  /** Zero or negative. */
  debt(asset: string, account: string): bigint {
    return this.read(asset, accountBook(account, 'debt'));
  }

  /** Does the account owe in any asset? */
  indebted(account: string): boolean {
    return [...this.state.assets.keys()].some((asset) => this.debt(asset, account) !== 0n);
  }

  add(asset: string, account: string, amount: bigint): void {
    this.write(asset, accountBook(account, 'cash'), amount);
  }

  book(asset: string, book: string): bigint {
    return this.read(asset, book);
  }

  apply(postings: readonly Posting[]): void {
    for (const { from, to, asset, amount } of postings) {
      this.write(asset, from, -BigInt(amount));
      this.write(asset, to, BigInt(amount));
    }
  }
}

/**
 * Nets each account's obligations in one asset and pays them. Debtors with cash repay first; payers pay from cash, reserved
 * withdrawals being set free for it; what is missing is covered by the guarantee, by this cycle's fees, and last by the winners pro rata.
 */
export function settleAsset(
  cut: Cut,
  asset: string,
  dues: Dues,
  cash: CashView,
  reserves: Reserves,
): void {
  recoverDebts(cut, asset, cash, reserves);
  const net = [...(dues.accounts.get(asset) ?? new Map<string, bigint>())]
    .filter(([, amount]) => amount !== 0n)
    .sort(([a], [b]) => byCode(a, b));
  if (net.length === 0) return;
  const entries: [string, bigint, bigint][] = [];
  let missing = 0n;
  for (const [account, amount] of net) {
    if (amount > 0n) continue;
    reserves.release(asset, account, -amount);
    const paid = min(-amount, max(cash.of(asset, account), 0n));
    missing += recordShortfall(cut, asset, cash, account, -amount, paid);
    if (paid > 0n) entries.push([account, -paid, 0n]);
    cash.add(asset, account, -paid);
  }
  const winners = net.filter(([, amount]) => amount > 0n);
  const owed = winners.reduce((sum, [, amount]) => sum + amount, 0n);
  let left = cover(cut, asset, dues, cash, missing, owed);
  const toCut = left;
  for (const [account, amount] of winners) {
    const claim = toCut === 0n ? 0n : min(left, divCeil(toCut * amount, owed));
    left -= claim;
    entries.push([account, amount - claim, claim]);
    cash.add(asset, account, amount - claim);
  }
  entries.sort(([a], [b]) => byCode(a, b));
  cut.add('ObligationsSettled', {
    cycle: cut.cycle,
    asset,
    entries: entries.map(([account, c, claim]) => [account, c.toString(), claim.toString()]),
  });
}

/** What the account could not pay becomes its debt. Returns the amount. */
function recordShortfall(
  cut: Cut,
  asset: string,
  cash: CashView,
  account: string,
  owed: bigint,
  paid: bigint,
): bigint {
  const shortfall = owed - paid;
  if (shortfall === 0n) return 0n;
  const [debt, due] = [accountBook(account, 'debt'), accountBook(account, 'due')];
  const postings = [posting(debt, due, asset, shortfall)];
  cash.apply(postings);
  cut.add('ShortfallRecorded', {
    cycle: cut.cycle,
    account,
    member: cut.state.accounts.get(account)!.member,
    asset,
    owed: owed.toString(),
    shortfall: shortfall.toString(),
    postings,
  });
  return shortfall;
}

/** Advances a shortfall from the house's own layers; returns what is left for the winners to bear. */
function cover(
  cut: Cut,
  asset: string,
  dues: Dues,
  cash: CashView,
  shortfall: bigint,
  owed: bigint,
): bigint {
  if (shortfall === 0n) return 0n;
  const guarantee = min(shortfall, max(cash.book(asset, house.guarantee), 0n));
  const fees = max(dues.fees.get(asset) ?? 0n, 0n);
  const fromFees = min(shortfall - guarantee, fees);
  // Fractions are returned in later cycles, so they are no income: only what exceeds all winnings can be one.
  const fromRounding = max(shortfall - guarantee - fromFees - owed, 0n);
  const layers: readonly (readonly [string, bigint])[] = [
    [house.guarantee, guarantee],
    [house.fees, fromFees],
    [house.rounding, fromRounding],
  ];
  const postings = layers
    .filter(([, amount]) => amount > 0n)
    .map(([book, amount]) => posting(book, house.receivable, asset, amount));
  cash.apply(postings);
  const left = shortfall - guarantee - fromFees - fromRounding;
  cut.add('ShortfallCovered', {
    cycle: cut.cycle,
    asset,
    shortfall: shortfall.toString(),
    fromGuarantee: guarantee.toString(),
    fromHouseIncome: (fromFees + fromRounding).toString(),
    cut: left.toString(),
    postings,
  });
  return left;
}

/** Debtors with cash repay: those who were cut first, pro rata, then the house's guarantee. */
function recoverDebts(cut: Cut, asset: string, cash: CashView, reserves: Reserves): void {
  const books = [...(cut.state.books.get(asset)?.keys() ?? [])].sort(byCode);
  const debtors = books.filter((b) => b.endsWith('/debt')).map((b) => b.slice(2, -'/debt'.length));
  const claimants = books
    .filter((b) => b.endsWith('/claim'))
    .map((b) => b.slice(2, -'/claim'.length));
  for (const account of debtors) {
    reserves.release(asset, account, -cash.debt(asset, account));
    const amount = min(-cash.debt(asset, account), max(cash.of(asset, account), 0n));
    if (amount <= 0n) continue;
    const [from, debt] = [accountBook(account, 'cash'), accountBook(account, 'debt')];
    const postings = [posting(from, debt, asset, amount), ...repay(asset, cash, claimants, amount)];
    cash.apply(postings);
    cut.add('DebtRecovered', {
      cycle: cut.cycle,
      account,
      asset,
      amount: amount.toString(),
      postings,
    });
  }
}

/** Rounded up per claimant in order of account id, so that the whole amount is given out. */
function repay(
  asset: string,
  cash: CashView,
  claimants: readonly string[],
  amount: bigint,
): Posting[] {
  const claims = claimants.map((c) => [c, cash.book(asset, accountBook(c, 'claim'))] as const);
  const total = claims.reduce((sum, [, claim]) => sum + claim, 0n);
  const toClaims = min(amount, total);
  const postings: Posting[] = [];
  let left = toClaims;
  for (const [account, claim] of claims) {
    const part = total === 0n ? 0n : min(left, min(claim, divCeil(toClaims * claim, total)));
    if (part === 0n) continue;
    left -= part;
    const [from, to] = [accountBook(account, 'claim'), accountBook(account, 'cash')];
    postings.push(posting(from, to, asset, part));
  }
  if (amount > toClaims) {
    postings.push(posting(house.receivable, house.guarantee, asset, amount - toClaims));
  }
  return postings;
}
