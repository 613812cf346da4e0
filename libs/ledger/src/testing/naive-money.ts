/** The money side of the reference model: who pays, who falls short, who covers it. Rule book, "The cut", steps 5 and 6. */

export type Book = 'rounding' | 'fees';
/** An obligation of one account; its opposite stays with the house, as income in `to`. */
export interface Flow {
  readonly reason: string;
  readonly instrument: string;
  readonly asset: string;
  readonly account: string;
  readonly amount: bigint;
  readonly to: Book;
}
export type Amounts = ReadonlyMap<string, bigint>;

interface Withdrawal {
  readonly withdrawalId: string;
  readonly account: string;
  readonly asset: string;
  readonly amount: string;
}

const least = (...values: readonly bigint[]): bigint => values.reduce((a, b) => (b < a ? b : a));
const ceilDiv = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

/** Money set aside for a withdrawal that no leg carries yet. */
interface Reserved {
  readonly id: string;
  readonly account: string;
  readonly amount: bigint;
}

/** One asset's money. */
export class NaivePurse {
  readonly cash = new Map<string, bigint>();
  /** Both counted above zero. */
  readonly debt = new Map<string, bigint>();
  readonly claim = new Map<string, bigint>();
  /** Set aside and not gone, and of that what is not in a leg. */
  readonly reserved = new Map<string, bigint>();
  open: Reserved[] = [];
  guarantee = 0n;
  fees = 0n;
  rounding = 0n;
  external = 0n;

  constructor(private readonly accounts: readonly string[]) {}

  of(book: Map<string, bigint>, account: string): bigint {
    return book.get(account) ?? 0n;
  }

  add(book: Map<string, bigint>, account: string, amount: bigint): void {
    book.set(account, this.of(book, account) + amount);
  }

  /** Shares `amount` pro rata to the weights, rounded up, in order of account id, until nothing is left. */
  private share(amount: bigint, weights: ReadonlyMap<string, bigint>): ReadonlyMap<string, bigint> {
    const all = [...weights.values()].reduce((a, b) => a + b, 0n);
    const shares = new Map<string, bigint>();
    let left = amount;
    for (const account of [...weights.keys()].sort()) {
      const part = all === 0n ? 0n : least(left, ceilDiv(amount * weights.get(account)!, all));
      shares.set(account, part);
      left -= part;
    }
    return shares;
  }

  settle(flows: readonly Flow[]): void {
    for (const account of this.accounts) this.repay(account);
    const due = new Map<string, bigint>();
    let [fees, rounding] = [0n, 0n];
    for (const flow of flows) {
      this.add(due, flow.account, flow.amount);
      if (flow.to === 'fees') fees -= flow.amount;
      else rounding -= flow.amount;
    }
    let missing = 0n;
    const winners = new Map<string, bigint>();
    for (const account of this.accounts) {
      const amount = this.of(due, account);
      if (amount > 0n) winners.set(account, amount);
      if (amount >= 0n) continue;
      this.release(account, -amount);
      const paid = least(this.of(this.cash, account), -amount);
      this.add(this.cash, account, -paid);
      this.add(this.debt, account, -amount - paid);
      missing += -amount - paid;
    }
    const guarantee = least(missing, this.guarantee);
    const fromFees = least(missing - guarantee, fees);
    const owed = [...winners.values()].reduce((a, b) => a + b, 0n);
    const beyond = missing - guarantee - fromFees - owed;
    const fromRounding = beyond > 0n ? beyond : 0n;
    this.guarantee -= guarantee;
    this.fees += fees - fromFees;
    this.rounding += rounding - fromRounding;
    const cuts = this.share(missing - guarantee - fromFees - fromRounding, winners);
    for (const [account, amount] of winners) {
      this.add(this.cash, account, amount - cuts.get(account)!);
      this.add(this.claim, account, cuts.get(account)!);
    }
  }

  reserve(id: string, account: string, amount: bigint): void {
    this.add(this.cash, account, -amount);
    this.add(this.reserved, account, amount);
    this.open.push({ id, account, amount });
  }

  /** The last ids first, until there is as much cash as is needed. */
  release(account: string, needed: bigint): void {
    const own = this.open.filter((each) => each.account === account);
    for (const each of own.sort((a, b) => (a.id < b.id ? 1 : -1))) {
      if (this.of(this.cash, account) >= needed) return;
      this.open = this.open.filter((other) => other !== each);
      this.add(this.cash, account, each.amount);
      this.add(this.reserved, account, -each.amount);
    }
  }

  private repay(account: string): void {
    this.release(account, this.of(this.debt, account));
    const paid = least(this.of(this.debt, account), this.of(this.cash, account));
    if (paid === 0n) return;
    this.add(this.cash, account, -paid);
    this.add(this.debt, account, -paid);
    const held = new Map([...this.claim].filter(([, amount]) => amount > 0n));
    const claims = [...held.values()].reduce((a, b) => a + b, 0n);
    const toClaims = least(paid, claims);
    for (const [winner, part] of this.share(toClaims, held)) {
      this.add(this.cash, winner, part);
      this.add(this.claim, winner, -part);
    }
    this.guarantee += paid - toClaims;
  }
}

export class NaiveMoney {
  readonly purses = new Map<string, NaivePurse>();
  private readonly requested = new Map<string, Withdrawal>();
  private carried: string[] = [];

  constructor(private readonly accounts: readonly string[]) {
    this.accounts = [...accounts].sort();
  }

  purse(asset: string): NaivePurse {
    const purse = this.purses.get(asset) ?? new NaivePurse(this.accounts);
    this.purses.set(asset, purse);
    return purse;
  }

  deposit(asset: string, account: string, amount: bigint): void {
    const purse = this.purse(asset);
    purse.external -= amount;
    if (account === 'guarantee') purse.guarantee += amount;
    else purse.add(purse.cash, account, amount);
  }

  request(withdrawal: Withdrawal): void {
    this.requested.set(withdrawal.withdrawalId, withdrawal);
  }

  /** Throws where it should have been refused. */
  reserve(withdrawalId: string): void {
    const { account, asset, amount } = this.requested.get(withdrawalId)!;
    const purse = this.purse(asset);
    if (this.indebted(account) || purse.of(purse.cash, account) < BigInt(amount)) {
      throw new Error(`${withdrawalId} should have been refused`);
    }
    purse.reserve(withdrawalId, account, BigInt(amount));
  }

  /** In a leg of the cycle that is being cut. */
  carry(withdrawals: readonly { readonly withdrawalId: string }[]): void {
    this.carried.push(...withdrawals.map(({ withdrawalId }) => withdrawalId));
  }

  /** Its leg is final. */
  gone(withdrawalId: string): void {
    const { account, asset, amount } = this.requested.get(withdrawalId)!;
    const purse = this.purse(asset);
    purse.add(purse.reserved, account, -BigInt(amount));
    purse.external += BigInt(amount);
  }

  settle(flows: readonly Flow[]): void {
    for (const flow of flows) this.purse(flow.asset);
    for (const [asset, purse] of this.purses)
      purse.settle(flows.filter((flow) => flow.asset === asset));
    for (const account of this.accounts.filter((each) => this.indebted(each))) {
      for (const purse of this.purses.values()) purse.release(account, 2n ** 200n);
    }
    // What is left leaves: the house has all of the asset on its one chain, so it is never short there.
    const left = [...this.purses.values()].flatMap(({ open }) => open.map(({ id }) => id));
    if (`${left.sort()}` !== `${this.carried.sort()}`) {
      throw new Error(`${left} should have left, ${this.carried} did`);
    }
    for (const purse of this.purses.values()) purse.open = [];
    this.carried = [];
  }

  private indebted(account: string): boolean {
    return [...this.purses.values()].some((purse) => purse.of(purse.debt, account) > 0n);
  }

  /** All balances as the ledger keeps them: `asset|book` -> signed amount, zeros left out. */
  books(): Amounts {
    const books = new Map<string, bigint>();
    for (const [asset, purse] of this.purses) {
      const put = (book: string, amount: bigint): void => {
        if (amount !== 0n) books.set(`${asset}|${book}`, amount);
      };
      let receivable = 0n;
      for (const account of this.accounts) {
        put(`A/${account}/cash`, purse.of(purse.cash, account));
        put(`A/${account}/reserved`, purse.of(purse.reserved, account));
        put(`A/${account}/debt`, -purse.of(purse.debt, account));
        put(`A/${account}/claim`, purse.of(purse.claim, account));
        receivable += purse.of(purse.debt, account) - purse.of(purse.claim, account);
      }
      put('H/receivable', receivable);
      put('H/guarantee', purse.guarantee);
      put('H/fees', purse.fees);
      put('H/rounding', purse.rounding);
      put('H/external', purse.external);
    }
    return books;
  }
}
