import type { InstrumentSpec } from '#events';
import type { Command } from '../commands.js';
import { onChain } from './chain.js';

/** The reference data all property tests share: every kind of instrument, three kinds of venue, poor and rich members. */

/** Window w ends at START + w days. */
export const DAY = 86_400_000_000;
export const START = 1_750_000_000_000_000;
export const endOf = (window: number): number => START + window * DAY;

export const assets: Readonly<Record<string, number>> = { BTC: 8, USDT: 8, USDC: 8 };
export const members = ['M1', 'M2', 'M3', 'M4', 'M5', 'M6'];

export interface WorldAccount {
  readonly account: string;
  readonly member: string;
  readonly segregation: 'house' | 'client-omnibus' | 'client-individual';
  readonly isolated?: string;
  /** Opening deposit per asset in whole units; poor accounts make the shortfalls. */
  readonly opening: number;
}
export const accounts: readonly WorldAccount[] = [
  { account: 'A-HOUSE', member: 'M1', segregation: 'house', opening: 5_000_000 },
  { account: 'A-CLIENT', member: 'M1', segregation: 'client-omnibus', opening: 300_000 },
  { account: 'B-HOUSE', member: 'M2', segregation: 'house', opening: 2_000_000 },
  { account: 'C-HOUSE', member: 'M3', segregation: 'house', opening: 20_000 },
  { account: 'C-ALONE', member: 'M3', segregation: 'house', isolated: 'LIN-PERP', opening: 90 },
  {
    account: 'D-ALONE',
    member: 'M4',
    segregation: 'client-individual',
    isolated: 'INV-PERP',
    opening: 1,
  },
  { account: 'E-HOUSE', member: 'M5', segregation: 'house', opening: 700 },
  { account: 'F-HOUSE', member: 'M6', segregation: 'house', opening: 0 },
];

export const venues = [
  { venue: 'CUSTODY', kind: 'custodian', mode: 'novation' },
  { venue: 'VEN-A', kind: 'trading', mode: 'novation' },
  { venue: 'VEN-B', kind: 'trading', mode: 'open-offer' },
] as const;

function spec(
  instrument: string,
  kind: InstrumentSpec['kind'],
  payoff: InstrumentSpec['payoff'],
  venueIds: readonly string[],
  more: Partial<InstrumentSpec>,
): InstrumentSpec {
  return {
    instrument,
    kind,
    payoff,
    venues: venueIds,
    settlementAsset: payoff === 'inverse' ? 'BTC' : 'USDT',
    priceScale: 3,
    quantityScale: 3,
    contractSize: payoff === 'inverse' ? '100' : '37',
    contractSizeScale: payoff === 'inverse' ? 0 : 4,
    tick: '1',
    lot: '1',
    maxOrderQuantity: '40000',
    positionLimit: '50000',
    feePpm: 173,
    allowsNegativePrice: false,
    settlementRule: { kind: 'last', marks: 1 },
    ...more,
  };
}

const knots = [
  { underlying: '40000000', value: '1000000' },
  { underlying: '55000003', value: '7000001' },
  { underlying: '70000000', value: '2000000' },
];
const both = ['VEN-A', 'VEN-B'];
const option = { type: 'put', strike: '61000000' } as const;

/** `expiry`: window in which the dated instruments end. */
export function instruments(expiry: number): readonly InstrumentSpec[] {
  const dated = { expiry: endOf(expiry) - 1 };
  const median = { settlementRule: { kind: 'median', marks: 3 } } as const;
  const underlying = 'LIN-PERP';
  return [
    spec('SPOT', 'spot', 'linear', ['VEN-A'], {
      baseAsset: 'BTC',
      contractSize: '1',
      contractSizeScale: 2,
    }),
    spec('LIN-PERP', 'perpetual', 'linear', both, median),
    spec('LIN-FUT', 'future', 'linear', both, dated),
    spec('INV-PERP', 'perpetual', 'inverse', both, {
      quantityScale: 0,
      maxOrderQuantity: '400',
      positionLimit: '500',
    }),
    spec('INV-FUT', 'future', 'inverse', ['VEN-B'], { ...dated, ...median, quantityScale: 1 }),
    spec('OPT-FS', 'option', 'linear', both, {
      ...dated,
      underlying,
      option: { ...option, premium: 'futures-style' },
    }),
    spec('OPT-UP', 'option', 'linear', ['VEN-B'], {
      ...dated,
      underlying,
      option: { ...option, premium: 'upfront' },
    }),
    spec('CUS-FS', 'custom', 'linear', ['VEN-B'], {
      ...dated,
      underlying,
      custom: { knots, premium: 'futures-style' },
    }),
    spec('CUS-UP', 'custom', 'linear', ['VEN-A'], {
      ...dated,
      underlying,
      custom: { knots, premium: 'upfront' },
    }),
    spec('COARSE', 'perpetual', 'linear', ['VEN-A'], { settlementAsset: 'USDC', feePpm: 7 }),
  ];
}

/** A command without the envelope every operator command shares. */
export type Bare<C = Command> = C extends { readonly commandId: string }
  ? Omit<C, 'commandId' | 'actor' | 'occurredAt'>
  : never;

/** Registers everything above. */
export function setup(expiry: number): readonly Bare[] {
  const registered = [
    ...Object.entries(assets).map(
      ([asset, scale]) => ({ kind: 'register-asset', asset, scale }) as const,
    ),
    ...members.map(
      (member) => ({ kind: 'register-member', member, name: `Member ${member}` }) as const,
    ),
    ...venues.map(
      (v) => ({ kind: 'register-venue', venue: v.venue, venueKind: v.kind, mode: v.mode }) as const,
    ),
    ...instruments(expiry).map((item) => ({ kind: 'list-instrument', spec: item }) as const),
  ];
  const opened = accounts.map((a) => ({
    kind: 'open-account' as const,
    account: a.account,
    member: a.member,
    segregation: a.segregation,
    margin: a.isolated === undefined ? ('cross' as const) : ('isolated' as const),
    ...(a.isolated === undefined ? {} : { isolatedInstrument: a.isolated }),
  }));
  const names = accounts.map(({ account }) => account);
  return [...registered, ...opened, ...onChain('CUSTODY', assets, names)];
}
