import type {
  AnyNewEvent,
  ChainDeposit,
  EventData,
  InputSource,
  InstrumentSpec,
  Micros,
  RailTerms,
  RiskFactor,
  StreamPosition,
  StreamId,
  Units,
} from '#events';
import type { Rejection } from './codes.js';

/** Wire form of a trade: amounts are plain decimal strings at the instrument's scales, e.g. "61837.63". */
export interface WireTrade {
  readonly tradeId: string;
  readonly instrument: string;
  readonly buyer: string;
  readonly seller: string;
  readonly quantity: string;
  readonly price: string;
  readonly executedAt: Micros;
}

/** The body of a sequenced input, shape-checked; meaning (ids, scales, limits) is checked by `decide`. */
export type InputBody =
  | { readonly type: 'trade'; readonly trade: WireTrade }
  | { readonly type: 'trade-bust'; readonly trade: WireTrade }
  | {
      readonly type: 'trade-correction';
      readonly trade: WireTrade;
      readonly replacement: WireTrade;
    }
  | {
      readonly type: 'deposit';
      readonly depositId: string;
      readonly account: string;
      readonly asset: string;
      readonly amount: string;
      readonly at: Micros;
      /** Required, or nobody credits it; `depositId` is then `<rail>#<number>`. */
      readonly chain?: ChainDeposit;
    }
  | {
      readonly type: 'mark';
      readonly instrument: string;
      readonly price: string;
      readonly at: Micros;
    }
  | {
      readonly type: 'funding';
      readonly instrument: string;
      readonly rate: string;
      readonly at: Micros;
    }
  | {
      readonly type: 'window-closed';
      readonly endsAt: Micros;
      readonly streams: readonly {
        readonly topic: 'trades' | 'deposits' | 'marks' | 'funding';
        readonly key: string;
        readonly lastSequence: number;
        readonly count: number;
        /** Decimal string at the scale of what is summed. */
        readonly controlTotal: string;
      }[];
    };

/** Everything that can be asked of the clearing house. Imperative; who may ask is stated in `commandRoles`. */
export type Command =
  | {
      readonly kind: 'input';
      readonly at: StreamPosition;
      readonly body: InputBody;
      readonly actor: string;
      readonly traceparent?: string;
      /** Evidence for a reject; only called when the input is rejected. */
      readonly source: () => InputSource;
      /** Tells this delivery from others of the same bytes, where its source has no place that does, as over HTTP. */
      readonly delivery?: string;
    }
  | {
      /** An input that could not be read. With `at`, it consumes its sequence number. */
      readonly kind: 'unreadable';
      readonly at?: StreamPosition;
      readonly rejection: Rejection;
      readonly actor: string;
      readonly occurredAt: Micros;
      readonly source: () => InputSource;
      /** Tells this delivery from others of the same bytes, where its source has no place that does, as over HTTP. */
      readonly delivery?: string;
    }
  | (Base & { readonly kind: 'register-asset'; readonly asset: string; readonly scale: number })
  | (Base & { readonly kind: 'register-member'; readonly member: string; readonly name: string })
  | (Base & {
      readonly kind: 'request-erasure' | 'withdraw-erasure';
      readonly member: string;
      readonly reason: string;
    })
  | (Base & {
      readonly kind: 'approve-erasure';
      readonly member: string;
      /** Number of the member's latest data key, 0 where it has none: what the key store says, not the caller. */
      readonly throughKey: number;
    })
  | (Base & {
      readonly kind: 'open-account';
      readonly account: string;
      readonly member: string;
      readonly segregation: 'house' | 'client-omnibus' | 'client-individual';
      readonly margin: 'cross' | 'isolated';
      readonly isolatedInstrument?: string;
    })
  | (Base & {
      readonly kind: 'register-venue';
      readonly venue: string;
      readonly venueKind: 'trading' | 'custodian';
      readonly mode: 'novation' | 'open-offer';
    })
  | (Base & { readonly kind: 'list-instrument'; readonly spec: InstrumentSpec })
  | (Base & {
      readonly kind: 'change-limits';
      readonly instrument: string;
      readonly maxOrderQuantity: Units;
      readonly positionLimit: Units;
    })
  | (Base & {
      readonly kind: 'suspend' | 'resume';
      readonly scope: 'venue' | 'member' | 'instrument';
      readonly id: string;
      readonly reason: string;
    })
  | (Base & {
      readonly kind: 'accept-gap';
      readonly stream: StreamId;
      /** The stream continues at `to + 1`. */
      readonly to: number;
      readonly reason: string;
    })
  | (Base & {
      readonly kind: 'end-wait';
      readonly window: number;
      readonly reason: string;
      readonly endsAt: Micros;
    })
  | (Base & {
      readonly kind: 'request-withdrawal';
      readonly withdrawalId: string;
      readonly account: string;
      readonly asset: string;
      /** Decimal string at the asset's scale. */
      readonly amount: string;
      readonly destination: string;
      /** Of an asset that has rails, and then required: `0x` and 40 lower-case hex digits. */
      readonly to?: string;
    })
  | (Base & {
      readonly kind: 'serve-exit';
      readonly withdrawalId: string;
      readonly rail: string;
      readonly index: number;
      /** What the request on chain still asks for, rail units. */
      readonly amount: string;
      readonly destination: string;
    })
  | (Base & {
      readonly kind: 'transfer-position';
      readonly transferId: string;
      readonly from: string;
      readonly to: string;
      readonly instrument: string;
      /** Decimal string at the instrument's quantity scale, signed. */
      readonly quantity: string;
    })
  | (Base & {
      readonly kind: 'propose-give-up';
      readonly giveUpId: string;
      readonly venue: string;
      readonly trade: WireTrade;
      readonly side: 'buy' | 'sell';
      readonly to: string;
    })
  | (Base & { readonly kind: 'accept-give-up'; readonly giveUpId: string })
  | (Base & {
      readonly kind: 'reject-give-up';
      readonly giveUpId: string;
      readonly reason: string;
    })
  | (Base & {
      readonly kind: 'record-factor-history';
      readonly history: string;
      readonly numeraire: string;
      readonly factors: readonly RiskFactor[];
      readonly dates: readonly string[];
      readonly values: readonly (readonly string[])[];
    })
  | (Base & {
      readonly kind: 'record-factor-day';
      readonly history: string;
      readonly date: string;
      readonly values: readonly string[];
    })
  | (Base & {
      readonly kind: 'propose-risk-model';
      readonly proposal: string;
      readonly name: string;
      readonly version: string;
      readonly wasmHash: string;
      /** The parameter document as canonical JSON text. */
      readonly parameters: string;
      readonly history: string;
    })
  | (Base & { readonly kind: 'approve-risk-model'; readonly proposal: string })
  | (Base & {
      readonly kind: 'withdraw-risk-model';
      readonly proposal: string;
      readonly reason: string;
    })
  | (Base & { readonly kind: 'propose-rail' } & RailTerms)
  | (Base & { readonly kind: 'approve-rail'; readonly rail: string })
  | (Base & {
      readonly kind: 'withdraw-rail' | 'resume-rail';
      readonly rail: string;
      readonly reason: string;
    })
  | (Base & {
      readonly kind: 'open-settlement-account';
    } & EventData['SettlementAccountOpened'])
  | (Base & { readonly kind: 'finalize-leg' } & EventData['SettlementLegFinalized'])
  | (Base & { readonly kind: 'record-finality-violation' } & EventData['FinalityViolated'])
  | (Base & { readonly kind: 'rotate-checkpoint-key' } & EventData['CheckpointKeyRotated']);

export interface Base {
  /** Unique per command; the ids of its events derive from it, so a retry yields the same events. */
  readonly commandId: string;
  readonly actor: string;
  readonly occurredAt: Micros;
  readonly traceparent?: string;
}

export type CommandKind = Command['kind'];

/**
 * Who may give which command. Services check it before a command reaches the engine. `risk` is the second pair of eyes: it
 * approves what the operator proposes, and cannot propose. `settlement` is the service that settles on chains: it says what
 * is final there. `cosigner` reads the journal, to sign what it re-derived from it.
 */
export type Role =
  'operator' | 'risk' | 'venue' | 'custody' | 'settlement' | 'member' | 'regulator' | 'cosigner';
export const commandRoles: { readonly [K in CommandKind]: readonly Role[] } = {
  input: ['venue', 'custody'],
  unreadable: ['venue', 'custody'],
  'register-asset': ['operator'],
  'register-member': ['operator'],
  'request-erasure': ['operator'],
  'withdraw-erasure': ['operator', 'risk'],
  'approve-erasure': ['risk'],
  'open-account': ['operator'],
  'register-venue': ['operator'],
  'list-instrument': ['operator'],
  'change-limits': ['operator'],
  suspend: ['operator'],
  resume: ['operator'],
  'accept-gap': ['operator'],
  'end-wait': ['operator'],
  'request-withdrawal': ['member'],
  'transfer-position': ['operator'],
  'propose-give-up': ['member'],
  'accept-give-up': ['member'],
  'reject-give-up': ['member'],
  'record-factor-history': ['operator'],
  'record-factor-day': ['operator'],
  'propose-risk-model': ['operator'],
  'approve-risk-model': ['risk'],
  'withdraw-risk-model': ['operator', 'risk'],
  'propose-rail': ['operator'],
  'approve-rail': ['risk'],
  'withdraw-rail': ['operator', 'risk'],
  'resume-rail': ['risk'],
  'open-settlement-account': ['operator'],
  'finalize-leg': ['settlement'],
  'serve-exit': ['settlement'],
  'record-finality-violation': ['settlement'],
  // Given by the app itself at its start: whoever holds the old key decides, and signs for it.
  'rotate-checkpoint-key': [],
};

/**
 * The answer to one command: the facts it makes, or the reason it makes none.
 * A rejected `input` carries both: the rejection and the `InputRejected` event that records it.
 */
export interface Decision {
  readonly events: readonly AnyNewEvent[];
  readonly rejection?: Rejection;
}
