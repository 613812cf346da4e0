import { canonicalJson, merkleRootOfTexts } from '../canonical.js';
import type { Elementary, FactorBounds } from '../kernel/port.js';
import { RiskError } from '../risk-error.js';

/**
 * One risk factor. `price`: closes in the quote currency; its shock is the simple return S_t/S_{t-1} - 1 (`relative`) or
 * S_t - S_{t-1} in price units (`absolute`, for what may trade below zero). `iv`: implied volatilities; the shock is their log
 * ratio. `difference`: bases, rates, pegs as fractions; the shock is the first difference.
 */
export type Factor =
  | { readonly id: string; readonly kind: 'price'; readonly move: 'relative' | 'absolute' }
  | { readonly id: string; readonly kind: 'iv'; readonly move: 'relative' }
  | { readonly id: string; readonly kind: 'difference'; readonly move: 'absolute' };

/** Values of all factors on one date, joint, at the same hour; null only before a factor's listing. */
export interface HistoryDay {
  /** `2024-08-06`. */
  readonly date: string;
  readonly values: readonly (number | null)[];
}

/** The levels a scenario set is made of. Public data: its root is part of the model's id. */
export interface FactorHistory {
  /** Of the set, e.g. `crypto`. */
  readonly name: string;
  /** Most calendar days from one date to the next: 1 where trading never stops, 5 where there are weekends and holidays. */
  readonly maximumGapDays: number;
  readonly factors: readonly Factor[];
  readonly days: readonly HistoryDay[];
}

/**
 * Root of a history: RFC 9162 Merkle tree hash over UTF-8 leaves. Leaf 0 is the canonical JSON (RFC 8785) of
 * `{"factors":[{"id","kind","move"},...],"maximumGapDays","name"}`, leaf t that of `["2024-08-06",v1,...,vn]`, oldest first.
 */
export function historyRoot(history: FactorHistory): string {
  const { name, maximumGapDays, factors, days } = history;
  const head = {
    name,
    maximumGapDays,
    factors: factors.map(({ id, kind, move }) => ({ id, kind, move })),
  };
  return merkleRootOfTexts([
    canonicalJson(head),
    ...days.map(({ date, values }) => canonicalJson([date, ...values])),
  ]);
}

/** Bounds of a factor's shock: relative moves and log volatilities are clipped, absolute ones are not. */
export function factorBounds(factor: Factor, clipLow: number, clipHigh: number): FactorBounds {
  return factor.move === 'absolute'
    ? { lo: -Infinity, hi: Infinity }
    : { lo: clipLow, hi: clipHigh };
}

/** A factor's shock from one level to the next. */
export function shock(factor: Factor, before: number, after: number, kernel: Elementary): number {
  if (factor.move === 'absolute') return after - before;
  return factor.kind === 'iv' ? kernel.log(after / before) : after / before - 1;
}

const gap = (field: string, reason: string): RiskError =>
  new RiskError(
    'history-gap',
    field,
    reason,
    'fill the day from the source, or leave the factor out',
  );

/** Days since 1970-01-01 of an ISO date. Throws `history-gap` on anything else. */
function dayNumber(date: string): number {
  const milliseconds = Date.parse(`${date}T00:00:00Z`);
  if (/^\d{4}-\d\d-\d\d$/.test(date) && Number.isFinite(milliseconds))
    return milliseconds / 86_400_000;
  throw gap(date, 'it is no ISO date');
}

/** Checks the head: at least one factor, no id twice. */
export function checkFactors(factors: readonly Factor[]): void {
  if (factors.length === 0) {
    throw new RiskError('history-empty', 'factors', 'there is none', 'name at least one factor');
  }
  const ids = new Set(factors.map(({ id }) => id));
  if (ids.size === factors.length) return;
  throw new RiskError('out-of-bounds', 'factors', 'an id stands twice', 'name each factor once');
}

/** Checks a day against the one before it: shape, dates, and every value of a factor that was listed before. */
export function checkDay(
  head: Pick<FactorHistory, 'factors' | 'maximumGapDays'>,
  day: HistoryDay,
  before: HistoryDay | undefined,
): void {
  const { factors, maximumGapDays } = head;
  if (day.values.length !== factors.length) {
    throw gap(day.date, `${day.values.length} values for ${factors.length} factors`);
  }
  const step = before ? dayNumber(day.date) - dayNumber(before.date) : (dayNumber(day.date), 1);
  if (step < 1) throw gap(day.date, `it does not follow ${before?.date ?? ''}`);
  if (step > maximumGapDays) throw gap(day.date, `${step} days after ${before?.date ?? ''}`);
  factors.forEach((factor, i) => checkValue(factor, day, i, before?.values[i] ?? null));
}

function checkValue(factor: Factor, day: HistoryDay, i: number, before: number | null): void {
  const value = day.values[i] ?? null;
  const field = `${factor.id} ${day.date}`;
  if (value === null) {
    if (before === null) return;
    throw gap(field, 'a value is missing after the factor was listed');
  }
  if (!Number.isFinite(value)) {
    throw new RiskError('not-finite', field, `${value} is no level`, 'give a finite number');
  }
  if (value > 0 || factor.move === 'absolute') return;
  throw new RiskError(
    'price-not-positive',
    field,
    `${value} is not above zero, and the factor moves relatively`,
    'correct the level, or let the factor move in absolute steps',
  );
}
