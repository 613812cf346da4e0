import { type AccountGreeks, GREEK_SCALE, greeksOf } from './greeks/greeks.js';
import { figureText } from './decimal.js';
import { type Health, healthOf } from './health/health.js';
import { lossTail } from './health/tail.js';
import type { RiskKernel } from './kernel/port.js';
import type { Assessment } from './models/urs/urs.js';
import type { UrsParameters } from './parameters.js';
import { roundDown } from './rounding.js';
import { deltaGammaVar, portfolioVariance } from './variance/variance.js';

/** What a member reads beside its requirement: integers and decimal texts, never a float. */
export interface AccountRisk {
  readonly greeks: AccountGreeks;
  /** Absent where nothing the account holds moves in the scenarios. */
  readonly health?: Health;
  /** Parametric, of one scenario horizon; absent where the scenario set was given without its facts. */
  readonly variance?: VarianceTexts;
}

/** Numeraire, 8 decimals, up. */
export interface VarianceTexts {
  /** Standard deviation of the delta part, and how the factors share in it (Euler: they sum to it, but for their rounding). */
  readonly deviation: string;
  readonly components: readonly { readonly factor: string; readonly amount: string }[];
  readonly confidence: string;
  /** Delta-gamma-vega value at risk at that confidence. */
  readonly valueAtRisk: string;
}

/** Greeks, health and variance of an assessment that was examined in full or in summary. */
export function accountRisk(
  kernel: RiskKernel,
  parameters: UrsParameters,
  assessment: Assessment,
): AccountRisk {
  const greeks = greeksOf(kernel, assessment.account.legs);
  const health = healthOfAssessment(kernel, parameters, assessment);
  const variance = varianceOf(kernel, parameters, assessment);
  return { greeks, ...(health && { health }), ...(variance && { variance }) };
}

/**
 * Losses of the sets are taken to come together, worst with worst, scenario by scenario in order of loss: nobody knows how they
 * move jointly, and sums of margins assume the same.
 */
function healthOfAssessment(
  kernel: RiskKernel,
  parameters: UrsParameters,
  { account, sets, requirement }: Assessment,
): Health | undefined {
  const [first, ...others] = sets;
  if (first === undefined) return undefined;
  const joint =
    others.length === 0
      ? first.losses
      : sets
          .map(({ losses }) => losses.toSorted((a, b) => b - a))
          .reduce((sum, each) => sum.map((loss, j) => loss + (each[j] ?? 0)));
  const tail = lossTail(joint, first.scenarios.set.weights(), {
    tail: parameters.number('health.tail'),
    maximumShape: parameters.number('health.maximumShape'),
  });
  const { equity, initialMargin, maintenanceMargin, scale } = requirement;
  const equityBeforeHaircuts = roundDown(account.equityBeforeHaircuts, scale, 'equity');
  return healthOf(
    kernel,
    tail,
    { equity, equityBeforeHaircuts, initialMargin, maintenanceMargin, scale },
    {
      pointsPerDecade: parameters.number('health.pointsPerDecade'),
      ruinTargets: parameters.list('health.ruinTargets'),
    },
  );
}

/** Of one set alone: several are not known to move jointly. */
function varianceOf(
  kernel: RiskKernel,
  parameters: UrsParameters,
  { account, sets }: Assessment,
): VarianceTexts | undefined {
  const [only, more] = sets;
  const facts = only?.scenarios.set.facts;
  if (!only || more || !facts) return undefined;
  const { factors } = only.scenarios.history;
  const delta = factors.map(() => 0);
  const gamma = factors.map(() => 0);
  let theta = 0;
  const add = (into: number[], index: number, amount: number): void => {
    into[index] = (into[index] ?? 0) + amount;
  };
  for (const { factor, slope, quantity } of only.moving) add(delta, factor, quantity * slope);
  for (const { risk, quantity } of account.legs) {
    const { valuation, underlying } = risk;
    if (valuation?.kind !== 'option' || !underlying) continue;
    const raw = kernel.optionGreeks(valuation.terms);
    const size = quantity * valuation.size;
    const unit = valuation.move === 'absolute' ? 1 : underlying.price;
    add(gamma, valuation.factor, size * raw.gamma * unit * unit);
    theta += size * raw.theta * valuation.horizon;
    if (valuation.volFactor === undefined) continue;
    add(delta, valuation.volFactor, size * raw.vega * valuation.terms.vol);
  }
  const given = { deviations: facts.target, correlation: facts.correlation };
  const { deviation, components } = portfolioVariance(delta, given);
  const confidence = parameters.number('variance.confidence');
  const { valueAtRisk } = deltaGammaVar(kernel, { delta, gamma, theta }, given, confidence);
  return {
    deviation: figureText(deviation, GREEK_SCALE, 'up'),
    components: components.map((each, i) => ({
      factor: factors[i]?.id ?? '',
      amount: figureText(each, GREEK_SCALE, 'nearest'),
    })),
    confidence: String(confidence),
    valueAtRisk: figureText(valueAtRisk, GREEK_SCALE, 'up'),
  };
}
