import { accountBook, posting } from '../books.js';
import { reject } from '../codes.js';
import type { Cut } from '../cut/facts.js';
import type { CashView } from '../cut/settlement.js';
import { byCode, type Withdrawal } from '../state.js';

/** Reserved withdrawals that no leg carries yet, as they will be when the facts of the cut so far are applied. */
export class Reserves {
  /** `asset|account` -> its withdrawals in order of id. */
  private readonly open = new Map<string, Withdrawal[]>();

  constructor(
    private readonly cut: Cut,
    private readonly cash: CashView,
  ) {
    const withdrawals = [...cut.state.withdrawals.values()]
      .filter(({ reserved, seq }) => reserved !== undefined && seq === undefined)
      .sort((a, b) => byCode(a.withdrawalId, b.withdrawalId));
    for (const withdrawal of withdrawals) {
      const key = keyOf(withdrawal);
      this.open.set(key, [...(this.open.get(key) ?? []), withdrawal]);
    }
  }

  of(asset: string, account: string): readonly Withdrawal[] {
    return this.open.get(keyOf({ asset, account })) ?? [];
  }

  /** Sets withdrawals free, the last one first, until the account's cash is `needed` or nothing is left. */
  release(asset: string, account: string, needed: bigint): void {
    const open = this.open.get(keyOf({ asset, account })) ?? [];
    while (this.cash.of(asset, account) < needed) {
      const last = open.pop();
      if (last === undefined) return;
      this.free(last);
    }
  }

  /** Who owes in any asset takes nothing out. */
  releaseIndebted(): void {
    for (const key of [...this.open.keys()].sort(byCode)) {
      const open = this.open.get(key)!;
      if (open[0] === undefined || !this.cash.indebted(open[0].account)) continue;
      while (open.length > 0) this.free(open.pop()!);
    }
  }

  private free({ withdrawalId, account, asset, amount }: Withdrawal): void {
    const [from, to] = [accountBook(account, 'reserved'), accountBook(account, 'cash')];
    const postings = [posting(from, to, asset, amount)];
    this.cash.apply(postings);
    const { cycle } = this.cut;
    const { code } = reject('INSUFFICIENT_CASH', 'amount', 'needed for what is due at the cut');
    this.cut.add('WithdrawalReleased', { withdrawalId, cycle, code, postings });
  }
}

const keyOf = ({ asset, account }: Pick<Withdrawal, 'asset' | 'account'>): string =>
  `${asset}|${account}`;
