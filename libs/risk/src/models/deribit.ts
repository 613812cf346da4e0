import type { RiskKernel } from '../kernel/port.js';
import { shockedVol, type VolMove, type VolShock } from './grid.js';
import { badInput, positive } from './input.js';

/**
 * `scan` after Deribit's portfolio margin, in coin, as decoded from its public answers. Confirmed by numbers: the standard
 * matrix of futures, the gain offset, the roll shock, the maintenance factor. Inferred and marked so: the extended rows of
 * options. What is not known (the delta shock above its threshold) is refused, not guessed.
 */
export const deribitModel = { name: 'scan-deribit', version: '1' } as const;

export interface DeribitParameters {
  /** Range of the standard matrix, a fraction, and its buckets each side. */
  readonly priceRange: number;
  readonly buckets: number;
  readonly volUp: number;
  readonly volDown: number;
  readonly leastVolUp: number;
  readonly shortVegaPower: number;
  readonly longVegaPower: number;
  /** Share of a pair's gains that may offset losses. */
  readonly gainOffset: number;
  /** Deducted from the loss in extended rows, quote currency: small books show none. */
  readonly extendedDampener: number;
  /** Roll shock: at least this, or so much per year to expiry, of |delta|. */
  readonly leastAnnualisedMove: number;
  readonly annualisedMove: number;
  readonly maintenanceFactor: number;
  /** Net delta in quote currency above which a delta shock starts; absent: the pair has none. */
  readonly deltaThreshold?: number;
}

/** Moves of the extended rows. */
export const extendedMoves = [-0.66, -0.33, 0.5, 1, 2, 3, 4, 5] as const;

/** A position of one currency pair, in coin. */
export type DeribitPosition =
  | { readonly kind: 'future'; readonly delta: number; readonly years: number }
  | {
      readonly kind: 'option';
      /** Coins of underlying; below zero is short. `delta` in coin, of the whole position. */
      readonly quantity: number;
      readonly delta: number;
      readonly type: 'call' | 'put';
      readonly forward: number;
      readonly strike: number;
      readonly years: number;
      readonly vol: number;
    };

/** Profit under volatility up, unchanged and down. */
export type ByVol = readonly [up: number, none: number, down: number];

export interface DeribitMargin {
  /** Profit in coin, bucket by bucket from the lowest move. */
  readonly standard: readonly ByVol[];
  readonly extended: readonly number[];
  /** After the gain offset and the dampener. */
  readonly aggregatedStandard: readonly ByVol[];
  readonly aggregatedExtended: readonly number[];
  readonly worstCase: number;
  readonly rollShock: number;
  readonly riskMatrixMargin: number;
  readonly maintenanceMargin: number;
}

type Pricing = Pick<RiskKernel, 'exp' | 'log' | 'optionPrice'>;
const byVol = (of: (vol: VolMove) => number): ByVol => [of('up'), of('none'), of('down')];

/** Margin of one currency pair, coin. `index`: quote currency per coin. */
export function deribitMargin(
  kernel: Pricing,
  positions: readonly DeribitPosition[],
  index: number,
  parameters: DeribitParameters,
): DeribitMargin {
  positive(index, 'index');
  positive(parameters.priceRange, 'priceRange');
  refuseDeltaShock(positions, index, parameters);
  const { buckets, priceRange, gainOffset, extendedDampener } = parameters;
  const profit = (move: number, vol: VolMove): number =>
    positions.reduce((sum, p) => sum + profitOf(kernel, p, move, vol, index, parameters), 0);
  const standard = Array.from({ length: 2 * buckets + 1 }, (_, i) => {
    const move = ((i - buckets) * priceRange) / buckets;
    return byVol((vol) => profit(move, vol));
  });
  const extended = extendedMoves.map((move) => profit(move, 'up'));
  const offset = (p: number): number => (p > 0 ? gainOffset * p : p);
  const aggregatedStandard = standard.map(([up, none, down]): ByVol => [
    offset(up),
    offset(none),
    offset(down),
  ]);
  const deductible = extendedDampener / index;
  const aggregatedExtended = extended.map((p) => Math.min(p + deductible, 0));
  const worstCase = Math.max(
    0,
    ...[...aggregatedStandard.flat(), ...aggregatedExtended].map((p) => -p),
  );
  const rollShock = positions.reduce((sum, p) => sum + rollOf(p, parameters), 0);
  const riskMatrixMargin = worstCase + rollShock;
  return {
    standard,
    extended,
    aggregatedStandard,
    aggregatedExtended,
    worstCase,
    rollShock,
    riskMatrixMargin,
    maintenanceMargin: parameters.maintenanceFactor * riskMatrixMargin,
  };
}

/** Linear profit is capped at the standard range: extended rows are for convexity. */
function profitOf(
  kernel: Pricing,
  position: DeribitPosition,
  move: number,
  vol: VolMove,
  index: number,
  parameters: DeribitParameters,
): number {
  const { priceRange } = parameters;
  if (position.kind === 'future') {
    const capped = Math.min(Math.max(move, -priceRange), priceRange);
    return position.delta * (1 - 1 / (1 + capped));
  }
  const { quantity, type, strike, years, forward } = position;
  const terms = { type, style: 'european', strike, years, discount: 1 } as const;
  const shocked = shockedVol(kernel, position.vol, years, vol, volShockOf(parameters));
  const after = kernel.optionPrice({ ...terms, forward: forward * (1 + move), vol: shocked });
  const before = kernel.optionPrice({ ...terms, forward, vol: position.vol });
  return quantity * (after / (index * (1 + move)) - before / index);
}

const volShockOf = (parameters: DeribitParameters): VolShock => ({
  up: parameters.volUp,
  down: parameters.volDown,
  shortPower: parameters.shortVegaPower,
  longPower: parameters.longVegaPower,
  leastDays: 1,
  leastUp: parameters.leastVolUp,
});

const rollOf = (
  { delta, years }: DeribitPosition,
  { leastAnnualisedMove, annualisedMove }: DeribitParameters,
): number => Math.abs(delta) * Math.max(leastAnnualisedMove, annualisedMove * years);

function refuseDeltaShock(
  positions: readonly DeribitPosition[],
  index: number,
  { deltaThreshold }: DeribitParameters,
): void {
  const delta = positions.reduce((sum, position) => sum + position.delta, 0);
  if (deltaThreshold !== undefined && Math.abs(delta) * index > deltaThreshold)
    throw badInput(
      'delta',
      `${delta} coins are above the threshold of the delta shock, whose formula is not public`,
      'use a smaller book',
    );
}
