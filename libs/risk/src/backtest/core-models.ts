import {
  fhsCoreModel,
  fhsPlainCoreModel,
  hsCoreModel,
  urs1CoreModel,
} from '../models/historical-cores.js';
import type { CoreModel } from './model.js';

/** Every model the backtest compares, in the order of its tables. The first is the standard. */
export const coreModels: readonly CoreModel[] = [
  urs1CoreModel,
  fhsCoreModel,
  fhsPlainCoreModel,
  hsCoreModel,
];
