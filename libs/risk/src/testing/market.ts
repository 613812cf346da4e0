import type { RiskInstrument } from '../instrument.js';
import type { Market, Underlying } from '../market.js';

const DAY = 86_400_000_000;
export const NOW = 1_722_988_800_000_000;

/** A market of the test coins A and B: spot, perpetuals, inverse perpetuals, futures, options, payoffs. Liquid unless told otherwise. */
export function testMarket(
  more: {
    readonly adv?: number;
    readonly underlying?: Partial<Underlying>;
    readonly market?: Partial<Market>;
  } = {},
): Market {
  const underlying = (price: number): Underlying => ({
    price,
    source: 'index',
    group: 'crypto',
    tier: 'large',
    spread: 0.0002,
    adv: more.adv ?? 1e18,
    openInterest: 0,
    oracleConfidence: 1,
    crowding: 0,
    ...more.underlying,
  });
  const common = { quote: 'USDT', allowsNegativePrice: false } as const;
  const linear = { ...common, settlement: 'linear', contractSize: 1 } as const;
  const expiry = NOW + 30 * DAY;
  const option = (id: string, type: 'call' | 'put', strike: number): RiskInstrument => ({
    ...linear,
    id,
    underlying: 'A',
    kind: 'option',
    expiry,
    option: { type, style: 'european', strike, premium: 'futures-style' },
  });
  const instruments: RiskInstrument[] = [
    { ...linear, id: 'A-SPOT', underlying: 'A', kind: 'spot' },
    { ...linear, id: 'A-PERP', underlying: 'A', kind: 'perpetual' },
    { ...linear, id: 'B-PERP', underlying: 'B', kind: 'perpetual' },
    {
      ...common,
      id: 'A-INV',
      underlying: 'A',
      kind: 'perpetual',
      settlement: 'inverse',
      contractSize: 100,
    },
    { ...linear, id: 'A-FUT', underlying: 'A', kind: 'future', expiry: NOW + 90 * DAY },
    option('A-CALL', 'call', 100),
    option('A-PUT', 'put', 100),
    option('A-CALL-110', 'call', 110),
    {
      ...linear,
      id: 'A-FLY',
      underlying: 'A',
      kind: 'payoff',
      expiry,
      payoff: {
        form: 'piecewise',
        knots: [
          [90, 0],
          [100, 10],
          [110, 0],
        ],
        premium: 'futures-style',
      },
    },
    {
      ...linear,
      id: 'A-DIGITAL',
      underlying: 'A',
      kind: 'payoff',
      expiry,
      payoff: { form: 'digital', strike: 100, payout: 10, side: 'up', premium: 'futures-style' },
    },
    {
      ...linear,
      id: 'A-DECLARED',
      underlying: 'A',
      kind: 'payoff',
      expiry,
      payoff: { form: 'declared', worstCaseLoss: { long: 5, short: 7 }, premium: 'futures-style' },
    },
    { ...linear, id: 'X-PERP', underlying: 'X', kind: 'perpetual' },
  ];
  const mark = (price: number, vol?: number) => ({
    price,
    source: 'settlement',
    ...(vol !== undefined && { vol }),
  });
  return {
    markSetId: 'test',
    time: NOW,
    numeraire: { asset: 'USDT', scale: 8 },
    instruments: new Map(instruments.map((each) => [each.id, each])),
    marks: new Map([
      ['A-SPOT', mark(100)],
      ['A-PERP', mark(100.1)],
      ['B-PERP', mark(200)],
      ['A-INV', mark(99.9)],
      ['A-FUT', mark(101)],
      ['A-CALL', mark(6.86, 0.6)],
      ['A-PUT', mark(6.86, 0.6)],
      ['A-CALL-110', mark(3.5, 0.6)],
      ['A-FLY', mark(3, 0.6)],
      ['A-DIGITAL', mark(4.7, 0.6)],
      ['A-DECLARED', mark(1)],
      ['X-PERP', mark(10)],
    ]),
    underlyings: new Map([
      ['A', underlying(100)],
      ['B', underlying(200)],
    ]),
    assets: new Map([
      ['A', { price: 100, source: 'index', haircut: 0.01, factor: 'A' }],
      ['CASHLIKE', { price: 1, source: 'index', haircut: 0.02 }],
    ]),
    pegs: new Map(),
    ...more.market,
  };
}
