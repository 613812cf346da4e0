/**
 * Where a test may kill the process, see docs/configuration.md. Test-only: refused when NODE_ENV is
 * production.
 */
export const crashPoints = ['before-append', 'after-append', 'after-publish'] as const;
export type CrashPoint = (typeof crashPoints)[number];
/**
 * Called at each point; kills the process with SIGKILL when it is the chosen one for the n-th time.
 */
export type CrashHook = (point: CrashPoint) => void;

/** Builds the hook for one chosen point. */
export function crashAt(chosen: CrashPoint, times: number, kill: () => void): CrashHook {
  let left = times;
  return (point) => {
    if (point !== chosen) return;
    left -= 1;
    if (left === 0) kill();
  };
}
