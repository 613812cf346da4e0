import type { StreamTopic } from '#events';
import type { Overrides } from './feed.js';

/** One way to get a trade wrong, and the code it is answered with; the same over Kafka and HTTP. */
export interface BadInput {
  readonly name: string;
  readonly code: string;
  readonly topic: StreamTopic;
  readonly key: string;
  /** Text of the value: JSON, or what only looks like it. */
  readonly value: string;
  readonly more?: Overrides;
}

/** A sound trade, which the cases spoil one thing of. */
export const soundTrade = {
  tradeId: 'SOUND',
  instrument: 'BTC-PERP',
  buyer: 'M1-H',
  seller: 'M2-H',
  quantity: '1.5',
  price: '60000.25',
  executedAt: 1_723_161_600_000_000,
};

const spoilt = (
  name: string,
  code: string,
  change: Readonly<Record<string, unknown>>,
  key = 'BTC-PERP',
  more: Overrides = {},
): BadInput => ({
  name,
  code,
  topic: 'trades',
  key,
  value: JSON.stringify({ ...soundTrade, tradeId: name.replaceAll(/\W/g, '-'), ...change }),
  more,
});

const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
const proto = JSON.stringify({ ...soundTrade, tradeId: 'PROTO' }).replace('{', '{"__proto__":{},');

/** Every case of bad input; `SOUND` has to be accepted before the last two. */
export const badInputs: readonly BadInput[] = [
  { ...spoilt('malformed JSON', '1001_MALFORMED_JSON', {}), value: '{"tradeId":' },
  spoilt('wrong type of a field', '1004_SCHEMA_VIOLATION', { quantity: 1.5 }),
  spoilt('unknown field', '1004_SCHEMA_VIOLATION', { leverage: '10' }),
  spoilt('missing field', '1004_SCHEMA_VIOLATION', { price: undefined }),
  spoilt('unknown venue', '2001_UNKNOWN_VENUE', {}, 'BTC-PERP', { source: 'GHOST' }),
  spoilt('unknown instrument', '2002_UNKNOWN_INSTRUMENT', { instrument: 'DOGE' }, 'DOGE'),
  spoilt('unknown account', '2003_UNKNOWN_ACCOUNT', { buyer: 'M9-H' }),
  spoilt('not a number', '3001_NOT_A_NUMBER', { quantity: 'NaN' }),
  spoilt('infinite', '3001_NOT_A_NUMBER', { price: 'Infinity' }),
  spoilt('exponent', '3001_NOT_A_NUMBER', { price: '6e4' }),
  spoilt('over-precise', '3002_OVER_PRECISE', { price: '60000.001' }),
  spoilt('zero quantity', '3003_NOT_POSITIVE', { quantity: '0' }),
  spoilt('negative quantity', '3003_NOT_POSITIVE', { quantity: '-1' }),
  { ...spoilt('JSON 10,000 levels deep', '1003_TOO_DEEP', {}), value: `{"a":${deep}}` },
  { ...spoilt('__proto__', '1005_FORBIDDEN_KEY', {}), value: proto },
  spoilt('look-alike letters', '1006_ID_NOT_ASCII', { buyer: '\u041c1-H' }),
  { ...spoilt('same id, same body', '4001_DUPLICATE', {}), value: JSON.stringify(soundTrade) },
  spoilt('same id, other body', '4002_TRADE_ID_CONFLICT', { tradeId: 'SOUND', price: '1' }),
];
