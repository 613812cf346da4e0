export { comonotone, type WeightedLosses } from './comonotone.js';
export {
  type Health,
  type HealthInput,
  healthOf,
  type HealthRule,
  healthScore,
  type LargestSize,
} from './health.js';
export {
  lossExceededWith,
  lossTail,
  type LossTail,
  probabilityAbove,
  type TailRule,
} from './tail.js';
