import type { Payoff } from '../../instrument.js';
import { within } from '../../risk-error.js';

/** Points (underlying, value) of a piecewise-linear payoff, underlyings strictly rising. */
export type Knots = readonly (readonly [underlying: number, value: number])[];

/** The payoff as knots; a digital one is a ramp of `width` (fraction of its strike) about the strike. */
export function knotsOf(payoff: Payoff, width: number): Knots {
  if (payoff.form === 'piecewise') return payoff.knots;
  if (payoff.form === 'declared') return [];
  const half = (Math.abs(payoff.strike) * width) / 2;
  const [below, above] = payoff.side === 'up' ? [0, payoff.payout] : [payoff.payout, 0];
  return [
    [payoff.strike - half, below],
    [payoff.strike + half, above],
  ];
}

/** How many calls stand at each knot: the change of the payoff's slope there; it is flat outside its knots. */
export function slopeChanges(
  knots: Knots,
): readonly { readonly strike: number; readonly calls: number }[] {
  let before = 0;
  return knots.map(([strike, value], i) => {
    const next = knots[i + 1];
    const slope = next === undefined ? 0 : (next[1] - value) / (next[0] - strike);
    const calls = slope - before;
    before = slope;
    return { strike, calls };
  });
}

/** The most a long and a short can lose against today's mark, per contract: exact, for a payoff is bounded by its knots. */
export function payoffWorst(
  payoff: Payoff,
  mark: number,
  size: number,
): { readonly long: number; readonly short: number } {
  if (payoff.form === 'declared') {
    const { long, short } = payoff.worstCaseLoss;
    const loss = (each: number): number => size * within(each, 0, 1e15, 'worstCaseLoss');
    return { long: loss(long), short: loss(short) };
  }
  const values =
    payoff.form === 'piecewise' ? payoff.knots.map(([, value]) => value) : [0, payoff.payout];
  const lowest = values.reduce((least, each) => Math.min(least, each));
  const highest = values.reduce((most, each) => Math.max(most, each));
  return { long: size * Math.max(mark - lowest, 0), short: size * Math.max(highest - mark, 0) };
}
