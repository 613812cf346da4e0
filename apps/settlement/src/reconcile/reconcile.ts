/** What the ledger holds a rail's contracts to at a block, rail units throughout. */
export interface RailExpectation {
  /** Of every account opened on the rail, the house's included: by index, what the contract should hold for it. */
  readonly accounts: ReadonlyMap<number, AccountExpectation>;
  /** Seq of the last batch that should have been applied; 0 where there is none. */
  readonly lastSeq: bigint;
}

/** The parts of one account's balance; the contract knows their sum. */
export interface AccountExpectation {
  /** After final legs, recorded deposits included. */
  readonly posted: bigint;
  /** Deposits the contract has credited and the ledger has not recorded yet. */
  readonly pendingDeposits: bigint;
  /** What legs the chain has applied by this block, and that are not final yet, add: negative where they take. */
  readonly inAir: bigint;
  /** Everything withdrawals have allotted so far, in those legs and all before. */
  readonly allotted: bigint;
}

/** What the contracts say at one block. */
export interface RailOnChain {
  readonly accounts: ReadonlyMap<number, { readonly balance: bigint; readonly withdrawn: bigint }>;
  readonly lastSeq: bigint;
  /** The vault's own book of the token: balances and what can be claimed, rail units. */
  readonly held: bigint;
  readonly claimable: bigint;
  /** `token.balanceOf(vault)`, token units. */
  readonly tokenBalance: bigint;
  /** Token units in a rail unit. */
  readonly tokenUnit: bigint;
}

/** One figure the ledger and the chain disagree on. */
export interface Difference {
  readonly what: 'balance' | 'allotted' | 'last-seq' | 'vault-book' | 'vault-tokens';
  /** Of an account. */
  readonly index?: number;
  readonly ledger: bigint;
  readonly chain: bigint;
  /** chain - ledger */
  readonly difference: bigint;
}

export interface RailReport {
  readonly rail: string;
  readonly block: bigint;
  readonly accounts: number;
  /** Sum over accounts: what the ledger says, and what the contract says. */
  readonly ledgerBalance: bigint;
  readonly contractBalance: bigint;
  /** Allotted and not yet claimed. */
  readonly claimable: bigint;
  /** What the vault has beyond what it owes, token units: somebody sent it there. No difference while not negative. */
  readonly surplus: bigint;
  /** Empty: exact in every figure. */
  readonly differences: readonly Difference[];
}

/** Compares figure by figure; nothing is rounded and nothing is tolerated. */
export function reconcile(
  rail: string,
  block: bigint,
  expected: RailExpectation,
  onChain: RailOnChain,
): RailReport {
  const differences: Difference[] = [];
  const compare = (
    what: Difference['what'],
    ledger: bigint,
    chain: bigint,
    index?: number,
  ): void => {
    if (ledger === chain) return;
    const of = index === undefined ? {} : { index };
    differences.push({ what, ...of, ledger, chain, difference: chain - ledger });
  };
  let ledgerBalance = 0n;
  let contractBalance = 0n;
  for (const [index, account] of [...expected.accounts].sort(([a], [b]) => a - b)) {
    const should = account.posted + account.pendingDeposits + account.inAir;
    const is = onChain.accounts.get(index) ?? { balance: 0n, withdrawn: 0n };
    compare('balance', should, is.balance, index);
    compare('allotted', account.allotted, is.withdrawn, index);
    ledgerBalance += should;
    contractBalance += is.balance;
  }
  compare('last-seq', expected.lastSeq, onChain.lastSeq);
  // Also shows an account with money that the ledger does not know of.
  compare('vault-book', contractBalance + onChain.claimable, onChain.held);
  const owed = onChain.held * onChain.tokenUnit;
  const surplus = onChain.tokenBalance - owed;
  if (surplus < 0n) compare('vault-tokens', owed, onChain.tokenBalance);
  const { claimable } = onChain;
  const accounts = expected.accounts.size;
  return { rail, block, accounts, ledgerBalance, contractBalance, claimable, surplus, differences };
}
