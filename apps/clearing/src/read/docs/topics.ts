import type { StreamTopic } from '#events';
import type { Value } from './yaml.js';

/** One kind of message of a topic: CloudEvents type, schema of its value, an example of it. */
export interface TopicMessage {
  readonly type: string;
  readonly schema: string;
  readonly title: string;
  readonly example: { readonly [key: string]: Value };
}

export interface Topic {
  readonly stream: StreamTopic;
  readonly about: string;
  /** What `ce_subject`, the key of the stream, is. */
  readonly key: string;
  readonly sentBy: string;
  readonly messages: readonly TopicMessage[];
}

const trade = {
  tradeId: 'T-1001',
  instrument: 'BTC-PERP',
  buyer: 'M01-H',
  seller: 'M02-H',
  quantity: '0.012',
  price: '61837.63',
  executedAt: 1_723_161_600_000_000,
};
const at = 1_723_161_600_000_000;

/** The topics that come in, as venues and custodians see them. */
export const inputTopics: readonly Topic[] = [
  {
    stream: 'trades',
    about: 'Trades, busts and corrections of one instrument at one venue.',
    key: 'instrument',
    sentBy: 'venue',
    messages: [
      { type: 'novate.trade.v1', schema: 'Trade', title: 'A trade', example: trade },
      {
        type: 'novate.trade-bust.v1',
        schema: 'Trade',
        title: 'A trade that is undone; its terms again',
        example: trade,
      },
      {
        type: 'novate.trade-correction.v1',
        schema: 'TradeCorrection',
        title: 'A trade that is replaced by another',
        example: { trade, replacement: { ...trade, tradeId: 'T-1001-C', price: '61837.73' } },
      },
    ],
  },
  {
    stream: 'deposits',
    about: 'Deposits of one asset. Only a custodian may send them, and has to sign them.',
    key: 'asset',
    sentBy: 'custody',
    messages: [
      {
        type: 'novate.deposit.v1',
        schema: 'Deposit',
        title: 'A deposit',
        example: {
          depositId: '31337/USDT#1',
          ...{ account: 'M01-H', asset: 'USDT', amount: '250000.00', at },
          chain: {
            ...{ rail: '31337/USDT', number: 1, block: 1204, logIndex: 0 },
            transaction: `0x${'a'.repeat(64)}`,
            blockHash: `0x${'b'.repeat(64)}`,
          },
        },
      },
    ],
  },
  {
    stream: 'marks',
    about: 'Prices of one instrument; the settlement price is chosen from them by a stated rule.',
    key: 'instrument',
    sentBy: 'venue',
    messages: [
      {
        type: 'novate.mark.v1',
        schema: 'Mark',
        title: 'A mark',
        example: { instrument: 'BTC-PERP', price: '61840.10', at },
      },
    ],
  },
  {
    stream: 'funding',
    about: 'Funding rates of one perpetual.',
    key: 'instrument',
    sentBy: 'venue',
    messages: [
      {
        type: 'novate.funding.v1',
        schema: 'Funding',
        title: 'A funding rate',
        example: { instrument: 'BTC-PERP', rate: '0.0001', at },
      },
    ],
  },
  {
    stream: 'windows',
    about: 'The end of a settlement window at one venue: the barrier, and its reconciliation.',
    key: 'venue',
    sentBy: 'venue or custody',
    messages: [
      {
        type: 'novate.window-closed.v1',
        schema: 'WindowClosed',
        title: 'A window is over',
        example: {
          endsAt: 1_723_161_660_000_000,
          streams: [
            { topic: 'trades', key: 'BTC-PERP', lastSequence: 1, count: 1, controlTotal: '0.012' },
          ],
        },
      },
    ],
  },
];

/** The answers on `novate.acks.v1`. */
export const ackMessages = [
  ['accepted', 'AckAccepted'],
  ['duplicate', 'AckDuplicate'],
  ['rejected', 'AckRejected'],
  ['waiting', 'AckWaiting'],
] as const;
