import { decimalText, figureText } from '../decimal.js';
import type { RiskKernel } from '../kernel/port.js';
import type { Account } from '../models/urs/account.js';
import type { SetLosses } from '../models/urs/core.js';
import { apportion, roundUp } from '../rounding.js';
import {
  type Covariance,
  deltaGammaVar,
  portfolioVariance,
  type QuadraticBook,
} from './variance.js';
import { type Sensitivities, sensitivitiesOf } from './sensitivities.js';

/** A share in a standard deviation. Negative: it hedges the rest. */
export interface VarianceShare {
  readonly id: string;
  readonly amount: string;
}

/** Parametric risk of an account over one scenario horizon. Numeraire, 8 decimals. */
export interface AccountVariance {
  /** Standard deviation of the delta part, up. */
  readonly deviation: string;
  /** Euler shares of the risk factors, each beside what it would be alone (up). They sum to the deviation exactly. */
  readonly factors: readonly (VarianceShare & { readonly standalone: string })[];
  /** The same by position; collateral is `asset:<id>`. They sum to the deviation exactly. */
  readonly positions: readonly VarianceShare[];
  readonly confidence: string;
  /** Delta-gamma-vega value at risk at that confidence, up. */
  readonly valueAtRisk: string;
}

export const VARIANCE_SCALE = 8;

/** One holding's sensitivities, its quantity in them. */
interface Exposure extends Sensitivities {
  readonly id: string;
}

interface SetVariance {
  readonly deviation: number;
  readonly valueAtRisk: number;
  readonly factors: readonly { id: string; value: number; standalone: number }[];
  readonly positions: readonly { id: string; value: number }[];
}

/**
 * Of all sets that move the account, at the sets' target volatilities and correlation; undefined where one was given without them.
 * Several sets' amounts are added: nobody knows how they move jointly, and the core's margins are added as well.
 */
export function accountVariance(
  kernel: RiskKernel,
  account: Account,
  sets: readonly SetLosses[],
  confidence: number,
): AccountVariance | undefined {
  const found = sets.map((each) => varianceOfSet(kernel, account, each, confidence));
  const known = found.filter((each) => each !== undefined);
  if (known.length === 0 || known.length < found.length) return undefined;
  const sum = (of: (each: SetVariance) => number): number =>
    known.reduce((total, each) => total + of(each), 0);
  const deviation = roundUp(
    sum((each) => each.deviation),
    VARIANCE_SCALE,
  );
  const factors = known.flatMap((each) => each.factors);
  const alone = factors.map(({ standalone }) => figureText(standalone, VARIANCE_SCALE, 'up'));
  return {
    deviation: decimalText(deviation, VARIANCE_SCALE),
    factors: shares(deviation, factors).map((share, i) => ({
      ...share,
      standalone: alone[i] ?? '',
    })),
    positions: shares(
      deviation,
      known.flatMap((each) => each.positions),
    ),
    confidence: String(confidence),
    valueAtRisk: figureText(
      sum((each) => each.valueAtRisk),
      VARIANCE_SCALE,
      'up',
    ),
  };
}

function shares(
  total: bigint,
  parts: readonly { readonly id: string; readonly value: number }[],
): VarianceShare[] {
  const amounts = apportion(
    total,
    parts.map(({ value }) => value),
    VARIANCE_SCALE,
  );
  return parts.map(({ id }, i) => ({ id, amount: decimalText(amounts[i] ?? 0n, VARIANCE_SCALE) }));
}

function varianceOfSet(
  kernel: RiskKernel,
  account: Account,
  { scenarios, moving }: SetLosses,
  confidence: number,
): SetVariance | undefined {
  const { facts } = scenarios.set;
  if (facts === undefined) return undefined;
  const exposures = exposuresOf(kernel, account, moving);
  const touched = [
    ...new Set(exposures.flatMap(({ first }) => first.map(({ factor }) => factor))),
  ].sort((a, b) => a - b);
  const book = bookOf(exposures, touched);
  const given = restricted({ deviations: facts.target, correlation: facts.correlation }, touched);
  const { deviation, components, standalone, marginal } = portfolioVariance(book.delta, given);
  const place = new Map(touched.map((factor, i) => [factor, i]));
  return {
    deviation,
    valueAtRisk: deltaGammaVar(kernel, book, given, confidence).valueAtRisk,
    factors: touched.map((factor, i) => ({
      id: scenarios.history.factors[factor]?.id ?? '',
      value: components[i] ?? 0,
      standalone: standalone[i] ?? 0,
    })),
    positions: exposures.map(({ id, first }) => ({
      id,
      value: first.reduce(
        (sum, { factor, value }) => sum + value * (marginal[place.get(factor) ?? -1] ?? 0),
        0,
      ),
    })),
  };
}

/** Positions by their valuation; collateral moves with one factor, as its array does. In the order of the account. */
function exposuresOf(
  kernel: RiskKernel,
  account: Account,
  moving: SetLosses['moving'],
): readonly Exposure[] {
  const valuations = new Map(account.legs.map(({ id, risk }) => [id, risk.valuation]));
  return moving.map(({ id, quantity, factor, slope }) => {
    const valuation = valuations.get(id);
    const one = valuation
      ? sensitivitiesOf(kernel, valuation)
      : { first: [{ factor, value: slope }], second: [], theta: 0 };
    return {
      id,
      first: one.first.map((each) => ({ ...each, value: quantity * each.value })),
      second: one.second.map((each) => ({ ...each, value: quantity * each.value })),
      theta: quantity * one.theta,
    };
  });
}

/** The factors an account touches, in the set's order; sums in the order of its positions. */
function bookOf(exposures: readonly Exposure[], touched: readonly number[]): QuadraticBook {
  const place = new Map(touched.map((factor, i) => [factor, i]));
  const at = (factor: number): number => place.get(factor) ?? -1;
  const delta = touched.map(() => 0);
  let theta = 0;
  for (const each of exposures) {
    theta += each.theta;
    for (const { factor, value } of each.first) delta[at(factor)]! += value;
  }
  const cross = exposures.flatMap(({ second }) =>
    second.map(({ factor, other, value }) => ({ i: at(factor), j: at(other), value })),
  );
  return { delta, gamma: touched.map(() => 0), cross, theta };
}

function restricted({ deviations, correlation }: Covariance, to: readonly number[]): Covariance {
  const n = deviations.length;
  return {
    deviations: to.map((i) => deviations[i] ?? 0),
    correlation: to.flatMap((i) => to.map((j) => correlation[i * n + j] ?? 0)),
  };
}
