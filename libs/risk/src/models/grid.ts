import type { Elementary } from '../kernel/port.js';
import { badInput, positive } from './input.js';

/**
 * `scan` on fixed grids of spot moves and volatility moves, one grid per underlying, as the crypto venues do. For comparison.
 * A grid knows no correlation: underlyings do not net, or net by a fixed share of gains.
 */
export const gridModel = { name: 'scan', version: '1' } as const;

export type VolMove = 'up' | 'none' | 'down';

/** One scenario: relative move of the underlying, what volatility does, and the share of the result that counts. */
export interface GridRow {
  readonly move: number;
  readonly vol: VolMove;
  readonly share: number;
}

/** How volatility is shocked: by `up` or `down` times (30 days / days to expiry)^power, with a floor where it goes up. */
export interface VolShock {
  readonly up: number;
  readonly down: number;
  readonly shortPower: number;
  readonly longPower: number;
  /** Days to expiry are not taken below this. */
  readonly leastDays: number;
  /** Least volatility after a shock up. */
  readonly leastUp: number;
}

/** Derive's published ranges, within Deribit's; volatility floors are venues' own and belong to crypto. */
export const cryptoVolShock: VolShock = {
  up: 0.5,
  down: 0.3,
  shortPower: 0.3,
  longPower: 0.13,
  leastDays: 1,
  leastUp: 0.4,
};

/** The same without the floor, for markets whose volatility is a third of a coin's. */
export const plainVolShock: VolShock = { ...cryptoVolShock, leastUp: 0 };

const DAYS_OF_YEAR = 365;
const REFERENCE_DAYS = 30;

/** Volatility after a move; never below zero. */
export function shockedVol(
  kernel: Pick<Elementary, 'exp' | 'log'>,
  vol: number,
  years: number,
  move: VolMove,
  shock: VolShock,
): number {
  if (move === 'none') return vol;
  const days = Math.max(years * DAYS_OF_YEAR, shock.leastDays);
  const power = days <= REFERENCE_DAYS ? shock.shortPower : shock.longPower;
  const reach = kernel.exp(power * kernel.log(REFERENCE_DAYS / days));
  return move === 'up'
    ? Math.max(vol * (1 + shock.up * reach), shock.leastUp)
    : vol * Math.max(1 - shock.down * reach, 0);
}

const VOLS = ['up', 'none', 'down'] as const;
const cross = (moves: readonly number[]): GridRow[] =>
  moves.flatMap((move) => VOLS.map((vol) => ({ move, vol, share: 1 })));

/** Nine moves by three volatilities: quarters of the range up and down. */
export function plainRows(range: number): readonly GridRow[] {
  positive(range, 'range');
  return cross([-4, -3, -2, -1, 0, 1, 2, 3, 4].map((i) => (i / 4) * range));
}

/** Derive's prices of its tail rows, as multiples of the spot. */
const TAILS = [0.34, 0.67, 1.5, 2, 3, 4, 5, 6] as const;
/** Share x |move| of a tail row, in ranges: every published dampening is this rule rounded. */
const TAIL_LINEAR = 0.77;

/**
 * Derive's PMRM_2 as published: quarters of the range by three volatilities, the range itself with volatility up, and tails
 * dampened so that a linear book never meets them. 31 rows; the two skew rows complete the 33.
 */
export function deriveRows(range = 0.18): readonly GridRow[] {
  positive(range, 'range');
  return [
    ...cross([-3, -2, -1, 0, 1, 2, 3].map((i) => (i / 4) * range)),
    { move: -range, vol: 'up', share: 1 },
    { move: range, vol: 'up', share: 1 },
    ...TAILS.map((multiple) => ({
      move: multiple - 1,
      vol: 'up' as const,
      share: (TAIL_LINEAR * range) / Math.abs(multiple - 1),
    })),
  ];
}

/** Skew rows: each strike's volatility moves with its log-moneyness; the result counts as a loss whichever way it goes. */
export interface SkewShock {
  /** Greatest relative move of a volatility, and the log-moneyness at which it is reached. */
  readonly cap: number;
  readonly reach: number;
}

/** Ours: Derive's numbers for these two are set on chain and were not read. */
export const skewShock: SkewShock = { cap: 0.12, reach: 0.5 };

/** Relative move of volatility at log-moneyness `k`: `clamp(k cap / reach, -cap, cap)`, of |k| in the absolute row. */
export function skewMove(
  k: number,
  form: 'linear' | 'absolute',
  { cap, reach }: SkewShock,
): number {
  const at = form === 'absolute' ? Math.abs(k) : k;
  return Math.min(Math.max((at * cap) / reach, -cap), cap);
}

export interface GridWorst {
  readonly margin: number;
  /** Row of each underlying's worst loss, or one row for all where gains offset; -1 where nothing loses. */
  readonly rows: readonly number[];
}

/**
 * Margin from each underlying's profit in each row. Without an offset every underlying stands alone, at its own worst row:
 * `sum_u max(0, -min_j P_uj)`. With one, all move together and gains count in part:
 * `max(0, max_j sum_u (loss_uj - offset x gain_uj))`, as Deribit's cross margin does with .6.
 */
export function gridMargin(profits: readonly ArrayLike<number>[], offset?: number): GridWorst {
  if (offset === undefined) {
    const each = profits.map((profit) => worstRow(profit));
    return {
      margin: each.reduce((sum, { loss }) => sum + loss, 0),
      rows: each.map(({ row }) => row),
    };
  }
  if (!(offset >= 0 && offset <= 1)) throw badInput('offset', `${offset}`, 'give 0 to 1');
  const rows = profits[0]?.length ?? 0;
  const together = new Float64Array(rows);
  for (const profit of profits)
    for (let j = 0; j < rows; j++) {
      const p = profit[j] ?? 0;
      together[j] = (together[j] ?? 0) + (p > 0 ? offset * p : p);
    }
  const { loss, row } = worstRow(together);
  return { margin: loss, rows: [row] };
}

/** Greatest loss, not below zero, and its row; -1 where no row loses. */
export function worstRow(profit: ArrayLike<number>): {
  readonly loss: number;
  readonly row: number;
} {
  let loss = 0;
  let row = -1;
  for (let j = 0; j < profit.length; j++)
    if (-(profit[j] ?? 0) > loss) [loss, row] = [-(profit[j] ?? 0), j];
  return { loss, row };
}
