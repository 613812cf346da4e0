import type { ChainDeposit, EventData, RailTerms } from '#events';
import { LedgerBroken } from '#ledger';
import type { Hex } from 'viem';
import { type BalanceLeaf, type BalanceTree, FIRST_MEMBER } from '../tree/index.js';

export type LegData = EventData['SettlementLegDue'];

/** A member's proof that its balance is in the balance root of a leg. */
export interface BalanceProof extends BalanceLeaf {
  readonly rail: string;
  readonly seq: number;
  /** Siblings from the leaf up. */
  readonly path: readonly Hex[];
  readonly root: Hex;
}

/** A deposit as the journal credits it, in rail units. */
export interface CreditedDeposit extends ChainDeposit {
  readonly position: number;
  readonly index: number;
  readonly amount: bigint;
}

/** A leg whose balances are in the tree, and what the leaves it changed were before. */
interface PostedLeg {
  readonly seq: number;
  readonly root: Hex;
  readonly before: Leaves;
}

/** Leaves by index; undefined where there is none. */
type Leaves = ReadonlyMap<number, BalanceLeaf | undefined>;

interface Account {
  readonly owner: Hex;
  /** Signed: the house may be below zero. */
  balance: bigint;
  credited: bigint;
}

const HOUSE_INDEX = 0;
/** Final legs that are still known: a chain may lose what it called final. */
export const KEPT_LEGS = 100;

/**
 * The balances of one rail as the journal says they are on chain. The tree stands at the last leg: what came since is laid
 * over it with the next one, so that proofs are against a root that a batch carries.
 */
export class RailBook {
  private readonly accounts = new Map<number, Account>();
  private readonly indices = new Map<string, number>();
  private readonly leaves = new Map<number, BalanceLeaf>();
  private readonly changed = new Set<number>();
  /** In order, the last final ones included. */
  private posted: PostedLeg[] = [];
  private final = 0;

  /** @param unit minor units of the asset in a unit of the rail */
  constructor(
    readonly terms: RailTerms,
    private readonly unit: bigint,
    private readonly tree: BalanceTree,
  ) {
    this.open('guarantee', HOUSE_INDEX, terms.treasury as Hex);
  }

  get lastSeq(): number {
    return this.posted.at(-1)?.seq ?? 0;
  }

  get finalSeq(): number {
    return this.final;
  }

  open(account: string, index: number, owner: Hex): void {
    this.indices.set(account, index);
    this.accounts.set(index, { owner, balance: 0n, credited: 0n });
    this.changed.add(index);
  }

  /** Owner of an opened index. */
  ownerOf(index: number): Hex | undefined {
    return this.accounts.get(index)?.owner;
  }

  /** @param amount minor units of the asset, a multiple of the rail's unit */
  deposit(account: string, amount: bigint, chain: ChainDeposit, position: number): CreditedDeposit {
    const index = this.indices.get(account);
    if (index === undefined || amount % this.unit !== 0n) {
      throw new LedgerBroken(`deposit ${chain.rail}#${chain.number} fits no account of its rail`);
    }
    const units = amount / this.unit;
    const held = this.change(index);
    held.balance += units;
    held.credited += units;
    return { ...chain, position, index, amount: units };
  }

  /** Applies deltas, then withdrawals; returns the balance root after both. */
  post(leg: LegData): Hex {
    for (const [index, delta] of leg.entries) this.change(index).balance += BigInt(delta);
    for (const { index, amount } of leg.withdrawals) this.change(index).balance -= BigInt(amount);
    const after = new Map([...this.changed].map((index) => [index, this.leafOf(index)] as const));
    const before = this.lay(after);
    this.changed.clear();
    const root = this.tree.root();
    this.posted.push({ seq: leg.seq, root, before });
    return root;
  }

  /** Legs are final up to `seq`; long before it no proofs are needed any more. */
  finalized(seq: number): void {
    this.final = seq;
    this.posted = this.posted.filter((leg) => leg.seq > seq - KEPT_LEGS);
  }

  /**
   * That the balance of an index is in the root of a leg; undefined where it had no leaf there, or the leg is long final.
   */
  prove(index: number, seq: number): BalanceProof | undefined {
    const at = this.posted.find((leg) => leg.seq === seq);
    if (at === undefined) return undefined;
    const now = this.lay(this.leavesBefore(seq + 1));
    try {
      const leaf = this.leaves.get(index);
      if (leaf === undefined) return undefined;
      const { rail } = this.terms;
      return { rail, seq, ...leaf, path: this.tree.prove(index), root: at.root };
    } finally {
      this.lay(now);
    }
  }

  /** The leaves that legs from `seq` on changed, as they were before. */
  private leavesBefore(seq: number): Leaves {
    const found = new Map<number, BalanceLeaf | undefined>();
    for (const leg of this.posted.toReversed()) {
      if (leg.seq < seq) break;
      for (const [index, leaf] of leg.before) found.set(index, leaf);
    }
    return found;
  }

  private change(index: number): Account {
    const account = this.accounts.get(index);
    if (account === undefined) {
      throw new LedgerBroken(`index ${index} of rail ${this.terms.rail} is not opened`);
    }
    this.changed.add(index);
    return account;
  }

  /** The house may owe on a rail; a leaf shows that as nothing. */
  private leafOf(index: number): BalanceLeaf {
    const { owner, balance, credited } = this.accounts.get(index)!;
    if (balance < 0n && index >= FIRST_MEMBER) {
      throw new LedgerBroken(`index ${index} of rail ${this.terms.rail} is below zero: ${balance}`);
    }
    return { index, owner, balance: balance < 0n ? 0n : balance, credited };
  }

  /** Puts leaves in place. @returns what was there */
  private lay(leaves: Leaves): Leaves {
    const before = new Map([...leaves.keys()].map((index) => [index, this.leaves.get(index)]));
    const set: BalanceLeaf[] = [];
    const gone: number[] = [];
    for (const [index, leaf] of leaves) {
      if (leaf === undefined) {
        this.leaves.delete(index);
        gone.push(index);
      } else {
        this.leaves.set(index, leaf);
        set.push(leaf);
      }
    }
    this.tree.set(set);
    this.tree.clear(gone);
    return before;
  }
}
