import type { Micros } from '#events';

/** The process's clock, so that tests can set it. */
export class Clock {
  constructor(
    /** Wall clock, microseconds since 1970. */
    readonly now: () => Micros,
  ) {}

  static system(): Clock {
    return new Clock(() => Math.round((performance.timeOrigin + performance.now()) * 1000));
  }
}
