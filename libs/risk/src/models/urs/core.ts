import type { LossVector, RiskKernel, Shortfall } from '../../kernel/port.js';
import type { Scenarios } from '../../scenarios/scenarios.js';
import type { Moving } from './account.js';

/** Expected shortfall of what moves in one set. */
interface SetShortfall {
  readonly scenarios: Scenarios;
  readonly moving: readonly Moving[];
  readonly shortfall: Shortfall;
}

/** The same with the losses it was taken from: one per scenario, positive is a loss, numeraire. */
export interface SetLosses extends SetShortfall {
  readonly losses: Float64Array;
}

/** One entry per scenario set in which the account holds anything, in the model's order of sets. */
export function lossesOf(
  kernel: RiskKernel,
  scenarios: readonly Scenarios[],
  moving: readonly Moving[],
  alpha: number,
): readonly SetLosses[] {
  return overSets(kernel, scenarios, moving, alpha, (set, losses) => ({
    ...set,
    losses: losses.values(),
  }));
}

/** The shortfalls alone, without copying the losses out. */
export function shortfallsOf(
  kernel: RiskKernel,
  scenarios: readonly Scenarios[],
  moving: readonly Moving[],
  alpha: number,
): readonly number[] {
  return overSets(kernel, scenarios, moving, alpha, ({ shortfall }) => shortfall.value);
}

function overSets<Result>(
  kernel: RiskKernel,
  scenarios: readonly Scenarios[],
  moving: readonly Moving[],
  alpha: number,
  result: (set: SetShortfall, losses: LossVector) => Result,
): readonly Result[] {
  return scenarios.flatMap((each) => {
    const mine = moving.filter(({ set }) => set === each);
    if (mine.length === 0) return [];
    const arrays = mine.map(({ array }) => array);
    const quantities = mine.map(({ quantity }) => quantity);
    const losses = kernel.losses(arrays, quantities);
    const shortfall = kernel.shortfall(losses, each.set, alpha);
    const found = result({ scenarios: each, moving: mine, shortfall }, losses);
    losses.release();
    return [found];
  });
}
