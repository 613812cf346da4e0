import { describe, expect, it } from '@jest/globals';
import type { Batch, Journal } from '#events';
import { LogLines } from './log-lines.js';

/** Batches of these sizes; event n is `{"n":n}`. Counts how often each is read. */
function journalOf(...sizes: number[]) {
  const batches: Batch[] = [];
  let first = 0;
  for (const count of sizes) {
    const events = Array.from({ length: count }, (_, i) => ({ n: first + i }));
    batches.push({ header: { firstPosition: first, count }, events } as unknown as Batch);
    first += count;
  }
  const reads: number[] = [];
  const journal: Pick<Journal, 'read'> = {
    async *read(from) {
      await Promise.resolve();
      for (const batch of batches) {
        const { firstPosition, count } = batch.header;
        if (firstPosition + count <= from) continue;
        reads.push(firstPosition);
        yield batch;
      }
    },
  };
  return { journal, reads, size: first };
}

const numbers = (lines: readonly Buffer[]): number[] =>
  lines.map((line) => (JSON.parse(line.toString()) as { n: number }).n);
const range = (from: number, end: number): number[] =>
  Array.from({ length: end - from }, (_, i) => from + i);

describe('lines of the log', () => {
  it('come page by page, whatever the batches are, and each batch is read once', async () => {
    const { journal, reads, size } = journalOf(3, 1, 50, 2);
    const lines = new LogLines(journal);
    for (let from = 0; from < size; from += 4) {
      const end = Math.min(from + 4, size);
      expect(numbers(await lines.page(from, end, 1e9))).toEqual(range(from, end));
    }
    expect(reads).toEqual([0, 3, 4, 54]);
    expect(numbers(await lines.page(50, 56, 1e9))).toEqual(range(50, 56));
    expect(reads).toHaveLength(4);
  });

  it('end with the one that passes the limit of a page, and where the log ends', async () => {
    const { journal, size } = journalOf(5, 5);
    const lines = new LogLines(journal);
    expect(numbers(await lines.page(0, size, 17))).toEqual([0, 1, 2]);
    expect(await lines.page(size, size + 5, 1e9)).toEqual([]);
  });

  it('are not kept for ever', async () => {
    const { journal, reads } = journalOf(2, 2, 2);
    const lines = new LogLines(journal, 35);
    for (const from of [0, 2, 4, 0]) await lines.page(from, from + 2, 1e9);
    expect(reads).toEqual([0, 2, 4, 0]);
  });

  it('are read once for all who ask at the same time', async () => {
    const { journal, reads } = journalOf(6, 6);
    const lines = new LogLines(journal);
    const pages = await Promise.all([0, 2, 4, 8].map((from) => lines.page(from, from + 2, 1e9)));
    expect(pages.map(numbers)).toEqual([0, 2, 4, 8].map((from) => range(from, from + 2)));
    expect(reads).toEqual([0, 6]);
  });
});
