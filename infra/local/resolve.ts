import type { How, Progress, Resolved, ResolveOptions } from './types.js';

/** The ways to come by a service, in the order they are tried. */
const ORDER = ['environment', 'docker', 'local', 'embedded'] as const satisfies readonly How[];
type Way = (typeof ORDER)[number];

/** Tries one way: the running service, or in a few words why it is not possible here. */
export type Attempt = (progress: Progress, signal?: AbortSignal) => Promise<Resolved | string>;

/** Configuration that cannot be what its author meant: reported, never worked around. */
export class ServiceConfigError extends Error {
  override readonly name = 'ServiceConfigError';
}

/** `NOVATE_SERVICES=embedded,docker` restricts the ways and sets their order. Default: all, as listed above. */
export function waysFromEnvironment(value = process.env['NOVATE_SERVICES']): readonly Way[] {
  if (value === undefined || value.trim() === '') return ORDER;
  return value.split(',').map((word) => {
    const way = ORDER.find((known) => known === word.trim());
    if (way === undefined) {
      throw new ServiceConfigError(
        `NOVATE_SERVICES names '${word.trim()}': use any of ${ORDER.join(', ')}`,
      );
    }
    return way;
  });
}

/** The first way that works, or `skipped` with every way's reason. */
export async function resolveService(
  name: Resolved['name'],
  attempts: Readonly<Record<Way, Attempt>>,
  options: ResolveOptions = {},
): Promise<Resolved> {
  const reasons: string[] = [];
  const { progress = () => undefined, signal } = options;
  for (const way of waysFromEnvironment()) {
    if (signal?.aborted === true) break;
    const outcome = await attempts[way](progress, signal).catch((error: unknown) => {
      if (error instanceof ServiceConfigError) throw error;
      return error instanceof Error ? error.message : String(error);
    });
    if (typeof outcome !== 'string') return outcome;
    reasons.push(`${way}: ${outcome.trim().replaceAll(/\s*\n\s*/g, ' | ')}`);
  }
  const reason = reasons.join('; ');
  return { name, how: 'skipped', detail: '', reason, stop: () => Promise.resolve() };
}
