import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Progress } from './progress.js';

describe('Progress', () => {
  it('moves next over decided offsets and keeps holes', () => {
    const progress = new Progress(10);
    progress.decide(10);
    progress.decide(12);
    progress.decide(13);
    expect(progress.next).toBe(11);
    expect(progress.toStored('t', 0)).toEqual({
      topic: 't',
      partition: 0,
      next: '11',
      ahead: Buffer.from([0b110]).toString('base64'),
    });
    progress.decide(11);
    expect(progress.next).toBe(14);
    expect(progress.toStored('t', 0).ahead).toBe('');
  });

  it('counts offsets the broker never filled as decided', () => {
    const progress = new Progress(0);
    progress.decide(3);
    progress.decideRange(0, 3);
    expect(progress.next).toBe(4);
    progress.decideRange(4, 1_000_000);
    expect(progress.next).toBe(1_000_000);
  });

  it('agrees with a plain set, through storing and reading at any time', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('one' as const), offset: fc.nat(3000) }),
      fc.record({ kind: fc.constant('range' as const), offset: fc.nat(3000), n: fc.nat(40) }),
      fc.record({ kind: fc.constant('next' as const) }),
      fc.record({ kind: fc.constant('store' as const) }),
    );
    fc.assert(
      fc.property(fc.nat(20), fc.array(step, { maxLength: 300 }), (start, steps) => {
        const decided = new Set<number>();
        let progress = new Progress(start);
        for (const s of steps) {
          if (s.kind === 'store') progress = Progress.from(progress.toStored('t', 1));
          const from = s.kind === 'next' ? progress.next : s.kind === 'store' ? 0 : s.offset;
          const to = s.kind === 'range' ? from + s.n : s.kind === 'store' ? 0 : from + 1;
          for (let o = from; o < to; o += 1) decided.add(o);
          if (s.kind === 'range') progress.decideRange(from, to);
          else if (s.kind !== 'store') progress.decide(from);
        }
        let next = start;
        while (decided.has(next)) next += 1;
        expect(progress.next).toBe(next);
        const wrong: number[] = [];
        for (let o = start; o < 3100; o += 1) {
          if (progress.isDecided(o) !== (o < next || decided.has(o))) wrong.push(o);
        }
        expect(wrong).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
