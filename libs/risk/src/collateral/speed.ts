/** How fast a haircut may move: without a limit it would call for most money at the worst moment (EMIR RTS 153/2013 art. 41). */
export interface SpeedLimits {
  /** Largest relative rise in one hour, as a fraction. */
  readonly risePerHour: number;
  /** Largest relative fall in one day, as a fraction. */
  readonly fallPerDay: number;
}

/** A haircut in force and the whole hour it was last moved in (hours since 1970, from the journal's time). */
export interface HaircutInForce {
  readonly haircut: number;
  readonly hour: number;
}

const HOURS_PER_DAY = 24;

/**
 * The haircut in force at `hour`, moved from the last one towards what the formula asks. It moves on whole hours only, so how often one
 * asks makes no difference: each hour up by at most the rise, down by at most a 24th of the daily fall. A haircut of zero has
 * nothing to be relative to, and moves at once. `override`: a named decision with four eyes; the target holds at once.
 */
export function haircutInForce(
  last: HaircutInForce,
  target: number,
  hour: number,
  limits: SpeedLimits,
  override = false,
): HaircutInForce {
  if (override || !(last.haircut > 0)) return { haircut: target, hour: Math.max(hour, last.hour) };
  let moved = last.haircut;
  let at = last.hour;
  for (; at < hour && moved !== target; at += 1)
    moved =
      target > moved
        ? Math.min(target, moved * (1 + limits.risePerHour))
        : Math.max(target, moved * (1 - limits.fallPerDay / HOURS_PER_DAY));
  return { haircut: moved, hour: Math.max(hour, last.hour) };
}
