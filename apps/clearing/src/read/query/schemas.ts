import { applyDecorators } from '@nestjs/common';
import { ApiBadRequestResponse, ApiForbiddenResponse, ApiOkResponse } from '@nestjs/swagger';
import { ApiNotFoundResponse, ApiUnauthorizedResponse } from '@nestjs/swagger';

import { marginSchemas } from './margin-schemas.js';
import { settlementSchemas } from './settlement-schemas.js';
import {
  text,
  integer,
  amount,
  flag,
  time,
  oneOf,
  list,
  object,
  money,
  quantity,
  price,
  total,
  sums,
} from './schema.js';
import type { Schema } from './schema.js';

const erased = flag('True where the key of a personal field was destroyed');
const checkpointKey = text('`<name>+<id>+<base64>`, as C2SP signed notes write keys');
const checkpointSchema = object({
  origin: text('Name of the log'),
  size: integer('Number of events'),
  root: text('RFC 9162 root of their leaves, hex'),
  'chain?': object({ batches: integer(), hash: text('Chain hash after them, hex') }),
  'stateRoot?': text('State hash after these events, where it was known, hex'),
  note: text('The signed note: all of the above, and the signature over it'),
  key: checkpointKey,
});

/** What an answer's `data` is made of. The names are those of the OpenAPI document. */
export const schemas = {
  Member: object({
    member: text(),
    'name?': text('Absent where it was erased'),
    'erased?': erased,
    suspended: flag('Only reductions pass.'),
  }),
  Account: object({
    account: text(),
    member: text(),
    segregation: oneOf('house', 'client-omnibus', 'client-individual'),
    margin: oneOf('cross', 'isolated'),
    'isolatedInstrument?': text(),
    shard: integer('0..63'),
  }),
  Position: object({
    account: text(),
    member: text(),
    instrument: text(),
    quantity: quantity('Signed'),
    bought: quantity('Ever bought'),
    sold: quantity('Ever sold'),
    settledValue: money('Cumulative value settled so far'),
    settlementAsset: text(),
  }),
  Balance: object({
    asset: text(),
    book: text('cash owned, reserved for withdrawals, due, debt owed (<= 0), claim held (>= 0)'),
    amount: money('Signed'),
    scale: integer('Decimals of amount'),
  }),
  Trade: object({
    position: integer('Position in the journal'),
    venue: text(),
    instrument: text(),
    tradeId: text(),
    window: integer('Settlement window its venue put it in'),
    sequence: integer(),
    mode: oneOf('novation', 'open-offer'),
    status: oneOf('novated', 'busted', 'corrected'),
    'buyer?': text('Absent where the caller may not know it: its counterparty is the house'),
    'seller?': text('Absent where the caller may not know it: its counterparty is the house'),
    quantity: quantity('Traded'),
    price: price('Traded'),
    executedAt: time(),
    'reversalPrice?': price('Of the bust or correction'),
    'closedPosition?': integer('Position of the bust or correction'),
  }),
  Instrument: object({
    instrument: text(),
    kind: oneOf('spot', 'perpetual', 'future', 'option', 'custom'),
    payoff: oneOf('linear', 'inverse'),
    settlementAsset: text(),
    'baseAsset?': text(),
    priceScale: integer(),
    quantityScale: integer(),
    'expiry?': time(),
    suspended: flag(),
    'expiredCycle?': integer(),
    spec: { type: 'object', description: 'As listed; amounts in minor units.' },
  }),
  SettlementPrice: object({
    cycle: integer(),
    instrument: text(),
    price: price('Settlement'),
    stale: flag('No mark arrived in the window: carried'),
    freshCycle: integer('Cycle of the last price that was not carried'),
    rule: object({ kind: oneOf('last', 'median'), marks: integer() }),
    evidence: list(object({ stream: text(), sequence: integer(), price: price('Mark') })),
    position: integer(),
  }),
  Cycle: object({
    cycle: integer(),
    endsAt: time(),
    complete: flag('False where an operator ended the wait'),
    missing: list(text()),
    position: integer(),
    obligations: list(
      object({
        instrument: text(),
        asset: text(),
        reason: oneOf(...['variation-margin', 'premium', 'exercise', 'delivery', 'funding', 'fee']),
        'price?': price('Used'),
        'rate?': amount('Funding rate, scale 12'),
        paid: money('By those who owe'),
        received: money('By those who are owed'),
        rounding: money('Left to the house'),
      }),
    ),
  }),
  Window: object({
    window: integer(),
    topic: oneOf('trades', 'deposits', 'marks', 'funding'),
    key: text(),
    lastSequence: integer(),
    theirs: total(),
    ours: total(),
    matched: flag(),
  }),
  Reject: object({
    position: integer(),
    code: text('See docs/errors.md'),
    field: text(),
    reason: text(),
    fix: text(),
    'venue?': text(),
    'topic?': text(),
    'key?': text(),
    'sequence?': integer(),
    'window?': integer(),
    consumed: flag('Whether it consumed its sequence number'),
    channel: oneOf('kafka', 'http'),
    sha256: text('Of the raw message, hex'),
    bytes: integer(),
    occurredAt: time(),
  }),
  AccountDetail: object({
    account: text(),
    member: text(),
    segregation: oneOf('house', 'client-omnibus', 'client-individual'),
    margin: oneOf('cross', 'isolated'),
    'isolatedInstrument?': text(),
    shard: integer('0..63'),
    withdrawals: list(settlementSchemas.Withdrawal),
    shortfalls: list(
      object({
        cycle: integer(),
        account: text(),
        asset: text(),
        owed: money('Owed in that cycle'),
        shortfall: money('Not paid'),
      }),
    ),
  }),
  JournalHead: object({
    asOfPosition: integer('Number of events the answer includes'),
    chainHash: text('The same as `hash`'),
    size: integer('Number of events'),
    batches: integer(),
    hash: text('SHA-256 that chains all batches, hex'),
    stateHash: text('SHA-256 Merkle root of the state after exactly these events, hex'),
    openWindow: integer('The settlement window that is open'),
    readModelPosition: integer('Number of events in the read model'),
  }),
  Checkpoint: checkpointSchema,
  CheckpointKeys: object({
    data: list(object({ key: checkpointKey, validFrom: integer('Smallest size it signs') })),
  }),
  InclusionProof: object({
    position: integer(),
    size: integer('Of the log it is in'),
    leaf: text('SHA-256 of a zero byte and the canonical JSON of the event, hex'),
    path: list(text('Sibling, hex')),
    root: text('Root of the log of that size, hex'),
    'checkpoint?': checkpointSchema,
  }),
  ConsistencyProof: object({
    from: integer(),
    to: integer(),
    path: list(text('Hash of the proof, hex')),
    fromRoot: text('Hex'),
    toRoot: text('Hex'),
    'fromCheckpoint?': checkpointSchema,
    'toCheckpoint?': checkpointSchema,
  }),
  StateAt: object({
    asOfPosition: integer('Number of events the state was folded from'),
    chainHash: text('Chain hash of the last whole batch among them'),
    cycle: integer('Cycles completed by then'),
    stateHash: text('SHA-256 Merkle root of all entries, hex'),
    entries: integer('Number of entries: leaves of the tree'),
  }),
  StateEntry: object({
    asOfPosition: integer('Number of events the state was folded from'),
    chainHash: text('Chain hash of the last whole batch among them'),
    cycle: integer('Cycles completed by then'),
    stateHash: text('SHA-256 Merkle root of all entries, hex'),
    entries: integer('Number of entries: leaves of the tree'),
    kind: text(),
    id: text(),
    line: text('Canonical JSON [origin, schema, kind, id, value]; its leaf is SHA-256(0x00, line)'),
    'index?': integer('Of the leaf. Absent for members'),
    'path?': list(
      object({
        side: oneOf('left', 'right'),
        hash: text('The sibling, from the leaf up: node = SHA-256(0x01, left, right), hex'),
      }),
    ),
  }),
  Event: object({
    position: integer(),
    id: text('UUIDv5 of source and sequence'),
    type: text(),
    schemaVersion: integer(),
    occurredAt: integer('Microseconds, UTC'),
    recordedAt: integer('Microseconds, UTC'),
    actor: text(),
    data: { type: 'object', description: 'Amounts in minor units.' },
  }),
  Statement: object({
    schema: oneOf('novate.statement.v1'),
    account: text(),
    member: text(),
    segregation: text(),
    margin: text(),
    from: integer('Events before the period'),
    to: integer('Events before its end'),
    cycle: integer('Cycles completed by then'),
    stateHash: text('Of the whole house at the end'),
    assets: list(
      object({
        asset: text(),
        scale: integer(),
        ...sums,
        books: list(object({ book: text(), ...sums })),
      }),
    ),
    movements: list(
      object({
        position: integer(),
        occurredAt: time(),
        asset: text(),
        book: text(),
        reason: text(),
        amount: money('Signed'),
        'cycle?': integer(),
        'instrument?': text(),
        'reference?': text(),
      }),
    ),
    positions: list(
      object({
        instrument: text(),
        quantity: quantity('Signed'),
        bought: quantity('Ever bought'),
        sold: quantity('Ever sold'),
        settledValue: money('Settled so far'),
        settlementAsset: text(),
        'settlementPrice?': price('Last settled'),
        'settlementCycle?': integer(),
        'stale?': flag(),
      }),
    ),
    pendingWithdrawals: list(
      object({
        withdrawalId: text(),
        asset: text(),
        amount: money('Asked'),
        'destination?': text('Absent where it was erased'),
        'erased?': erased,
        'to?': text('Address that is paid'),
        status: oneOf('pending', 'reserved', 'settling'),
      }),
    ),
    'settlement?': list(
      object({
        ...{ rail: text(), index: integer(), owner: text() },
        committed: amount("On the chain once every leg is final, at the rail's scale."),
        posted: amount("On the chain by the legs that are final, at the rail's scale."),
        inFlight: amount("Committed less posted, at the rail's scale."),
      }),
    ),
    'requirement?': {
      type: 'object',
      description:
        'Equity, margins, health, Greeks and top-level parts after the last cycle, as in Margin.',
    },
  }),
  ...marginSchemas,
  ...settlementSchemas,
  Problem: object(
    {
      type: text('Stable name of the problem'),
      title: text(),
      status: integer(),
      detail: text(),
      'code?': text('Reject code, see docs/errors.md'),
      'field?': text(),
      'fix?': text('What mends it'),
    },
    'RFC 9457 problem details.',
  ),
} as const satisfies Record<string, Schema>;

export type SchemaName = keyof typeof schemas;
const ref = (name: SchemaName) => ({ $ref: `#/components/schemas/${name}` });
const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ref('Problem') } },
});

const asOf = {
  asOfPosition: { type: 'integer', description: 'Number of events the answer includes.' },
  chainHash: { type: 'string', description: 'Chain hash of the journal there, hex.' },
};
const failures = () => [
  ApiBadRequestResponse(problem('A parameter is not valid.')),
  ApiUnauthorizedResponse(problem('No valid API key was sent.')),
  ApiForbiddenResponse(problem('The role of the key may not read this.')),
];

/** A list of `name`, a page at a time. */
export const OkList = (name: SchemaName) =>
  applyDecorators(
    ApiOkResponse({
      schema: {
        type: 'object',
        required: ['asOfPosition', 'chainHash', 'data'],
        properties: {
          ...asOf,
          data: { type: 'array', items: ref(name) },
          nextCursor: { type: 'string', description: 'Absent on the last page.' },
        },
      },
    }),
    ...failures(),
  );

/** An answer that is one flat `name`. */
export const OkFlat = (name: SchemaName) =>
  applyDecorators(ApiOkResponse({ schema: ref(name) }), ...failures());

/** One `name`. */
export const OkOne = (name: SchemaName) =>
  applyDecorators(
    ApiOkResponse({
      schema: {
        type: 'object',
        required: ['asOfPosition', 'chainHash', 'data'],
        properties: { ...asOf, data: ref(name) },
      },
    }),
    ApiNotFoundResponse(problem('There is none, or the key may not see it.')),
    ...failures(),
  );
