import { byCodeUnits } from '../exact.js';
import { RiskError } from '../risk-error.js';

export interface ProxyParameters {
  readonly betaDays: number;
  readonly shrink: number;
  readonly donorQuantile: number;
  readonly winsor: number;
}

/** Returns of one factor, oldest first; null before its listing. */
export interface Listed {
  readonly id: string;
  /** May it lend to others, and borrow from them: a price that moves relatively. */
  readonly eligible: boolean;
  readonly returns: readonly (number | null)[];
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, each) => sum + each, 0) / values.length;

/** Element floor(n/2) of the ascending order: as the standard's seed takes its median. */
const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Slope of y on x through their means, 0 where x does not vary. */
function slope(y: readonly number[], x: readonly number[]): number {
  const [my, mx] = [mean(y), mean(x)];
  const over = x.reduce((sum, each, t) => sum + (each - mx) * ((y[t] ?? 0) - my), 0);
  const under = x.reduce((sum, each) => sum + (each - mx) * (each - mx), 0);
  return under > 0 ? over / under : 0;
}

/** Standard deviation of residuals clipped at `winsor` robust deviations (1.4826 x median absolute residual). */
function winsorisedDeviation(residuals: readonly number[], winsor: number): number {
  const bound = winsor * 1.4826 * middle(residuals.map(Math.abs));
  const clipped = residuals.map((each) => Math.min(Math.max(each, -bound), bound));
  return Math.sqrt(mean(clipped.map((each) => each * each)));
}

/**
 * History before a listing: `r = b x m + e`. m: mean return of the factors with full history; e: residuals of the donor, the
 * factor at the given quantile of winsorised residual volatility; b: 1 up to `betaDays` own days, then shrunk half way to
 * the least-squares beta of the own days. Own returns afterwards. Only data that is there is used: nothing of later days.
 */
export function fillProxies(factors: readonly Listed[], parameters: ProxyParameters): Listed[] {
  if (factors.every(({ returns }) => returns.every((each) => each !== null))) return [...factors];
  const full = factors
    .filter(({ eligible, returns }) => eligible && returns.every((each) => each !== null))
    .map(({ id, returns }) => ({ id, returns: returns as readonly number[] }))
    .toSorted((a, b) => byCodeUnits(a.id, b.id));
  const market = (full[0]?.returns ?? []).map((_, t) =>
    mean(full.map(({ returns }) => returns[t] ?? 0)),
  );
  const residuals = donorResiduals(full, market, parameters);
  return factors.map((factor) => {
    if (factor.returns.every((each) => each !== null)) return factor;
    if (factor.eligible && full.length > 0) return filled(factor, market, residuals, parameters);
    throw new RiskError(
      'history-too-short',
      factor.id,
      'it has no full history, and no price factor of its set can lend it one',
      'give its whole history, or leave it out',
    );
  });
}

function donorResiduals(
  full: readonly { readonly id: string; readonly returns: readonly number[] }[],
  market: readonly number[],
  { donorQuantile, winsor }: ProxyParameters,
): readonly number[] {
  const ranked = full
    .map(({ id, returns }) => {
      const beta = slope(returns, market);
      const residuals = returns.map((each, t) => each - beta * (market[t] ?? 0));
      return { id, residuals, deviation: winsorisedDeviation(residuals, winsor) };
    })
    .toSorted((a, b) => a.deviation - b.deviation || byCodeUnits(a.id, b.id));
  // Nearest rank; with few donors the most volatile lends.
  return ranked[Math.max(Math.ceil(donorQuantile * ranked.length) - 1, 0)]?.residuals ?? [];
}

function filled(
  factor: Listed,
  market: readonly number[],
  residuals: readonly number[],
  { betaDays, shrink }: ProxyParameters,
): Listed {
  const first = factor.returns.findIndex((each) => each !== null);
  const listed = first < 0 ? factor.returns.length : first;
  const own = factor.returns.slice(listed) as readonly number[];
  const beta =
    own.length <= betaDays ? 1 : shrink + (1 - shrink) * slope(own, market.slice(listed));
  const returns = factor.returns.map(
    (each, t) => each ?? beta * (market[t] ?? 0) + (residuals[t] ?? 0),
  );
  return { ...factor, returns };
}
