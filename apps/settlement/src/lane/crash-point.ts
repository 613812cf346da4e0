/** Where a test may kill a submitter. Test-only: nothing sets a hook in production. */
export const laneCrashPoints = ['before-journal', 'after-journal', 'after-send'] as const;
export type LaneCrashPoint = (typeof laneCrashPoints)[number];
/** Called at each point. */
export type LaneCrashHook = (point: LaneCrashPoint) => void;

/** A hook that ends this process with SIGKILL when it comes to `chosen` for the n-th time. */
export function killAt(chosen: LaneCrashPoint, times: number): LaneCrashHook {
  let left = times;
  return (point) => {
    if (point !== chosen) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
}
