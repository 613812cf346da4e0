import type { InstrumentSpec } from '#events';
import type { Command } from '#ledger';
import { accounts, members } from './participants.js';

/** An operator command as it goes over HTTP: `POST /v1/commands/:kind` with this body and Idempotency-Key. */
export interface OperatorCommand {
  readonly kind: Command['kind'];
  readonly idempotencyKey: string;
  readonly body: object;
  /** Whose key signs it; the operator's unless told otherwise. */
  readonly by?: 'operator' | 'risk';
}

export interface DemoAsset {
  readonly asset: string;
  readonly scale: number;
  /** What every cross account brings, and what the house's guarantee fund starts with: whole units. */
  readonly opening: number;
  readonly guarantee: number;
}

/** One of the two chains members keep their collateral on. */
export interface DemoChain {
  readonly chainId: number;
  /** The custodian that speaks for the chain's watcher: nobody else can credit a deposit. */
  readonly custodian: string;
}

export const chains: readonly DemoChain[] = [31337, 31338].map((chainId) => ({
  chainId,
  custodian: `chain-${chainId}`,
}));
export const custodians: readonly string[] = chains.map(({ custodian }) => custodian);
export const venues: readonly string[] = ['binance_spot', 'binance_usdm', 'binance_coinm'];

/** Ledger scale 8 for every asset, whatever its token has. The busiest account ever needs half its opening. */
export const assets: readonly DemoAsset[] = [
  { asset: 'USDT', scale: 8, opening: 1_000_000, guarantee: 500_000 },
  { asset: 'BTC', scale: 8, opening: 20, guarantee: 10 },
  { asset: 'ETH', scale: 8, opening: 150, guarantee: 100 },
];

/** Where a symbol of the tape lands in the house. */
export interface DemoInstrument {
  readonly venue: string;
  readonly symbol: string;
  readonly spec: InstrumentSpec;
}

type Own = Pick<InstrumentSpec, 'instrument' | 'kind' | 'payoff' | 'settlementAsset' | 'feePpm'> &
  Pick<InstrumentSpec, 'priceScale' | 'quantityScale' | 'contractSize'> & {
    readonly baseAsset?: string;
    readonly tick: string;
  };

/** Shared terms: settlement price is the median of the window's last five marks; fees are invented, and small. */
function list(venue: string, symbol: string, own: Own): DemoInstrument {
  const spec: InstrumentSpec = {
    ...own,
    venues: [venue],
    contractSizeScale: 0,
    lot: '1',
    maxOrderQuantity: '100000000000',
    positionLimit: '1000000000000',
    allowsNegativePrice: false,
    settlementRule: { kind: 'median', marks: 5 },
  };
  return { venue, symbol, spec };
}

const linear = { payoff: 'linear', settlementAsset: 'USDT', contractSize: '1' } as const;
const spot = { ...linear, kind: 'spot', feePpm: 50, priceScale: 2, tick: '1' } as const;
const perpetual = { ...linear, kind: 'perpetual', feePpm: 20, quantityScale: 3 } as const;
const inverse = { kind: 'perpetual', payoff: 'inverse', feePpm: 20, quantityScale: 0 } as const;

/** Tick and lot are the tape's; contract sizes are Binance's: 100 USD on BTCUSD_PERP, 10 USD on ETHUSD_PERP. */
export const instruments: readonly DemoInstrument[] = [
  list('binance_spot', 'BTCUSDT', {
    ...spot,
    instrument: 'BTC-USDT',
    baseAsset: 'BTC',
    quantityScale: 5,
  }),
  list('binance_spot', 'ETHUSDT', {
    ...spot,
    instrument: 'ETH-USDT',
    baseAsset: 'ETH',
    quantityScale: 4,
  }),
  list('binance_usdm', 'BTCUSDT', {
    ...perpetual,
    instrument: 'BTC-USDT-PERP',
    priceScale: 1,
    tick: '1',
  }),
  list('binance_usdm', 'ETHUSDT', {
    ...perpetual,
    instrument: 'ETH-USDT-PERP',
    priceScale: 2,
    tick: '1',
  }),
  list('binance_coinm', 'BTCUSD_PERP', {
    ...inverse,
    instrument: 'BTC-USD-PERP',
    settlementAsset: 'BTC',
    contractSize: '100',
    priceScale: 1,
    tick: '1',
  }),
  list('binance_coinm', 'ETHUSD_PERP', {
    ...inverse,
    instrument: 'ETH-USD-PERP',
    settlementAsset: 'ETH',
    contractSize: '10',
    priceScale: 2,
    tick: '1',
  }),
];

/** Assets, venues, members, instruments and accounts, in the order they have to exist. */
export function referenceCommands(): readonly OperatorCommand[] {
  const command = (kind: Command['kind'], id: string, body: object): OperatorCommand => ({
    kind,
    idempotencyKey: `demo-${kind}-${id}`,
    body,
  });
  return [
    ...assets.map(({ asset, scale }) => command('register-asset', asset, { asset, scale })),
    ...[...venues, ...custodians].map((venue) =>
      command('register-venue', venue, {
        venue,
        venueKind: custodians.includes(venue) ? 'custodian' : 'trading',
        mode: venue === 'binance_coinm' ? 'open-offer' : 'novation',
      }),
    ),
    ...members.map((member) =>
      command('register-member', member, { member, name: `Demo member ${member.slice(1)}` }),
    ),
    ...instruments.map(({ spec }) => command('list-instrument', spec.instrument, { spec })),
    ...accounts.map((account) => command('open-account', account.account, account)),
  ];
}
