import { beforeAll, describe, expect, it } from '@jest/globals';
import type { AnyNewEvent } from '#events';
import { assertConservation, stateHash } from '#ledger';
import { InProcessHouse } from './clear-in-process.js';
import { buildScenario } from './scenario.js';
import { shuffleStreams } from './shuffle.js';
import type { Message } from './streams.js';
import { readTape } from './tape.js';

const tape = readTape();

function cleared(scenario: ReturnType<typeof buildScenario>, messages: readonly Message[]) {
  const counts = new Map<string, number>();
  const events: AnyNewEvent[] = [];
  const house = new InProcessHouse((event) => {
    counts.set(event.type, (counts.get(event.type) ?? 0) + 1);
    if (/Reconciled|Shortfall|InputRejected/.test(event.type)) events.push(event);
  });
  for (const command of scenario.commands) house.command(command);
  house.publish(messages);
  return { house, counts, events };
}

describe('the scenario cleared in this process', () => {
  const scenario = buildScenario(tape, 16_000);
  const plain = cleared(scenario, scenario.messages);
  const hash = stateHash(plain.house.state);

  it('accepts every trade and cuts every window', () => {
    expect(plain.events.filter(({ type }) => type === 'InputRejected')).toEqual([]);
    expect(plain.counts.get('TradeNovated')).toBe(16_000);
    expect(plain.counts.get('CycleCompleted')).toBe(scenario.windows);
    expect(plain.house.waiting).toBe(0);
    assertConservation(plain.house.state);
  });

  it('agrees with every count and control total the venues state', () => {
    const unmatched = plain.events.filter(
      (event) => event.type === 'WindowReconciled' && !event.data.matched,
    );
    expect(unmatched).toEqual([]);
    expect(plain.counts.get('WindowReconciled')).toBe(5 * scenario.windows);
  });

  it.each([1, 2, 3])('ends in the same state when shuffled with seed %i', (seed) => {
    const { house } = cleared(scenario, shuffleStreams(scenario.messages, seed));
    expect(house.waiting).toBe(0);
    expect(stateHash(house.state)).toBe(hash);
  });
});

describe('the whole tape', () => {
  const scenario = buildScenario(tape);
  let whole: ReturnType<typeof cleared>;
  beforeAll(() => {
    whole = cleared(scenario, scenario.messages);
  });

  it('clears all 78,638 trades in 12 cycles, and everyone can pay', () => {
    expect(whole.counts.get('TradeNovated')).toBe(78_638);
    expect(whole.counts.get('CycleCompleted')).toBe(12);
    expect(whole.events.filter(({ type }) => type.startsWith('Shortfall'))).toEqual([]);
  });

  it('carries the linear perpetuals at their last mark after midnight, flagged stale', () => {
    const { settled } = whole.house.state;
    for (const instrument of ['BTC-USDT-PERP', 'ETH-USDT-PERP']) {
      expect(settled.get(instrument)?.stale).toBe(true);
    }
    expect(settled.get('BTC-USDT-PERP')?.freshCycle).toBe(6);
    expect(settled.get('BTC-USDT')?.stale).toBe(false);
  });
});
