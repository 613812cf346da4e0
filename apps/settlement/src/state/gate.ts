/** What the gate has to know of a leg; one per leg of every rail. */
export interface GateLeg {
  /** `<chainId>/<asset>`. */
  readonly rail: string;
  readonly asset: string;
  readonly cycle: number;
  /** What the house receives on this rail by the leg, in rail units. Below zero: it pays. */
  readonly houseDelta: bigint;
  readonly isFinal: boolean;
}

/**
 * Whether a leg may be sealed: one by which the house pays waits until what the house receives in the same cycle and asset
 * on other rails is final, so that winners are paid with money that is there. `legs` has to hold every leg of the cycle:
 * one cut decides them all, so the journal must have been read past it.
 */
export function gateOpen(leg: GateLeg, legs: Iterable<GateLeg>): boolean {
  if (leg.houseDelta >= 0n) return true;
  for (const other of legs) {
    const isSameMoney = other.asset === leg.asset && other.cycle === leg.cycle;
    const isAwaited = other.rail !== leg.rail && other.houseDelta > 0n && !other.isFinal;
    if (isSameMoney && isAwaited) return false;
  }
  return true;
}
