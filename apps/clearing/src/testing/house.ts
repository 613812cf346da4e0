import type { InstrumentSpec } from '#events';
import { onChain } from '../../../../libs/ledger/src/testing/chain.js';
import type { RequestKind } from '../intake/http/command-shapes.js';

/**
 * The small house the app's specs run: two venues, a custodian, three members, two linear
 * perpetuals.
 */
export const keys = {
  operator: 'operator-key-for-tests',
  risk: 'risk-key-for-tests',
  custody: 'custody-key-for-tests',
  regulator: 'regulator-key-for-tests',
  V1: 'venue-one-key-for-tests',
  GHOST: 'ghost-venue-key-for-tests',
  M1: 'member-one-key-for-tests',
  M2: 'member-two-key-for-tests',
} as const;

/** Environment of the app with these keys. */
export const keyEnvironment: Readonly<Record<string, string>> = {
  // 32 bytes of 7: a key for tests only.
  NOVATE_PERSONAL_KEY: Buffer.alloc(32, 7).toString('base64'),
  NOVATE_KEY_OPERATOR: keys.operator,
  NOVATE_KEY_RISK: keys.risk,
  NOVATE_KEY_CUSTODY: keys.custody,
  NOVATE_KEY_REGULATOR: keys.regulator,
  NOVATE_VENUE_KEYS: `V1=${keys.V1},GHOST=${keys.GHOST}`,
  NOVATE_MEMBER_KEYS: `M1=${keys.M1},M2=${keys.M2}`,
};

export const instruments = ['BTC-PERP', 'ETH-PERP'] as const;

const specOf = (instrument: string): InstrumentSpec => ({
  instrument,
  kind: 'perpetual',
  payoff: 'linear',
  venues: ['V1'],
  settlementAsset: 'USDT',
  priceScale: 2,
  quantityScale: 3,
  contractSize: '1',
  contractSizeScale: 0,
  tick: '1',
  lot: '1',
  maxOrderQuantity: '100000000',
  positionLimit: '100000000000',
  feePpm: 10,
  allowsNegativePrice: false,
  settlementRule: { kind: 'last', marks: 1 },
});

const members = ['M1', 'M2', 'M3'] as const;

/** Reference data as the operator sends it; what begins with `approve-` is the risk officer's. */
export const setup: readonly (readonly [RequestKind, Readonly<Record<string, unknown>>])[] = [
  ['register-asset', { asset: 'USDT', scale: 8 }],
  ['register-venue', { venue: 'V1', venueKind: 'trading', mode: 'novation' }],
  ['register-venue', { venue: 'custody', venueKind: 'custodian', mode: 'novation' }],
  ...instruments.map((id) => ['list-instrument', { spec: specOf(id) }] as const),
  ...members.map((member) => ['register-member', { member, name: member }] as const),
  ...members.map((member) => {
    const account = { account: `${member}-H`, member, segregation: 'house', margin: 'cross' };
    return ['open-account', account] as const;
  }),
  ...onChain(
    'custody',
    { USDT: 8 },
    members.map((member) => `${member}-H`),
  ).map(({ kind, ...body }) => [kind as RequestKind, body] as const),
];

/** Who gives a command of the set-up. */
export const roleOf = (kind: RequestKind): 'operator' | 'risk' =>
  kind.startsWith('approve-') ? 'risk' : 'operator';
