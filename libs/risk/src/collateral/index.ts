export { type CleanedSeries, type BadPrintRule, withoutBadPrints } from './bad-print.js';
export {
  type CollateralParties,
  concentrationWeight,
  type ConcentrationLimits,
  issuerWeight,
  type Pool,
} from './concentration.js';
export {
  clippedMoments,
  cornishFisher,
  type LossMoments,
  type MomentBounds,
} from './cornish-fisher.js';
export {
  haircut,
  type Haircut,
  type HaircutCaution,
  type HaircutParameters,
  type Liquidity,
} from './haircut.js';
export {
  type ConsensusMark,
  consensusMark,
  type MarkGuard,
  type MarkSide,
  type VenueQuote,
} from './mark.js';
export { pegAddOn, type PegHolding, type PegLoss, type PegRule, pegScenarios } from './peg.js';
export {
  momentsOf,
  returnStatistics,
  type ReturnStatistics,
  type ReturnWindow,
  simpleReturns,
} from './returns.js';
export { collateralRules, type CollateralRules } from './rules.js';
export { type HaircutInForce, haircutInForce, type SpeedLimits } from './speed.js';
export { type WrongWay, wrongWay } from './wrong-way.js';
