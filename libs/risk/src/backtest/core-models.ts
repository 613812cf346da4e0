import { gridCoreModel, gridOffsetCoreModel, spanCoreModel } from '../models/grid-cores.js';
import {
  fhsCoreModel,
  fhsPlainCoreModel,
  hsCoreModel,
  urs1CoreModel,
} from '../models/historical-cores.js';
import { tieredCoreModel } from '../models/tiered-core.js';
import type { CoreModel } from './model.js';
import { ursCore } from './urs.js';

/** Defaults of the standard's core; research and sources in docs/risk-standard.md. */
export const URS_CORE = {
  core: {
    lam: 0.94,
    lamc: 0.97,
    delta: 0.2,
    m: 0.25,
    cv: 3,
    cz: 6,
    zc: 4,
    W: 1500,
    LRW: 2500,
    n0: 60,
    nc: 120,
    omega: 0.5,
    eig: 0.02,
    varianceFloor: 1e-12,
  },
  alpha: 0.012,
  k: 1,
} as const;

/** Every model the backtest compares, in the order of its tables. The first is the standard. */
export const coreModels: readonly CoreModel[] = [
  ursCore('2.0.0', URS_CORE),
  urs1CoreModel,
  fhsCoreModel,
  fhsPlainCoreModel,
  hsCoreModel,
  gridCoreModel,
  gridOffsetCoreModel,
  spanCoreModel,
  tieredCoreModel,
];
