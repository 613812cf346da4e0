import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EVENT_NAMESPACE, uuidV5 } from '../uuid.js';
import { RecentIds } from './recent-ids.js';

const id = (n: number): string => uuidV5(EVENT_NAMESPACE, String(n));

describe('RecentIds', () => {
  it('knows the last so many ids, and never a wrong position', () => {
    const numbers = fc.array(fc.nat(200), { maxLength: 400 });
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 40 }), (added, horizon) => {
        const recent = new RecentIds(horizon);
        const naive = new Map<string, number>();
        const order: string[] = [];
        added.forEach((n, position) => {
          recent.add(id(n), position);
          naive.set(id(n), position);
          order.push(id(n));
        });
        for (const each of order.slice(-horizon)) {
          expect(recent.position(each)).toBe(naive.get(each));
        }
        for (const n of added) {
          const known = recent.position(id(n));
          if (known !== undefined) expect(order[known]).toBe(id(n));
        }
        expect(recent.position(id(1_000))).toBeUndefined();
      }),
    );
  });
  it('tells ids apart that differ in any one digit', () => {
    const recent = new RecentIds(100);
    const one = id(1);
    recent.add(one, 7);
    for (let i = 0; i < 36; i += 1) {
      if (one[i] === '-') continue;
      const other = `${one.slice(0, i)}${one[i] === '0' ? '1' : '0'}${one.slice(i + 1)}`;
      expect(recent.position(other)).toBeUndefined();
    }
    expect(recent.position(one)).toBe(7);
  });
  it.each(['', 'x', id(1).toUpperCase(), `${id(1)}0`, id(1).replaceAll('-', '0')])(
    'remembers nothing of %j, which is no id of an event',
    (text) => {
      const recent = new RecentIds(4);
      recent.add(text, 1);
      expect(recent.position(text)).toBeUndefined();
    },
  );
  it('with a horizon of 0 remembers nothing', () => {
    const recent = new RecentIds(0);
    recent.add(id(1), 1);
    expect(recent.position(id(1))).toBeUndefined();
  });
});
