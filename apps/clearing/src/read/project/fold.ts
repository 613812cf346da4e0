import type {
  AnyRecordedEvent,
  ObligationsData,
  RecordedEvent,
  StreamPosition,
  TradeTerms,
} from '#events';
import { evolve, initialState, rememberedKey, StateTree, streamKey } from '#ledger';
import type { HouseState } from '#ledger';
import { accountOfBook, movementsOf, obligationReason } from './movements.js';
import { RowBuffer } from './tables.js';
import { referenceRow } from './reference-rows.js';
import { appendFacts } from './fact-rows.js';
import { RiskRows } from './risk-rows.js';
import { SettlementRows } from './settlement-rows.js';

type Touched = Map<string, number>;

/**
 * Folds events into the rows of the read model. A function of the events alone: rows of facts come from the event,
 * balances and positions from the ledger's own fold, and every row carries the position of the last event that
 * touched it, so neither the size of a batch nor of a transaction shows in the tables.
 */
export class ReadFold {
  readonly state: HouseState = initialState();
  /** Gives the state's root again at the cost of what changed since it was asked last. */
  readonly tree = new StateTree(this.state);
  readonly rows = new RowBuffer();
  private readonly positions: Touched = new Map();
  private readonly balances: Touched = new Map();
  private readonly expiredCycles = new Map<string, number>();
  private readonly waits = new Map<number, string[]>();
  private readonly risk = new RiskRows(this.state, this.rows);
  private readonly settlement = new SettlementRows(this.state, this.rows);

  apply(event: AnyRecordedEvent): void {
    this.before(event);
    evolve(this.state, event);
    const reference = referenceRow(this.state, event, this.expiredCycles);
    if (reference) this.rows.upsert(reference.table, reference.id, reference.row);
    if (event.type === 'SuspensionChanged' && event.data.scope === 'member') {
      const { id: member, suspended } = event.data;
      this.rows.suspensions.set(member, { member, suspended, position: event.position });
    }
    this.risk.append(event);
    this.settlement.append(event);
  }

  /** Writes the touched balances and positions into `rows`; what follows is a new transaction's. */
  complete(): RowBuffer {
    for (const [key, at] of this.positions) this.positionRow(key, at);
    for (const [key, at] of this.balances) this.balanceRow(key, at);
    this.positions.clear();
    this.balances.clear();
    return this.rows;
  }

  /** Forgets the rows gathered so far: they were written, or are known to be in the database already. */
  clear(): void {
    this.rows.clear();
    this.positions.clear();
    this.balances.clear();
  }

  private before(event: AnyRecordedEvent): void {
    appendFacts(this.rows, this.state, event, this.waits);
    this.touchBooks(event);
    this.touchPositions(event);
  }

  private touchBooks(event: AnyRecordedEvent): void {
    const assets = new Set<string>();
    for (const { account, asset, book } of movementsOf(event)) {
      this.balances.set(`${asset}|A/${account}/${book}`, event.position);
      assets.add(asset);
    }
    if ('postings' in event.data) for (const { asset } of event.data.postings) assets.add(asset);
    if ('rounding' in event.data) assets.add(event.data.asset);
    // The house's side: few books, so all of them.
    for (const asset of assets) {
      for (const kind of HOUSE_BOOKS) this.balances.set(`${asset}|H/${kind}`, event.position);
    }
  }

  private touchPositions(event: AnyRecordedEvent): void {
    const touch = (instrument: string, ...accounts: readonly string[]) => {
      for (const account of accounts)
        this.positions.set(`${account}|${instrument}`, event.position);
    };
    const touchTrade = (terms: TradeTerms) => touch(terms.instrument, terms.buyer, terms.seller);
    switch (event.type) {
      case 'TradeNovated':
        return touchTrade(event.data);
      case 'TradeBusted':
        touch(event.data.instrument, ...this.carriersOf(event.data));
        return touchTrade(event.data);
      case 'TradeCorrected':
        touch(event.data.instrument, ...this.carriersOf(event.data));
        touchTrade(event.data);
        return touchTrade(event.data.replacement);
      case 'PositionTransferred':
        return touch(event.data.instrument, event.data.from, event.data.to);
      case 'GiveUpAccepted': {
        const giveUp = this.state.giveUps.get(event.data.giveUpId)!;
        return touch(giveUp.terms.instrument, giveUp.from, giveUp.to);
      }
      case 'InstrumentExpired':
        return this.expire(event);
      default:
        if (obligationReason(event.type)) this.touchObliged(event.data as ObligationsData, touch);
    }
  }

  /** A busted trade is undone where its sides were given up to, too. */
  private carriersOf({ stream, tradeId }: StreamPosition & TradeTerms): string[] {
    const key = rememberedKey(streamKey(stream), tradeId);
    return Object.values(this.state.remembered.get(key)?.carriers ?? {});
  }

  private touchObliged(
    data: ObligationsData,
    touch: (instrument: string, account: string) => void,
  ): void {
    for (const [account] of data.entries) touch(data.instrument, account);
  }

  /** The ledger forgets the positions of an expired instrument: their last rows are written here, closed. */
  private expire(event: RecordedEvent<'InstrumentExpired'>): void {
    const { instrument, cycle } = event.data;
    this.expiredCycles.set(instrument, cycle);
    for (const held of this.state.positionsOf.get(instrument)?.values() ?? []) {
      const key = `${held.account}|${instrument}`;
      this.positions.delete(key);
      this.writePosition(key, { ...held, quantity: 0n }, event.position);
    }
  }

  private positionRow(key: string, at: number): void {
    const held = this.state.positions.get(key);
    if (held) this.writePosition(key, held, at);
  }

  private writePosition(key: string, held: Held, at: number): void {
    const { account, instrument, quantity, bought, sold, settledValue } = held;
    const member = this.state.accounts.get(account)!.member;
    const row = [account, instrument, member, quantity, bought, sold, settledValue, at];
    this.rows.upsert('position', key, row);
  }

  private balanceRow(key: string, at: number): void {
    const cut = key.indexOf('|');
    const [asset, name] = [key.slice(0, cut), key.slice(cut + 1)];
    const owner = accountOfBook(name);
    const amount = this.state.books.get(asset)?.get(name) ?? 0n;
    const member = owner && this.state.accounts.get(owner.account)!.member;
    const kind = owner?.book ?? name.slice(2);
    this.rows.upsert('balance', key, [name, asset, owner?.account, member, kind, amount, at]);
  }
}

type Held = {
  readonly account: string;
  readonly instrument: string;
  readonly quantity: bigint;
  readonly bought: bigint;
  readonly sold: bigint;
  readonly settledValue: bigint;
};

const HOUSE_BOOKS = ['external', 'clearing', 'rounding', 'fees', 'guarantee', 'receivable'];
