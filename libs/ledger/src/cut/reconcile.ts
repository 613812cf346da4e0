import { byCode, streamKey } from '../state.js';
import type { Cut } from './facts.js';

/** Each venue's own counts and control totals beside ours. A stream it did not name is shown too, as theirs zero. */
export function reconcile(cut: Cut): void {
  const { state, cycle } = cut;
  const closings = state.closings.get(cycle) ?? new Map();
  for (const venue of [...closings.keys()].sort(byCode)) {
    const named = closings.get(venue)!.streams;
    const keys = new Set(named.map((s: { topic: string; key: string }) => `${s.topic}|${s.key}`));
    const unnamed = [...state.streams.values()].filter(
      ({ id, windows }) =>
        id.venue === venue &&
        id.topic !== 'windows' &&
        windows.has(cycle) &&
        !keys.has(`${id.topic}|${id.key}`),
    );
    const streams = [
      ...named,
      ...unnamed.map(({ id }) => ({
        topic: id.topic,
        key: id.key,
        lastSequence: 0,
        count: 0,
        controlTotal: '0',
      })),
    ].map((theirs) => {
      const key = streamKey({ venue, topic: theirs.topic, key: theirs.key });
      const ours = state.streams.get(key)?.windows.get(cycle);
      const ourCount = ours?.count ?? 0;
      const ourControlTotal = (ours?.total ?? 0n).toString();
      const matched = ourCount === theirs.count && ourControlTotal === theirs.controlTotal;
      return { ...theirs, ourCount, ourControlTotal, matched };
    });
    streams.sort((a, b) => byCode(`${a.topic}|${a.key}`, `${b.topic}|${b.key}`));
    const matched = streams.every((s) => s.matched);
    cut.add('WindowReconciled', { venue, window: cycle, matched, streams });
  }
}
