import type { RiskEventData } from './risk-vocabulary.js';
import type { ChainDeposit, SettlementEventData } from './settlement-vocabulary.js';
import type { Micros, Units } from './units.js';

/**
 * The vocabulary of the journal: every fact the clearing house can record, past tense, JSON-safe.
 * Amounts, prices and quantities are decimal strings of integer minor units (`Units`); the scale belongs to the
 * instrument (price, quantity) or to the asset (money). Optional keys are absent, never null.
 */

// ---------------------------------------------------------------- shared shapes

/** A sequenced stream: one source, one topic, one key. Sequences run 1, 2, 3, ... without a gap. */
export interface StreamId {
  readonly venue: string;
  readonly topic: StreamTopic;
  readonly key: string;
}
export type StreamTopic = 'trades' | 'deposits' | 'marks' | 'funding' | 'windows';

/** Where an input of a stream stands. */
export interface StreamPosition {
  readonly stream: StreamId;
  readonly sequence: number;
  /** The window (settlement cycle) its source put it in. */
  readonly window: number;
}

/** A double-entry movement of `amount` > 0 minor units of `asset` from one book to another. Books: see libs/ledger. */
export interface Posting {
  readonly from: string;
  readonly to: string;
  readonly asset: string;
  readonly amount: Units;
}

export interface SettlementRule {
  /** `last`: the last mark of the window. `median`: median of the last `marks` marks of the window (even: the lower). */
  readonly kind: 'last' | 'median';
  readonly marks: number;
}

export type PremiumStyle = 'upfront' | 'futures-style';

/**
 * An instrument's contract specification. Quantity q (scale quantityScale), price p (scale priceScale), contract size c
 * (scale contractSizeScale). Linear value = q * c * p in the settlement asset; inverse value = q * c / p in the settlement asset.
 */
export interface InstrumentSpec {
  readonly instrument: string;
  readonly kind: 'spot' | 'perpetual' | 'future' | 'option' | 'custom';
  readonly payoff: 'linear' | 'inverse';
  readonly venues: readonly string[];
  /** Asset in which variation margin, premium, funding and fees are paid (spot: the quote asset). */
  readonly settlementAsset: string;
  /** Spot only: the asset delivered. */
  readonly baseAsset?: string;
  readonly priceScale: number;
  readonly quantityScale: number;
  readonly contractSize: Units;
  readonly contractSizeScale: number;
  /** Price and quantity steps, in minor units of their scales. */
  readonly tick: Units;
  readonly lot: Units;
  readonly maxOrderQuantity: Units;
  /** Largest absolute position of one account, quantity minor units. */
  readonly positionLimit: Units;
  /** Fee per side, parts per million of notional, rounded up to the minor unit cumulatively. */
  readonly feePpm: number;
  readonly allowsNegativePrice: boolean;
  readonly settlementRule: SettlementRule;
  /** Future, option, custom: settles at the first cut whose window ends at or after this time. */
  readonly expiry?: Micros;
  /** Option, custom: the instrument whose settlement price decides the payoff (same priceScale). */
  readonly underlying?: string;
  readonly option?: {
    readonly type: 'call' | 'put';
    readonly strike: Units;
    readonly premium: PremiumStyle;
  };
  /** Custom: value as a piecewise-linear function of the underlying, flat slopes extended outside the knots. */
  readonly custom?: {
    readonly knots: readonly { readonly underlying: Units; readonly value: Units }[];
    readonly premium: PremiumStyle;
  };
}

export interface WindowStreamTotal {
  readonly topic: StreamTopic;
  readonly key: string;
  readonly lastSequence: number;
  /** Messages of this stream in this window. */
  readonly count: number;
  /** Trades: sum of quantity; deposits: sum of amount; marks: sum of price; funding: sum of rate. Minor units. */
  readonly controlTotal: Units;
}

export interface TradeTerms {
  readonly tradeId: string;
  readonly instrument: string;
  readonly buyer: string;
  readonly seller: string;
  readonly quantity: Units;
  readonly price: Units;
  readonly executedAt: Micros;
}

/** Obligations of one cycle, one instrument, one reason: what each account's due book receives (+) or owes (-). */
export interface ObligationsData {
  readonly cycle: number;
  readonly instrument: string;
  readonly asset: string;
  /** Price used (instrument's price scale), absent where no price enters. */
  readonly price?: Units;
  /** [account, cumulative value after this cycle, amount of this cycle], minor units of `asset`. */
  readonly entries: readonly (readonly [account: string, cumulative: Units, amount: Units])[];
  /** Sum of negative amounts (as positive), sum of positive amounts, and what rounding leaves to the house. */
  readonly paid: Units;
  readonly received: Units;
  readonly rounding: Units;
}

/** Where a message came from, for rejects and dead letters. Bytes are base64. */
export interface InputSource {
  readonly channel: 'kafka' | 'http';
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** SHA-256 of the raw value, hex, and its size in bytes. */
  readonly sha256: string;
  readonly bytes: number;
  /** The whole value where it is at most 64 KiB, else its first KiB. */
  readonly value: string;
  readonly truncated: boolean;
}

// ---------------------------------------------------------------- the events

export interface EventData extends RiskEventData, SettlementEventData {
  // reference data
  AssetRegistered: { readonly asset: string; readonly scale: number };
  MemberRegistered: {
    readonly member: string;
    /** Personal: sealed text (see personal/sealed.ts); plain in journals of schema 1. */
    readonly name: string;
  };
  /** Somebody asks for the destruction of the keys a member's personal fields are sealed with. */
  ErasureRequested: { readonly member: string; readonly by: string; readonly reason: string };
  ErasureWithdrawn: { readonly member: string; readonly by: string; readonly reason: string };
  /**
   * Approved by somebody else: from here on no personal field of the member sealed with a key up to `throughKey` can be read,
   * here or in any copy of the journal. Recorded before the keys are destroyed; a start destroys what a crash left.
   */
  SubjectKeyDestroyed: {
    readonly member: string;
    readonly requester: string;
    readonly approver: string;
    readonly throughKey: number;
  };
  AccountOpened: {
    readonly account: string;
    readonly member: string;
    readonly segregation: 'house' | 'client-omnibus' | 'client-individual';
    readonly margin: 'cross' | 'isolated';
    /** Isolated accounts hold this one instrument. */
    readonly isolatedInstrument?: string;
    /** 0..63, SHA-256 of the account id modulo 64. */
    readonly shard: number;
  };
  VenueRegistered: {
    readonly venue: string;
    readonly kind: 'trading' | 'custodian';
    /** Trading venues: how a trade becomes two legs against the house. */
    readonly mode: 'novation' | 'open-offer';
  };
  InstrumentListed: { readonly spec: InstrumentSpec };
  InstrumentLimitsChanged: {
    readonly instrument: string;
    readonly maxOrderQuantity: Units;
    readonly positionLimit: Units;
  };
  SuspensionChanged: {
    readonly scope: 'venue' | 'member' | 'instrument';
    readonly id: string;
    readonly suspended: boolean;
    readonly reason: string;
  };

  // sequenced inputs
  TradeNovated: StreamPosition & TradeTerms & { readonly mode: 'novation' | 'open-offer' };
  TradeBusted: StreamPosition &
    TradeTerms & {
      /** Price of the reversal: the trade's own before its cycle was cut, else the last settled mark. */
      readonly reversalPrice: Units;
    };
  TradeCorrected: StreamPosition &
    TradeTerms & { readonly reversalPrice: Units; readonly replacement: TradeTerms };
  DepositRecorded: StreamPosition & {
    readonly depositId: string;
    /** An account id, or `guarantee` for the house's prefunded guarantee account. */
    readonly account: string;
    readonly asset: string;
    readonly amount: Units;
    /** Of an asset that has rails: where on its chain it is. */
    readonly chain?: ChainDeposit;
    readonly postings: readonly Posting[];
  };
  MarkRecorded: StreamPosition & {
    readonly instrument: string;
    readonly price: Units;
    readonly at: Micros;
  };
  FundingRateRecorded: StreamPosition & {
    readonly instrument: string;
    /** Fraction of value paid by longs to shorts this window, scale 12 (1e-12). Negative: shorts pay. */
    readonly rate: Units;
    readonly at: Micros;
  };
  WindowClosed: StreamPosition & {
    readonly endsAt: Micros;
    readonly streams: readonly WindowStreamTotal[];
  };
  InputDuplicated: StreamPosition & {
    readonly tradeId?: string;
    readonly reason: string;
    readonly controlTotal: Units;
  };
  InputRejected: {
    /** Stable: `NNNN_NAME`, see the error catalogue. */
    readonly code: string;
    readonly field: string;
    readonly reason: string;
    readonly fix: string;
    /** Present where the envelope could be read. */
    readonly at?: StreamPosition;
    /** True where this input consumed its stream's sequence number. */
    readonly consumed: boolean;
    /** Minor-unit total this input adds to its stream's control total, "0" when unreadable. */
    readonly controlTotal: Units;
    readonly source: InputSource;
  };
  GapDetected: { readonly stream: StreamId; readonly expected: number; readonly got: number };
  GapAccepted: {
    readonly stream: StreamId;
    readonly from: number;
    readonly to: number;
    readonly reason: string;
  };

  // member and operator actions
  WithdrawalRequested: {
    readonly withdrawalId: string;
    readonly account: string;
    readonly asset: string;
    readonly amount: Units;
    /** Personal: sealed text, plain in journals of schema 1. */
    readonly destination: string;
    /** Of an asset that has rails: the address that is paid. Public, since the chain shows it. */
    readonly to?: string;
  };
  WithdrawalCompleted: {
    readonly withdrawalId: string;
    readonly cycle: number;
    readonly postings: readonly Posting[];
  };
  WithdrawalRejected: {
    readonly withdrawalId: string;
    readonly cycle: number;
    readonly code: string;
  };
  PositionTransferred: {
    readonly transferId: string;
    readonly from: string;
    readonly to: string;
    readonly instrument: string;
    /** Signed: positive moves long quantity. */
    readonly quantity: Units;
    readonly price: Units;
  };
  GiveUpProposed: {
    readonly giveUpId: string;
    readonly terms: TradeTerms;
    readonly venue: string;
    readonly side: 'buy' | 'sell';
    readonly to: string;
  };
  GiveUpAccepted: { readonly giveUpId: string; readonly price: Units };
  GiveUpRejected: { readonly giveUpId: string; readonly reason: string };

  // the cut: one settlement cycle
  WaitEnded: {
    readonly cycle: number;
    readonly endsAt: Micros;
    readonly missing: readonly string[];
    readonly reason: string;
  };
  WindowReconciled: {
    readonly venue: string;
    readonly window: number;
    readonly matched: boolean;
    readonly streams: readonly (WindowStreamTotal & {
      readonly ourCount: number;
      readonly ourControlTotal: Units;
      readonly matched: boolean;
    })[];
  };
  SettlementPriceSet: {
    readonly cycle: number;
    readonly instrument: string;
    readonly price: Units;
    readonly rule: SettlementRule;
    /** True where no mark arrived in the window and the previous price is carried. */
    readonly stale: boolean;
    /** The marks the rule looked at: [stream, sequence, price]. */
    readonly evidence: readonly (readonly [stream: string, sequence: number, price: Units])[];
    /** Cycle of the last price that was not carried. */
    readonly freshCycle: number;
  };
  VariationMarginCalculated: ObligationsData;
  PremiumCalculated: ObligationsData;
  DeliveryCalculated: ObligationsData;
  /** Upfront options and custom payoffs at expiry: premium of the cycle plus quantity x contract size x `price` (the payoff). */
  ExerciseCalculated: ObligationsData;
  FundingCalculated: ObligationsData & { readonly rate: Units };
  FeesCalculated: ObligationsData;
  InstrumentExpired: {
    readonly cycle: number;
    readonly instrument: string;
    readonly price: Units;
    readonly underlyingPrice?: Units;
    readonly exercised: boolean;
  };
  DebtRecovered: {
    readonly cycle: number;
    readonly account: string;
    readonly asset: string;
    readonly amount: Units;
    readonly postings: readonly Posting[];
  };
  ShortfallRecorded: {
    readonly cycle: number;
    readonly account: string;
    readonly member: string;
    readonly asset: string;
    readonly owed: Units;
    readonly shortfall: Units;
    readonly postings: readonly Posting[];
  };
  ShortfallCovered: {
    readonly cycle: number;
    readonly asset: string;
    readonly shortfall: Units;
    readonly fromGuarantee: Units;
    readonly fromHouseIncome: Units;
    /** What winners are not paid this cycle, pro rata; it becomes their claim. */
    readonly cut: Units;
    readonly postings: readonly Posting[];
  };
  ObligationsSettled: {
    readonly cycle: number;
    readonly asset: string;
    /** [account, cash change, claim change], minor units. */
    readonly entries: readonly (readonly [account: string, cash: Units, claim: Units])[];
  };
  PositionLimitBreached: {
    readonly cycle: number;
    readonly account: string;
    readonly instrument: string;
    readonly quantity: Units;
    readonly limit: Units;
  };
  CycleCompleted: { readonly cycle: number; readonly endsAt: Micros; readonly complete: boolean };

  // the log itself
  /** Another Ed25519 key signs the log's checkpoints from a size on. What was signed before stays signed. */
  CheckpointKeyRotated: {
    /** Name of the key and origin of the log; never changes. */
    readonly keyName: string;
    /** 32 bytes, hex. */
    readonly publicKey: string;
    /** Smallest size it signs: the position of this event, plus one. */
    readonly validFrom: number;
    /** A signed note over key and size, by the key before it (but for the first) and by itself: see `rotateKey`. */
    readonly note: string;
  };
}

export type EventType = keyof EventData;
export type ObligationEventType =
  | 'VariationMarginCalculated'
  | 'PremiumCalculated'
  | 'DeliveryCalculated'
  | 'ExerciseCalculated'
  | 'FundingCalculated'
  | 'FeesCalculated';
