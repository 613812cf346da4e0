import { pick } from './choose.js';
import type { Item } from './driver.js';

/**
 * The same items in another arrival order: streams are merged at random between two operator commands. A message put into a
 * window its venue closed before has no other place either: whether it makes the cut depends on when it arrives.
 */
export function shuffle<T extends readonly [number, Item]>(
  items: readonly T[],
  seed: number,
): readonly T[] {
  let random = BigInt(seed) + 1n;
  const next = (n: number): number => {
    random = (random * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n;
    return Number((random >> 33n) % BigInt(n));
  };
  const out: T[] = [];
  let streams = new Map<string, T[]>();
  const closed = new Map<string, number>();
  const flush = (): void => {
    let left = [...streams.values()];
    while (left.length > 0) {
      out.push(pick(left, next(left.length)).shift()!);
      left = left.filter((queue) => queue.length > 0);
    }
    streams = new Map();
  };
  for (const entry of items) {
    const item: Item = entry[1];
    if ('command' in item) {
      flush();
      out.push(entry);
      continue;
    }
    const { venue, topic, key } = item.at.stream;
    if (item.at.window <= (closed.get(venue) ?? 0)) flush();
    if (topic === 'windows') closed.set(venue, item.at.window);
    const id = `${venue}|${topic}|${key}`;
    streams.set(id, [...(streams.get(id) ?? []), entry]);
  }
  flush();
  return out;
}
