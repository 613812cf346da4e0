import type { Message } from './streams.js';

/**
 * Another interleaving of the same streams: each stream keeps its order, the order between streams is drawn from
 * the seed, in bursts of up to 256, so that streams run far ahead of each other as they would after an outage.
 */
export function shuffleStreams(messages: readonly Message[], seed: number): readonly Message[] {
  const next = generator(seed);
  const queues = new Map<string, Message[]>();
  for (const message of messages) {
    const id = `${message.venue}|${message.topic}|${message.key}`;
    const queue = queues.get(id);
    if (queue) queue.push(message);
    else queues.set(id, [message]);
  }
  const open = [...queues.values()].map((queue) => ({ queue, taken: 0 }));
  const shuffled: Message[] = [];
  while (open.length > 0) {
    const index = next() % open.length;
    const pick = open[index];
    if (!pick) break;
    const end = Math.min(pick.queue.length, pick.taken + 1 + (next() % 256));
    for (const message of pick.queue.slice(pick.taken, end)) shuffled.push(message);
    pick.taken = end;
    if (end === pick.queue.length) open.splice(index, 1);
  }
  return shuffled;
}

/** mulberry32: 32-bit integers from a seed, the same on every machine. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
