import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import {
  type AnyRecordedEvent,
  canonicalLine,
  GroupCommit,
  hashLine,
  type Journal,
  memoryJournal,
  memoryProofs,
  openCheckpoint,
  proveInclusion,
  Prover,
  subtreesFrom,
  verifyInclusion,
  verifyJournal,
} from './index.js';
import { trade, trades } from './testing/facts.js';
import { appendAll, keyOf, rotation } from './testing/log.js';

/** The code docs/journal.md shows. What stands between the marks is quoted there, to the letter; the last test compares. */
describe('docs/journal.md', () => {
  const signingKey = keyOf('01');
  const now = (): number => 1_723_161_600_000_000;

  it('writes', async () => {
    const journal = memoryJournal();
    const event = trade(1);
    // <writes>
    const writer = await GroupCommit.open(journal, 'clearing-1', now);
    const position = await writer.submit([event]); // resolves when it is durable
    // </writes>
    expect(position).toBe(0);
  });

  it('reads', async () => {
    const journal = memoryJournal();
    await appendAll(journal, trades(0, 3));
    const seen: number[] = [];
    const fold = (event: AnyRecordedEvent): number => seen.push(event.position);
    const write = async (events: readonly AnyRecordedEvent[]): Promise<void> => {
      events.forEach(fold);
    };
    // <reads>
    for await (const batch of journal.read(0)) batch.events.forEach(fold);

    const subscription = journal.subscribe(1, async ({ events }) => write(events));
    await subscription.caughtUp;
    await subscription.stop();
    // </reads>
    expect(seen).toEqual([0, 1, 2, 1, 2]);
  });

  it('verifies', async () => {
    const journal: Journal = memoryJournal();
    const store = memoryProofs();
    await appendAll(journal, [rotation(signingKey, undefined, 0), ...trades(0, 9)]);
    const key = signingKey;
    // <verifies>
    const verification = await verifyJournal(journal); // { ok: false, batch, reason } names the bad batch

    const prover = await Prover.open({ journal, store, key });
    for await (const batch of journal.read(prover.size)) await prover.take(batch);
    const signed = await prover.flush();
    // </verifies>
    expect(verification).toMatchObject({ ok: true, events: 10 });
    const pages = store.pages.bind(store);
    const note = signed?.note ?? '';
    const [batch] = await all(journal);
    const event = batch!.events[5]!;
    // <proves>
    const { root, size } = openCheckpoint(note, [key.verifier]); // throws unless the key signed it
    const proof = await proveInclusion(subtreesFrom(pages), 5, size);
    verifyInclusion(proof, hashLine(canonicalLine(event)), Buffer.from(root, 'hex'));
    // </proves>
    expect(size).toBe(10);
  });

  it('quotes this file', () => {
    const here = readFileSync(fileURLToPath(import.meta.url).replace('/dist/', '/'), 'utf8');
    const doc = new URL('../../../docs/journal.md', import.meta.url);
    const text = readFileSync(doc, 'utf8');
    const quoted = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!.trim());
    const marked = [...here.matchAll(/^ +\/\/ <(\w+)>\n([\s\S]*?)^ +\/\/ <\/\1>/gm)].map(
      ([, , code]) => code!.replace(/^ {4}/gm, '').trim(),
    );
    expect(marked.length).toBeGreaterThan(3);
    expect(quoted).toEqual(marked);
  });
});

async function all(journal: Journal) {
  const batches = [];
  for await (const batch of journal.read(0)) batches.push(batch);
  return batches;
}
