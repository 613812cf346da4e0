import { memoryJournal } from '#events';
import type { StreamTopic } from '#events';
import type { Command } from '#ledger';
import { Engine } from '../engine/index.js';
import { InputReader } from '../intake/index.js';
import { keys } from '../testing/house.js';
import type { WireMessage } from './broker.js';

/** The state after the same messages, each stream in its order, one after the other, with nothing going wrong. */
export async function undisturbed(
  messages: readonly WireMessage[],
  commands: readonly Command[],
): Promise<string> {
  const engine = await Engine.open({ journal: memoryJournal(), writer: 'calm', now: () => 1 });
  await engine.submit(commands.map((command) => ({ command })));
  const reader = new InputReader(new Map([['custody', keys.custody]]), () => 1);
  const decided: Promise<unknown>[] = [];
  let waiting = inOrder(messages);
  while (waiting.length > 0) {
    const still: WireMessage[] = [];
    const stopped = new Set<string>();
    for (const message of waiting) {
      const topic = message.topic.split('.')[1] as StreamTopic;
      const { command, at } = reader.fromKafka({ channel: 'kafka', ...message }, topic, 1);
      const stream = `${message.topic}|${message.key}`;
      const waits = at && (stopped.has(stream) || engine.readiness(at).startsWith('wait'));
      if (waits) {
        still.push(message);
        stopped.add(stream);
      } else decided.push(engine.submit([{ command }]));
    }
    if (still.length === waiting.length) throw new Error('the day does not come to its end');
    waiting = still;
  }
  await Promise.all(decided);
  return engine.stateHash();
}

const inOrder = (messages: readonly WireMessage[]): WireMessage[] =>
  [...messages].sort(
    (a, b) => Number(a.headers['ce_sequence'] ?? 0) - Number(b.headers['ce_sequence'] ?? 0),
  );
