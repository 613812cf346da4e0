export {
  type AccountVariance,
  accountVariance,
  VARIANCE_SCALE,
  type VarianceShare,
} from './account-variance.js';
export { type Sensitivities, sensitivitiesOf } from './sensitivities.js';
export {
  type Covariance,
  type CrossGamma,
  type DeltaGammaVar,
  deltaGammaVar,
  type Moments,
  portfolioVariance,
  quadraticMoments,
  type QuadraticBook,
  type VarianceReport,
} from './variance.js';
