import type { InstrumentSpec } from '#events';
import { RISK_LIMITS } from '#ledger';
import type { Command, CommandKind } from '#ledger';
import { flag, integer, listOf, object, oneOf, optional, text, textOf, units } from './shape.js';
import type { Shape } from './shape.js';

const whole = integer(0, Number.MAX_SAFE_INTEGER);
const micros = whole;
const scale = integer(0, 36);
const positive = integer(1, Number.MAX_SAFE_INTEGER);
const finality = oneOf('finalized', 'safe', 'latest');

const trade = object({
  tradeId: text,
  instrument: text,
  buyer: text,
  seller: text,
  quantity: text,
  price: text,
  executedAt: micros,
});

const premium = oneOf('upfront', 'futures-style');

const spec: Shape<InstrumentSpec> = object({
  instrument: text,
  kind: oneOf('spot', 'perpetual', 'future', 'option', 'custom'),
  payoff: oneOf('linear', 'inverse'),
  venues: listOf(text, 64),
  settlementAsset: text,
  baseAsset: optional(text),
  priceScale: scale,
  quantityScale: scale,
  contractSize: units,
  contractSizeScale: scale,
  tick: units,
  lot: units,
  maxOrderQuantity: units,
  positionLimit: units,
  feePpm: integer(0, 1_000_000),
  allowsNegativePrice: flag,
  settlementRule: object({ kind: oneOf('last', 'median'), marks: integer(1, 1_000) }),
  expiry: optional(micros),
  underlying: optional(text),
  option: optional(object({ type: oneOf('call', 'put'), strike: units, premium })),
  custom: optional(
    object({ knots: listOf(object({ underlying: units, value: units }), 256), premium }),
  ),
});

const stream = object({
  venue: text,
  topic: oneOf('trades', 'deposits', 'marks', 'funding', 'windows'),
  key: text,
});

const factor = object({
  factor: text,
  kind: oneOf('price', 'iv', 'difference'),
  move: oneOf('relative', 'absolute'),
  instruments: listOf(text, 10_000),
  assets: listOf(text, 1_000),
  market: optional(
    object({
      group: oneOf('crypto', 'equity', 'commodity', 'fx', 'rate'),
      tier: oneOf('large', 'mid', 'small', 'tail'),
      spread: text,
      adv: text,
    }),
  ),
});

const row = listOf(text, RISK_LIMITS.factors);

const suspension = object({
  scope: oneOf('venue', 'member', 'instrument'),
  id: text,
  reason: text,
});

/** Commands that are asked for over HTTP; inputs have their own way in. */
export type RequestKind = Exclude<CommandKind, 'input' | 'unreadable' | 'rotate-checkpoint-key'>;
/** The command of a kind, where one member of the union may carry several kinds. */
type CommandOf<K extends RequestKind, C = Command> = C extends { readonly kind: infer X }
  ? K extends X
    ? C
    : never
  : never;
type BodyOf<K extends RequestKind> = Omit<
  CommandOf<K>,
  'kind' | 'commandId' | 'actor' | 'occurredAt' | 'traceparent' | 'throughKey'
>;

/** The shape of each command's body. What the values mean is the ledger's to judge. */
export const commandShapes: { readonly [K in RequestKind]: Shape<BodyOf<K>> } = {
  'register-asset': object({ asset: text, scale }),
  'register-member': object({ member: text, name: text }),
  'request-erasure': object({ member: text, reason: text }),
  'withdraw-erasure': object({ member: text, reason: text }),
  'approve-erasure': object({ member: text }),
  'open-account': object({
    account: text,
    member: text,
    segregation: oneOf('house', 'client-omnibus', 'client-individual'),
    margin: oneOf('cross', 'isolated'),
    isolatedInstrument: optional(text),
  }),
  'register-venue': object({
    venue: text,
    venueKind: oneOf('trading', 'custodian'),
    mode: oneOf('novation', 'open-offer'),
  }),
  'list-instrument': object({ spec }),
  'change-limits': object({ instrument: text, maxOrderQuantity: units, positionLimit: units }),
  suspend: suspension,
  resume: suspension,
  'accept-gap': object({ stream, to: integer(1, Number.MAX_SAFE_INTEGER), reason: text }),
  'end-wait': object({
    window: integer(1, Number.MAX_SAFE_INTEGER),
    reason: text,
    endsAt: micros,
  }),
  'request-withdrawal': object({
    withdrawalId: text,
    account: text,
    asset: text,
    amount: text,
    destination: text,
    to: optional(text),
  }),
  'serve-exit': object({
    withdrawalId: text,
    rail: text,
    index: whole,
    amount: text,
    destination: text,
  }),
  'transfer-position': object({
    transferId: text,
    from: text,
    to: text,
    instrument: text,
    quantity: text,
  }),
  'propose-give-up': object({
    giveUpId: text,
    venue: text,
    trade,
    side: oneOf('buy', 'sell'),
    to: text,
  }),
  'accept-give-up': object({ giveUpId: text }),
  'reject-give-up': object({ giveUpId: text, reason: text }),
  'record-factor-history': object({
    history: text,
    numeraire: text,
    factors: listOf(factor, RISK_LIMITS.factors),
    dates: listOf(text, RISK_LIMITS.days),
    values: listOf(row, RISK_LIMITS.days),
  }),
  'record-factor-day': object({ history: text, date: text, values: row }),
  'propose-risk-model': object({
    proposal: text,
    name: text,
    version: text,
    wasmHash: text,
    parameters: textOf(RISK_LIMITS.parametersBytes),
    history: text,
  }),
  'approve-risk-model': object({ proposal: text }),
  'withdraw-risk-model': object({ proposal: text, reason: text }),
  'propose-rail': object({
    rail: text,
    chainId: positive,
    asset: text,
    railScale: scale,
    tokenDecimals: scale,
    token: text,
    ledger: text,
    vault: text,
    registry: text,
    custodian: text,
    finality,
    treasury: text,
  }),
  'approve-rail': object({ rail: text }),
  'withdraw-rail': object({ rail: text, reason: text }),
  'resume-rail': object({ rail: text, reason: text }),
  'open-settlement-account': object({ account: text, rail: text, index: whole, owner: text }),
  'finalize-leg': object({
    rail: text,
    seq: positive,
    digest: text,
    transaction: text,
    block: whole,
    blockHash: text,
    blockTime: micros,
    finality,
  }),
  'record-finality-violation': object({ rail: text, block: whole, was: text, is: text }),
};

export const isRequestKind = (kind: string): kind is RequestKind =>
  Object.hasOwn(commandShapes, kind);
