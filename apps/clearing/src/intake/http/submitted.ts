import type { Engine, EngineItem, Outcome } from '../../engine/index.js';
import { Problem } from '../../problem/index.js';

/** Submits over HTTP: an engine that has ended is the caller's 503, not an internal error. */
export async function submitted(engine: Engine, items: readonly EngineItem[]): Promise<Outcome[]> {
  try {
    return await engine.submit(items);
  } catch {
    throw Problem.unavailable('The clearing engine is stopping; nothing is known to be recorded.');
  }
}
