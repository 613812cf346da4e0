import { type AnyRecordedEvent, Frontier, type RailTerms } from '#events';
import {
  evolve,
  type ExitStanding,
  exitStanding,
  type HouseState,
  initialState,
  LedgerBroken,
  StateTree,
} from '#ledger';
import type { Hex } from 'viem';
import { BalanceTree } from '../tree/index.js';
import {
  type BalanceProof,
  type CreditedDeposit,
  KEPT_LEGS,
  type LegData,
  RailBook,
} from './rail-book.js';

/** What a batch commits to beside its payload: the log and the state in which its leg was decided. Hashes are hex. */
export interface Anchor {
  readonly rail: string;
  readonly seq: number;
  readonly cycle: number;
  readonly leg: number;
  readonly legs: number;
  /** Position of the leg's event, plus one. */
  readonly logSize: number;
  /** RFC 9162 root of so many events. */
  readonly logRoot: string;
  /** `stateHash` after so many events. */
  readonly stateRoot: string;
  /** Root of the rail's balance tree after the leg. */
  readonly balanceRoot: Hex;
  readonly data: LegData;
}

/** The part of an anchor that a batch's header carries, as the chain writes it. */
export function anchored({ logSize, logRoot, stateRoot, balanceRoot }: Anchor) {
  return {
    logSize,
    logRoot: `0x${logRoot}`,
    stateRoot: `0x${stateRoot}`,
    balanceRoot,
  } as const;
}

/** Sees every deposit that a chain's watcher had credited, as the journal goes by. */
export type DepositObserver = (deposit: CreditedDeposit) => void;

/**
 * A house's journal folded for settlement: its state, the roots a batch anchors, and the balances every rail should show.
 * The settlement service and every co-signer keep one each, from events they fetched themselves; equal journals give equal
 * anchors. Pure: no clock, no I/O.
 */
export class HouseCopy {
  readonly state: HouseState = initialState();
  private readonly stateTree = new StateTree(this.state);
  private readonly log = new Frontier();
  private readonly scales = new Map<string, number>();
  private readonly books = new Map<string, RailBook>();
  /** Of legs that are not final, and of the last ones that are. */
  private readonly anchors = new Map<string, Map<number, Anchor>>();

  private constructor(
    private readonly newTree: () => BalanceTree,
    private readonly onDeposit?: DepositObserver,
  ) {}

  /** A copy without events. */
  static async open(onDeposit?: DepositObserver): Promise<HouseCopy> {
    return new HouseCopy(await BalanceTree.opener(), onDeposit);
  }

  /** Events so far: the next position. */
  get size(): number {
    return this.log.size;
  }

  /** RFC 9162 root of all events so far, hex. */
  logRoot(): string {
    return this.log.root().toString('hex');
  }

  /**
   * Takes the next event of the journal.
   * @param event in the current schema
   * @param leaf hash of its line as recorded, 32 bytes
   * @throws LedgerBroken where the event cannot follow what came before
   */
  apply(event: AnyRecordedEvent, leaf: Buffer): void {
    if (event.position !== this.size) {
      throw new LedgerBroken(`position ${event.position} follows ${this.size - 1}`);
    }
    evolve(this.state, event);
    this.log.append(leaf);
    this.take(event);
  }

  /** The rails that were ever proposed. */
  rails(): RailTerms[] {
    return [...this.books.values()].map(({ terms }) => terms);
  }

  /** Terms of a rail that was ever proposed. */
  rail(rail: string): RailTerms | undefined {
    return this.books.get(rail)?.terms;
  }

  /** Number of the last leg that was decided on a rail, 0 before the first. */
  lastSeq(rail: string): number {
    return this.books.get(rail)?.lastSeq ?? 0;
  }

  /** Number of the last leg the journal says is final on a rail, 0 before the first. */
  finalSeq(rail: string): number {
    return this.books.get(rail)?.finalSeq ?? 0;
  }

  /**
   * The anchor of a leg that is not final, or was not a hundred legs ago: a chain can lose what it called final, and then
   * the batch is made again.
   */
  anchor(rail: string, seq: number): Anchor | undefined {
    return this.anchors.get(rail)?.get(seq);
  }

  /** All legs that are not final, per rail in order of seq. */
  openLegs(): Anchor[] {
    return [...this.anchors].flatMap(([rail, legs]) => {
      const final = this.finalSeq(rail);
      return [...legs.values()].filter(({ seq }) => seq > final);
    });
  }

  /** Owner of an index the journal opened on a rail. */
  ownerOf(rail: string, index: number): Hex | undefined {
    return this.books.get(rail)?.ownerOf(index);
  }

  /** What its deposits add up to on a rail, rail units; undefined where the journal opened no such index. */
  creditedOf(rail: string, index: number): bigint | undefined {
    return this.state.rails.byIndex.get(rail)?.get(index)?.credited;
  }

  /** How a forced exit stands that still asks for `left` rail units. */
  exit(rail: string, index: number, left: bigint): ExitStanding {
    return exitStanding(this.state, rail, index, left);
  }

  /** The balance of an index under the root of a leg that has an anchor here; by default the last one. */
  proveBalance(rail: string, index: number, seq = this.lastSeq(rail)): BalanceProof | undefined {
    return this.books.get(rail)?.prove(index, seq);
  }

  private take({ type, data }: AnyRecordedEvent): void {
    switch (type) {
      case 'AssetRegistered':
        this.scales.set(data.asset, data.scale);
        break;
      case 'RailProposed':
        this.propose(data);
        break;
      case 'SettlementAccountOpened':
        this.book(data.rail).open(data.account, data.index, data.owner as Hex);
        break;
      case 'DepositRecorded': {
        const { account, amount, chain } = data;
        if (chain === undefined) break;
        const book = this.book(chain.rail);
        const deposit = book.deposit(account, BigInt(amount), chain, this.size - 1);
        this.onDeposit?.(deposit);
        break;
      }
      case 'SettlementLegDue':
        this.due(data);
        break;
      case 'SettlementLegFinalized':
        this.finalized(data.rail, data.seq);
        break;
    }
  }

  private propose(terms: RailTerms): void {
    const scale = this.scales.get(terms.asset) ?? terms.railScale;
    const unit = 10n ** BigInt(scale - terms.railScale);
    this.books.set(terms.rail, new RailBook(terms, unit, this.newTree()));
    this.anchors.set(terms.rail, new Map());
  }

  private due(data: LegData): void {
    const { rail, seq, cycle, leg, legs } = data;
    const book = this.book(rail);
    if (seq !== book.lastSeq + 1) throw new LedgerBroken(`leg ${rail} ${seq} is out of order`);
    this.anchors.get(rail)?.set(seq, {
      rail,
      seq,
      cycle,
      leg,
      legs,
      logSize: this.size,
      logRoot: this.logRoot(),
      stateRoot: this.stateTree.root(),
      balanceRoot: book.post(data),
      data,
    });
  }

  private finalized(rail: string, seq: number): void {
    this.book(rail).finalized(seq);
    this.anchors.get(rail)?.delete(seq - KEPT_LEGS);
  }

  private book(rail: string): RailBook {
    const book = this.books.get(rail);
    if (book === undefined) throw new LedgerBroken(`rail ${rail} was never proposed`);
    return book;
  }
}
