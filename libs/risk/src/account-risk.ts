import { type AccountGreeks, greeksOf } from './greeks/greeks.js';
import { comonotone } from './health/comonotone.js';
import { type Health, healthOf } from './health/health.js';
import { lossTail } from './health/tail.js';
import type { RiskKernel } from './kernel/port.js';
import type { Assessment } from './models/urs/urs.js';
import type { UrsParameters } from './parameters.js';
import { roundDown } from './rounding.js';
import { type AccountVariance, accountVariance } from './variance/account-variance.js';

/** What a member reads beside its requirement: integers and decimal texts, never a float. */
export interface AccountRisk {
  readonly greeks: AccountGreeks;
  /** Absent where nothing the account holds moves in the scenarios. */
  readonly health?: Health;
  /** Absent there too, and where a scenario set was given without its volatilities and correlation. */
  readonly variance?: AccountVariance;
}

/** Greeks, health and variance of an assessment that was examined in full or in summary. */
export function accountRisk(
  kernel: RiskKernel,
  parameters: UrsParameters,
  assessment: Assessment,
): AccountRisk {
  const { account, sets } = assessment;
  const greeks = greeksOf(kernel, account.legs);
  const health = healthOfAssessment(kernel, parameters, assessment);
  const confidence = parameters.number('variance.confidence');
  const variance = accountVariance(kernel, account, sets, confidence);
  return { greeks, ...(health && { health }), ...(variance && { variance }) };
}

function healthOfAssessment(
  kernel: RiskKernel,
  parameters: UrsParameters,
  { account, sets, requirement }: Assessment,
): Health | undefined {
  if (sets.length === 0) return undefined;
  const joint = comonotone(
    sets.map(({ losses, scenarios }) => ({ losses, weights: scenarios.set.weights() })),
  );
  const tail = lossTail(joint.losses, joint.weights, {
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
