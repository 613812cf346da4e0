import { describe, expect, it } from '@jest/globals';
import { interleave, median, rowOf } from './statistics.js';

const spec = {
  id: 'journal.append-vs-copy',
  name: 'Durable append',
  unit: 'events/s',
  against: 'COPY',
  goal: 4,
};

describe('median', () => {
  it('is the middle of an odd number of values, whatever their order', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([100, 9, 10])).toBe(10);
  });

  it('is the mean of the two in the middle of an even number', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it('leaves its argument as it was, and needs one value', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('interleave', () => {
  it('takes turns and throws the first round away', async () => {
    const calls: string[] = [];
    const told: string[] = [];
    const contender = (name: string) => async (): Promise<number> => calls.push(name);
    const rates = await interleave({ a: contender('a'), b: contender('b') }, 2, (name, round) =>
      told.push(`${name}${round}`),
    );
    expect(calls.join('')).toBe('ababab');
    expect(rates).toEqual({ a: [3, 5], b: [4, 6] });
    expect(told).toEqual(['a1', 'b1', 'a2', 'b2']);
  });
});

describe('rowOf', () => {
  it('has the published shape', () => {
    expect(rowOf(spec, [500_000.4, 400_000, 600_000], [100_000, 90_000, 110_000])).toEqual({
      ...spec,
      value: 500_000,
      againstValue: 100_000,
      ratio: 5,
      met: true,
      samples: 3,
    });
  });

  it('meets the goal of a cost up to exactly the goal', () => {
    const cost = { ...spec, goal: 0.12, better: 'lower' } as const;
    expect(rowOf(cost, [12], [100])).toMatchObject({ met: true, better: 'lower', ratio: 0.12 });
    expect(rowOf(cost, [12.01], [100]).met).toBe(false);
  });

  it('meets its goal from exactly the goal on, judged before rounding', () => {
    expect(rowOf(spec, [4], [1]).met).toBe(true);
    const nearly = rowOf(spec, [3.9999], [1]);
    expect(nearly.ratio).toBe(4);
    expect(nearly.met).toBe(false);
  });
});
