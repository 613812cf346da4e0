import type { Journal, Prover, SignedCheckpoint } from '#events';

export interface ProofPace {
  /** Leaves after which they are stored, and a checkpoint signed, without waiting for the time. */
  readonly events: number;
  /** Milliseconds after which whatever there is is stored and signed. */
  readonly milliseconds: number;
}

/**
 * Drives a prover along its journal until aborted: flushes after so many leaves, and whatever there is after so much time.
 * @param onFlush with the number of leaves stored, and the checkpoint where one was signed
 */
export async function runProofLoop(
  journal: Journal,
  prover: Prover,
  pace: ProofPace,
  onFlush: (stored: number, checkpoint: SignedCheckpoint | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  let taking = false;
  let flushedAt = performance.now();
  const flush = async (): Promise<void> => {
    flushedAt = performance.now();
    const { size } = prover;
    const checkpoint = await prover.flush();
    onFlush(size, checkpoint);
  };
  // What was stored without a key may be signed now.
  await flush();
  let fail!: (reason: unknown) => void;
  const broken = new Promise<never>((_, reject) => (fail = reject));
  broken.catch(() => undefined);
  const timer = setInterval(() => {
    if (!taking && prover.pending > 0) flush().catch(fail);
  }, pace.milliseconds);
  const subscription = journal.subscribe(prover.size, async (batch) => {
    taking = true;
    await prover.take(batch);
    taking = false;
    const late = performance.now() - flushedAt >= pace.milliseconds;
    if (prover.pending >= pace.events || late) await flush();
  });
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await Promise.race([subscription.done, broken, stopped]);
  } finally {
    clearInterval(timer);
    await subscription.stop();
  }
  // Stopped between two batches: nothing is half taken.
  if (prover.pending > 0) await flush();
}
