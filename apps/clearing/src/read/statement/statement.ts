import type { AnyRecordedEvent, EventData, Journal } from '#events';
import { evolve, initialState, stateHash } from '#ledger';
import type { HouseState } from '#ledger';
import { decimal, timestamp } from '../format.js';
import { movementsOf } from '../project/movements.js';
import type { Movement } from '../project/movements.js';
import { railsOf, type StatementRail, withdrawalsOf } from './rails.js';
import { requirementOf, type StatementRequirement } from './requirement.js';

/** opening + movements = closing, all at the asset's scale. */
export interface Balance {
  readonly opening: string;
  readonly movements: string;
  readonly closing: string;
}

export interface AssetStatement extends Balance {
  readonly asset: string;
  readonly scale: number;
  /**
   * `cash` owned, `reserved` for withdrawals (where there were any), `due` being settled, `debt` owed (<= 0), `claim` held (>= 0).
   * Their sum is the asset's.
   */
  readonly books: readonly (Balance & { readonly book: string })[];
}

export interface StatementMovement {
  readonly position: number;
  readonly occurredAt: string;
  readonly asset: string;
  readonly book: string;
  readonly reason: string;
  readonly amount: string;
  readonly cycle?: number;
  readonly instrument?: string;
  readonly reference?: string;
}

export interface StatementPosition {
  readonly instrument: string;
  readonly quantity: string;
  readonly bought: string;
  readonly sold: string;
  /** Cumulative value settled so far, at the settlement asset's scale. */
  readonly settledValue: string;
  readonly settlementAsset: string;
  /** Absent before the instrument's first settlement price. */
  readonly settlementPrice?: string;
  readonly settlementCycle?: number;
  /** True where the price was carried from an earlier cycle. */
  readonly stale?: boolean;
}

export interface Statement {
  readonly schema: 'novate.statement.v1';
  readonly account: string;
  readonly member: string;
  readonly segregation: string;
  readonly margin: string;
  /** Events before `from` made the opening balances; events before `to` the closing ones. */
  readonly from: number;
  readonly to: number;
  /** Cycles completed by then. */
  readonly cycle: number;
  /** Hash of the whole house's state at `to`. */
  readonly stateHash: string;
  readonly assets: readonly AssetStatement[];
  readonly movements: readonly StatementMovement[];
  readonly positions: readonly StatementPosition[];
  readonly pendingWithdrawals: readonly {
    readonly withdrawalId: string;
    readonly asset: string;
    readonly amount: string;
    readonly destination: string;
    /** On a rail: the address that is paid. */
    readonly to?: string;
    /** `reserved` money is set aside, `settling` is in a leg that is not final. */
    readonly status: 'pending' | 'reserved' | 'settling';
  }[];
  /** Balances on rails; absent where the account has none. */
  readonly settlement?: readonly StatementRail[];
  /** Absent before the first cycle under a risk model. */
  readonly requirement?: StatementRequirement;
}

/** Whose statements: one account, or every account of a member. */
export type Owner = { readonly account: string } | { readonly member: string };

export interface StatementRequest {
  readonly owner: Owner;
  /** Number of events before the period. */
  readonly from: number;
  /** Number of events before its end. */
  readonly to: number;
}

export class StatementBroken extends Error {}

const BOOKS = ['cash', 'reserved', 'due', 'debt', 'claim'] as const;
type Key = `${string}|${string}|${string}`;
const keyOf = (account: string, asset: string, book: string): Key => `${account}|${asset}|${book}`;

/**
 * Folds the journal's events, from the first one, into statements. Movements are read from the events, closing balances from
 * the ledger's own fold; `finish` throws where the two disagree by a single minor unit.
 */
export class StatementFold {
  private readonly state = initialState();
  private readonly opening = new Map<Key, bigint>();
  private readonly moved = new Map<Key, bigint>();
  private readonly movements: (Movement & { position: number; occurredAt: number })[] = [];
  private readonly assessed = new Map<string, EventData['MarginAssessed']>();
  private next = 0;

  constructor(private readonly request: StatementRequest) {
    if (request.from > request.to) throw new RangeError('A statement begins before it ends.');
  }

  /** True while the period's end was not reached. */
  wants(): boolean {
    return this.next < this.request.to;
  }

  apply(event: AnyRecordedEvent): void {
    if (event.position !== this.next) {
      throw new StatementBroken(`event ${event.position} where ${this.next} was due`);
    }
    if (event.position === this.request.from) this.open();
    evolve(this.state, event);
    this.next += 1;
    if (event.type === 'MarginAssessed') this.assessed.set(event.data.account, event.data);
    if (event.position < this.request.from) return;
    for (const movement of movementsOf(event)) {
      if (!this.owns(movement.account)) continue;
      const { position, occurredAt } = event;
      this.movements.push({ ...movement, position, occurredAt });
      const key = keyOf(movement.account, movement.asset, movement.book);
      this.moved.set(key, (this.moved.get(key) ?? 0n) + movement.amount);
    }
  }

  /** One statement per account, in order of account id; none where the owner had no account by then. */
  finish(): readonly Statement[] {
    if (this.next !== this.request.to) {
      throw new StatementBroken(`the journal ended at ${this.next}, not at ${this.request.to}`);
    }
    if (this.request.from === this.request.to) this.open();
    const hash = stateHash(this.state);
    return this.accounts().map((account) => this.statementOf(account, hash));
  }

  private owns(account: string): boolean {
    const { owner } = this.request;
    if ('account' in owner) return account === owner.account;
    return this.state.accounts.get(account)?.member === owner.member;
  }

  private accounts(): string[] {
    return [...this.state.accounts.keys()].filter((account) => this.owns(account)).sort();
  }

  private open(): void {
    for (const account of this.accounts()) {
      for (const asset of this.state.assets.keys()) {
        for (const book of BOOKS) {
          this.opening.set(keyOf(account, asset, book), this.balance(account, asset, book));
        }
      }
    }
  }

  private balance(account: string, asset: string, book: string): bigint {
    return this.state.books.get(asset)?.get(`A/${account}/${book}`) ?? 0n;
  }

  private statementOf(account: string, hash: string): Statement {
    const { member, segregation, margin } = this.state.accounts.get(account)!;
    const { from, to } = this.request;
    return {
      schema: 'novate.statement.v1',
      ...{ account, member, segregation, margin, from, to },
      cycle: this.state.openWindow - 1,
      stateHash: hash,
      assets: [...this.state.assets.keys()]
        .sort()
        .map((asset) => this.assetOf(account, asset))
        .filter((asset) => asset !== undefined),
      movements: this.movementsOf(account),
      positions: positionsOf(this.state, account),
      pendingWithdrawals: withdrawalsOf(this.state, account),
      ...railsOf(this.state, account),
      ...this.requirementOf(account),
    };
  }

  private requirementOf(account: string): { requirement?: StatementRequirement } {
    const data = this.assessed.get(account);
    if (data === undefined) return {};
    return { requirement: requirementOf(data, this.state.assets.get(data.asset)!.scale) };
  }

  private assetOf(account: string, asset: string): AssetStatement | undefined {
    const scale = this.state.assets.get(asset)!.scale;
    const total = { opening: 0n, movements: 0n, closing: 0n };
    let touched = false;
    const books = BOOKS.flatMap((book) => {
      const key = keyOf(account, asset, book);
      const opening = this.opening.get(key) ?? 0n;
      const movements = this.moved.get(key);
      const closing = this.balance(account, asset, book);
      if (opening + (movements ?? 0n) !== closing) {
        throw new StatementBroken(
          `${account} ${asset} ${book}: ${opening} + ${movements ?? 0n} is not ${closing}`,
        );
      }
      const used = movements !== undefined || opening !== 0n;
      touched ||= used;
      total.opening += opening;
      total.movements += movements ?? 0n;
      total.closing += closing;
      if (book === 'reserved' && !used) return [];
      return [{ book, ...shown({ opening, movements: movements ?? 0n, closing }, scale) }];
    });
    return touched ? { asset, scale, ...shown(total, scale), books } : undefined;
  }

  private movementsOf(account: string): StatementMovement[] {
    return this.movements
      .filter((movement) => movement.account === account)
      .map((movement) => {
        const { asset, book, reason, cycle, instrument, reference } = movement;
        return {
          position: movement.position,
          occurredAt: timestamp(movement.occurredAt),
          ...{ asset, book, reason },
          amount: decimal(movement.amount, this.state.assets.get(asset)!.scale),
          ...(cycle === undefined ? {} : { cycle }),
          ...(instrument === undefined ? {} : { instrument }),
          ...(reference === undefined ? {} : { reference }),
        };
      });
  }
}

function shown(
  balance: { readonly opening: bigint; readonly movements: bigint; readonly closing: bigint },
  scale: number,
): Balance {
  return {
    opening: decimal(balance.opening, scale),
    movements: decimal(balance.movements, scale),
    closing: decimal(balance.closing, scale),
  };
}

function positionsOf(state: HouseState, account: string): StatementPosition[] {
  const held = [...state.positions.values()].filter((position) => position.account === account);
  held.sort((a, b) => (a.instrument < b.instrument ? -1 : 1));
  return held.map((position) => {
    const { spec } = state.instruments.get(position.instrument)!;
    const settled = state.settled.get(position.instrument);
    const valueScale = state.assets.get(spec.settlementAsset)!.scale;
    return {
      instrument: position.instrument,
      quantity: decimal(position.quantity, spec.quantityScale),
      bought: decimal(position.bought, spec.quantityScale),
      sold: decimal(position.sold, spec.quantityScale),
      settledValue: decimal(position.settledValue, valueScale),
      settlementAsset: spec.settlementAsset,
      ...(settled && {
        settlementPrice: decimal(settled.price, spec.priceScale),
        settlementCycle: settled.cycle,
        stale: settled.stale,
      }),
    };
  });
}

/** Statements from the journal alone: replays it up to the end of the period. */
export async function statementsFromJournal(
  journal: Journal,
  request: StatementRequest,
): Promise<readonly Statement[]> {
  const fold = new StatementFold(request);
  for await (const batch of journal.read(0, request.to)) {
    for (const event of batch.events) if (fold.wants()) fold.apply(event);
    if (!fold.wants()) break;
  }
  return fold.finish();
}
