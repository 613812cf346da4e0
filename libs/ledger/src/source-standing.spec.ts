import { describe, expect, it } from '@jest/globals';
import { sourceStanding } from './source-standing.js';
import { openHouse } from './testing/given.js';

describe('where a source stands', () => {
  it('is what was recorded of its streams, and the window it has not closed', () => {
    const house = openHouse();
    expect(sourceStanding(house.state, 'NOBODY')).toBeUndefined();
    expect(sourceStanding(house.state, 'V1')).toMatchObject({ source: 'V1', window: 1, ends: [] });
    house.trade('T1', 'M1-H', 'M2-H', '2', '100');
    house.trade('T2', 'M1-H', 'M2-H', '3', '100');
    const { streams } = sourceStanding(house.state, 'V1')!;
    const trades = streams.filter(({ topic }) => topic === 'trades');
    expect(trades).toEqual([
      { topic: 'trades', key: expect.any(String), lastSequence: 2, count: 2, total: '5000' },
    ]);
  });

  it('counts from zero in the window after the one it has closed, whose end others learn', () => {
    const house = openHouse();
    house.trade('T1', 'M1-H', 'M2-H', '2', '100');
    const closing = { type: 'window-closed', endsAt: 60_000_000, streams: [] } as const;
    house.send('V1', 'windows', 'V1', closing);
    const own = sourceStanding(house.state, 'V1')!;
    expect([own.window, own.ends]).toEqual([2, []]);
    expect(own.streams.find(({ topic }) => topic === 'trades')).toMatchObject({
      ...{ lastSequence: 1, count: 0, total: '0' },
    });
    expect(sourceStanding(house.state, 'custody')).toMatchObject({ window: 1, ends: [60_000_000] });
  });
});
