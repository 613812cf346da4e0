import type { Progress } from '../terminal/progress.js';
import type { ClearingApi } from './api.js';
import type { Message } from './streams.js';
import { toHttp } from './wire.js';

/** Events per request: the intake takes 10,000 and 8 MiB. */
const BATCH = 5_000;

/**
 * Feeds the same messages through the HTTP intake, for a machine without Kafka. HTTP holds nothing back, so they go
 * window by window, and within a window each stream before the closings that name it.
 */
export async function publishOverHttp(
  api: ClearingApi,
  messages: readonly Message[],
  keys: ReadonlyMap<string, string>,
  progress: Progress,
): Promise<void> {
  const windows = Math.max(...messages.map(({ window }) => window));
  let sent = 0;
  for (let window = 1; window <= windows; window += 1) {
    const own = messages.filter((message) => message.window === window);
    const closings = own.filter(({ topic }) => topic === 'windows');
    const inputs = own.filter(({ topic }) => topic !== 'windows');
    for (const group of [...groupBySender(inputs), ...groupBySender(closings)]) {
      const [first] = group;
      if (!first) continue;
      const key = keys.get(first.venue) ?? '';
      for (let from = 0; from < group.length; from += BATCH) {
        const batch = group.slice(from, from + BATCH);
        await api.inputs(first.topic, batch.map(toHttp), key);
        sent += batch.length;
        progress.status(`${sent} of ${messages.length} sent, window ${window}`);
      }
    }
  }
}

/** One group per sender and topic: a request is authorised by one key and addressed to one topic. */
function groupBySender(messages: readonly Message[]): readonly (readonly Message[])[] {
  const groups = new Map<string, Message[]>();
  for (const message of messages) {
    const id = `${message.venue}|${message.topic}`;
    const group = groups.get(id);
    if (group) group.push(message);
    else groups.set(id, [message]);
  }
  return [...groups.values()];
}
