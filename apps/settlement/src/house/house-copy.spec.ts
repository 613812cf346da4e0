import { describe, expect, it } from '@jest/globals';
import { type AnyRecordedEvent, canonicalLine, Frontier, hashLine } from '#events';
import { evolve, initialState, stateHash } from '#ledger';
import { recordedDay } from '../testing/recorded-day.js';
import { HouseCopy } from './house-copy.js';

const leafOf = (event: AnyRecordedEvent): Buffer => hashLine(canonicalLine(event));

describe('a copy of the house', () => {
  it('has the log root and the state root of a replay, after every event', async () => {
    const copy = await HouseCopy.open();
    const state = initialState();
    const log = new Frontier();
    for (const event of recordedDay()) {
      copy.apply(event, leafOf(event));
      evolve(state, event);
      log.append(leafOf(event));
      expect(copy.logRoot()).toBe(log.root().toString('hex'));
      expect(stateHash(copy.state)).toBe(stateHash(state));
    }
    expect(copy.size).toBe(recordedDay().length);
  });

  it('refuses an event that is not the next one', async () => {
    const [first, , third] = recordedDay();
    const copy = await HouseCopy.open();
    copy.apply(first!, leafOf(first!));
    expect(() => copy.apply(third!, leafOf(third!))).toThrow('position 2 follows 0');
    expect(copy.size).toBe(1);
  });
});
