import type { Value } from './yaml.js';

type Fields = Readonly<Record<string, Value>>;

const ref = (name: string): Value => ({ $ref: `#/components/schemas/${name}` });
const text = (description: string): Value => ({ type: 'string', description });
const integer = (description: string, minimum = 0): Value => ({
  type: 'integer',
  minimum,
  description,
});

/** An object with exactly these fields; those ending in `?` may be absent. */
function exactly(description: string, fields: Fields): Value {
  const names = Object.keys(fields);
  return {
    type: 'object',
    description,
    additionalProperties: false,
    required: names.filter((name) => !name.endsWith('?')),
    properties: Object.fromEntries(names.map((name) => [name.replace('?', ''), fields[name]!])),
  };
}

const scalars: Fields = {
  Id: {
    type: 'string',
    description: 'Opaque ASCII id, never reused.',
    pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
  },
  Decimal: {
    type: 'string',
    description: 'Plain decimal, no exponent, at most the decimals of its scale.',
    maxLength: 64,
    pattern: '^-?(0|[1-9][0-9]*)(\\.[0-9]+)?$',
  },
  Micros: integer('Microseconds since 1970-01-01T00:00:00Z.'),
  Hash: {
    type: 'string',
    description: 'A hash of a chain.',
    pattern: '^0x[0-9a-f]{64}$',
  },
};

const depositId = text('An id; with `chain` it is `<rail>#<number>`.');

const trade = exactly('A trade between two accounts. Amounts at the scales of the instrument.', {
  tradeId: ref('Id'),
  instrument: ref('Id'),
  buyer: ref('Id'),
  seller: ref('Id'),
  quantity: ref('Decimal'),
  price: ref('Decimal'),
  executedAt: ref('Micros'),
});

/** Values of the topics that come in. */
const inputs: Fields = {
  Trade: trade,
  TradeCorrection: exactly('The original terms exactly, and what replaces them.', {
    trade: ref('Trade'),
    replacement: ref('Trade'),
  }),
  Deposit: exactly('Money that has arrived at the custodian, for an account or for `guarantee`.', {
    depositId,
    account: ref('Id'),
    asset: ref('Id'),
    amount: ref('Decimal'),
    at: ref('Micros'),
    'chain?': ref('ChainDeposit'),
  }),
  ChainDeposit: exactly(
    'Where a deposit is on its chain, final there. Without it nobody is credited.',
    {
      rail: text('`<chainId>/<asset>`.'),
      number: integer("The vault's number of the deposit, and the sequence of this message.", 1),
      transaction: ref('Hash'),
      block: integer('Number of the block.'),
      blockHash: ref('Hash'),
      logIndex: integer('Index of the log in the block.'),
    },
  ),
  Mark: exactly('A price of an instrument.', {
    instrument: ref('Id'),
    price: ref('Decimal'),
    at: ref('Micros'),
  }),
  Funding: exactly('A funding rate: fraction of value that longs pay to shorts, scale 12.', {
    instrument: ref('Id'),
    rate: ref('Decimal'),
    at: ref('Micros'),
  }),
  WindowClosed: exactly('The end of a venue in a window, with what it sent there.', {
    endsAt: ref('Micros'),
    streams: {
      type: 'array',
      maxItems: 4096,
      items: exactly('One stream of the venue.', {
        topic: { type: 'string', enum: ['trades', 'deposits', 'marks', 'funding'] },
        key: ref('Id'),
        lastSequence: integer('Sequence of its last message.'),
        count: integer('Messages in this window.'),
        controlTotal: ref('Decimal'),
      }),
    },
  }),
};

const ackFields: Fields = {
  event: text('Type of the event that answers.'),
  position: integer('Position of that event in the journal.'),
  occurredAt: ref('Micros'),
  recordedAt: ref('Micros'),
  'stream?': exactly('The stream of the input.', {
    venue: ref('Id'),
    topic: text('trades, deposits, marks, funding or windows'),
    key: ref('Id'),
  }),
  'sequence?': integer('Its sequence number.', 1),
  'window?': integer('Its window.', 1),
};
const ack = (description: string, status: string, more: Fields): Value =>
  exactly(description, { status: { type: 'string', const: status }, ...ackFields, ...more });

/** Values of `novate.acks.v1`. */
const acks: Fields = {
  AckAccepted: ack('The input is in the journal.', 'accepted', {
    'tradeId?': ref('Id'),
    'depositId?': depositId,
  }),
  AckDuplicate: ack('The input was accepted before; nothing has changed.', 'duplicate', {
    'tradeId?': ref('Id'),
    reason: text('What it repeats.'),
  }),
  AckRejected: ack('The input is refused and recorded. Codes: docs/errors.md.', 'rejected', {
    code: text('Stable reject code.'),
    field: text('The field at fault.'),
    reason: text('What is wrong with it.'),
    fix: text('What mends it.'),
    consumed: { type: 'boolean', description: 'Whether it consumed its sequence number.' },
    source: exactly('Where the message came from.', {
      'topic?': text('Topic.'),
      'partition?': integer('Partition.'),
      'offset?': text('Offset.'),
      sha256: text('SHA-256 of the value, hex.'),
    }),
  }),
  AckWaiting: ack('A sequence number is missing; the stream waits for it.', 'waiting', {
    expected: integer('The missing sequence number.', 1),
    got: integer('The one that came instead.', 1),
  }),
};

const checkpoints: Fields = {
  CheckpointNote: text(
    'Origin, size and base64 root of the log, a line each; `chain <batches> <hash>`, and `state <root>` where it is ' +
      'known; an empty line; the signature.',
  ),
};

/** Every schema of the AsyncAPI document, JSON Schema 2020-12. */
export const messageSchemas: Fields = { ...scalars, ...inputs, ...acks, ...checkpoints };
