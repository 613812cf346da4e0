import type { AnyNewEvent, EventData } from '#events';

/**
 * What chains would show, kept from the facts alone and in the slowest way: every number is summed again from lists. Shares no
 * code with the ledger. `see` throws where a cycle's legs are not what they should be.
 */
export class NaiveRails {
  private readonly units = new Map<string, bigint>();
  private readonly owners = new Map<string, string>();
  private readonly moves: { rail: string; seq: number; who: string; amount: bigint }[] = [];
  private readonly deposits: { rail: string; who: string; amount: bigint }[] = [];
  private readonly final = new Map<string, number>();
  private readonly frozen = new Set<string>();
  /** Reserved and in no leg, in order of time. */
  private open: { id: string; who: string; amount: bigint }[] = [];
  private readonly asked = new Map<string, { who: string; amount: bigint }>();
  private readonly carried = new Map<string, { rail: string; amount: bigint }>();
  private settled = 0n;
  private cycle: EventData['SettlementLegDue'][] = [];
  /** Legs seen, and those in which the house was short. */
  readonly seen = { legs: 0, cut: 0, withdrawals: 0, released: 0 };

  /** @param cash an account's cash after the fact, minor units */
  see(event: AnyNewEvent, cash: (account: string) => bigint): void {
    switch (event.type) {
      case 'RailApproved':
        this.owners.set(`${event.data.rail}|0`, 'guarantee');
        break;
      case 'RailProposed':
        this.units.set(event.data.rail, 10n ** BigInt(8 - event.data.railScale));
        break;
      case 'SettlementAccountOpened':
        this.owners.set(`${event.data.rail}|${event.data.index}`, event.data.account);
        break;
      case 'DepositRecorded': {
        const { chain, account: who, amount } = event.data;
        if (chain) this.deposits.push({ rail: chain.rail, who, amount: BigInt(amount) });
        break;
      }
      case 'WithdrawalRequested':
        this.asked.set(event.data.withdrawalId, {
          who: event.data.account,
          amount: BigInt(event.data.amount),
        });
        break;
      case 'WithdrawalReserved':
        this.open.push({
          id: event.data.withdrawalId,
          ...this.asked.get(event.data.withdrawalId)!,
        });
        break;
      case 'WithdrawalReleased':
        this.open = this.open.filter(({ id }) => id !== event.data.withdrawalId);
        this.seen.released += 1;
        break;
      case 'SettlementLegDue':
        this.cycle.push(event.data);
        break;
      case 'SettlementLegFinalized':
        this.final.set(event.data.rail, event.data.seq);
        break;
      case 'WithdrawalSettled':
        this.settled += this.carried.get(event.data.withdrawalId)!.amount;
        this.carried.delete(event.data.withdrawalId);
        break;
      case 'FinalityViolated':
        this.frozen.add(event.data.rail);
        break;
      case 'RailResumed':
        this.frozen.delete(event.data.rail);
        break;
      case 'CycleCompleted':
        this.completed(cash);
        break;
      default:
    }
  }

  /** What a rail shows for an account after all legs, or after the final ones; rail units. */
  balance(rail: string, who: string, finalOnly = false): bigint {
    const unit = this.units.get(rail)!;
    const last = finalOnly ? (this.final.get(rail) ?? 0) : Number.MAX_SAFE_INTEGER;
    let sum = 0n;
    for (const d of this.deposits) if (d.rail === rail && d.who === who) sum += d.amount / unit;
    for (const m of this.moves) {
      if (m.rail === rail && m.who === who && m.seq <= last) sum += m.amount;
    }
    return sum;
  }

  private accountsOn(rail: string): string[] {
    return [...this.owners].filter(([key]) => key.startsWith(`${rail}|`)).map(([, who]) => who);
  }

  private completed(cash: (account: string) => bigint): void {
    for (const rail of this.units.keys()) this.checkRail(rail, cash);
    this.cycle = [];
    this.checkConserved();
  }

  /** The legs of one rail, against a calculation of its own in whole accounts. */
  private checkRail(rail: string, cash: (account: string) => bigint): void {
    const unit = this.units.get(rail)!;
    const members = this.accountsOn(rail).filter((who) => who !== 'guarantee');
    const wanted = new Map<string, bigint>();
    for (const who of members) {
      const reserved = this.open.filter((w) => w.who === who);
      const owned = cash(who) + reserved.reduce((sum, { amount }) => sum + amount, 0n);
      wanted.set(who, (owned - (owned % unit)) / unit - this.balance(rail, who));
    }
    const all = [...wanted.values()];
    const due = all.filter((d) => d > 0n).reduce((a, b) => a + b, 0n);
    const has =
      this.balance(rail, 'guarantee') - all.filter((d) => d < 0n).reduce((a, b) => a + b, 0n);
    const short = due > has;
    if (short) this.seen.cut += 1;
    const expected = new Map(
      [...wanted].map(([who, d]) => [who, short && d > 0n ? (d * has) / due : d] as const),
    );
    this.carryOut(rail, unit);
    for (const who of members) {
      const moved = this.movedNow(rail, who);
      same(`${who} on ${rail}`, moved, expected.get(who)!);
    }
    if (!short && !this.frozen.has(rail)) {
      const left = this.open.filter(({ who }) => members.includes(who));
      if (left.length > 0) throw new Error(`${rail}: ${left.length} withdrawals were left behind`);
    }
  }

  private movedNow(rail: string, who: string): bigint {
    const seqs = new Set(this.cycle.filter((leg) => leg.rail === rail).map(({ seq }) => seq));
    const now = this.moves.filter((m) => m.rail === rail && m.who === who && seqs.has(m.seq));
    // What a withdrawal took is not part of the netting.
    return now.filter((m) => !('withdrawal' in m)).reduce((sum, { amount }) => sum + amount, 0n);
  }

  private carryOut(rail: string, unit: bigint): void {
    for (const { rail: id, seq, entries, withdrawals } of this.cycle) {
      if (id !== rail) continue;
      this.seen.legs += 1;
      let sum = 0n;
      for (const [index, delta] of entries) {
        const who = this.owners.get(`${rail}|${index}`)!;
        this.moves.push({ rail, seq, who, amount: BigInt(delta) });
        sum += BigInt(delta);
      }
      same(`leg ${seq} of ${rail}`, sum, 0n);
      for (const { withdrawalId, index, amount } of withdrawals) {
        if (this.frozen.has(rail)) throw new Error(`${withdrawalId} left a frozen rail`);
        const who = this.owners.get(`${rail}|${index}`)!;
        const found = this.open.find((w) => w.id === withdrawalId)!;
        same(withdrawalId, BigInt(amount) * unit, found.amount);
        this.open = this.open.filter((w) => w !== found);
        this.carried.set(withdrawalId, { rail, amount: found.amount });
        const move = { rail, seq, who, amount: -BigInt(amount), withdrawal: true };
        this.moves.push(move);
        this.seen.withdrawals += 1;
      }
      for (const who of this.accountsOn(rail)) {
        if (this.balance(rail, who) < 0n) throw new Error(`${who} is below zero on ${rail}`);
      }
    }
  }

  /** Over all rails: what came in is what is there, in the air or gone; and what is in flight are withdrawals alone. */
  private checkConserved(): void {
    let there = 0n;
    let flying = 0n;
    for (const [rail, unit] of this.units) {
      for (const who of this.accountsOn(rail)) {
        there += this.balance(rail, who) * unit;
        flying += (this.balance(rail, who) - this.balance(rail, who, true)) * unit;
      }
    }
    let inAir = 0n;
    for (const { amount } of this.carried.values()) inAir += amount;
    const came = this.deposits.reduce((sum, { amount }) => sum + amount, 0n);
    same('deposits', there + inAir + this.settled, came);
    same('in flight', flying, -inAir);
  }
}

function same(what: string, ours: bigint, theirs: bigint): void {
  if (ours !== theirs) throw new Error(`${what}: ${ours}, reference ${theirs}`);
}
