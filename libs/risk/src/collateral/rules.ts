import type { UrsParameters } from '../parameters.js';
import type { BadPrintRule } from './bad-print.js';
import type { ConcentrationLimits } from './concentration.js';
import type { HaircutParameters } from './haircut.js';
import type { MarkGuard } from './mark.js';
import type { PegRule } from './peg.js';
import type { ReturnWindow } from './returns.js';
import type { SpeedLimits } from './speed.js';

/** Every number the collateral functions take. */
export interface CollateralRules {
  readonly returns: ReturnWindow;
  readonly haircut: HaircutParameters;
  readonly concentration: ConcentrationLimits;
  readonly speed: SpeedLimits;
  readonly mark: MarkGuard;
  readonly badPrint: BadPrintRule;
  readonly peg: PegRule;
  readonly pegLevels: readonly number[];
  readonly wrongWay: { readonly tail: number; readonly limit: number };
}

/**
 * The collateral rules of a parameter document: its `collateral` and `mark` keys, and those of the margin rules that say the same thing
 * (market impact, share of volume, horizon, long run, peg).
 */
export function collateralRules(parameters: UrsParameters): CollateralRules {
  const own = (key: string): number => parameters.number(`collateral.${key}`);
  const mark = (key: string): number => parameters.number(`mark.${key}`);
  return {
    returns: {
      decay: own('decay'),
      seed: own('seedDays'),
      moments: own('momentDays'),
      longRun: parameters.number('core.LRW'),
    },
    haircut: {
      quantile: own('quantile'),
      maximumSkew: own('maximumSkew'),
      maximumKurtosis: own('maximumKurtosis'),
      longRunShare: own('longRunShare'),
      impact: parameters.number('liquidity.impact'),
      participation: parameters.number('concentration.participation'),
      horizon: parameters.number('core.horizonDays'),
      minimum: own('minimum'),
      momentHistory: own('minimumMomentDays'),
      volatilityHistory: own('minimumDays'),
    },
    concentration: { volumeShare: own('volumeShare'), fundShare: own('fundShare') },
    speed: { risePerHour: own('risePerHour'), fallPerDay: own('fallPerDay') },
    mark: {
      minimumVenues: mark('minimumVenues'),
      maximumDeviation: mark('maximumDeviation'),
    },
    badPrint: { spike: mark('spike'), agreement: mark('agreement') },
    peg: {
      threshold: parameters.number('peg.threshold'),
      factor: parameters.number('peg.factor'),
    },
    pegLevels: parameters.list('peg.levels'),
    wrongWay: { tail: own('wrongWayTail'), limit: own('wrongWayLimit') },
  };
}
