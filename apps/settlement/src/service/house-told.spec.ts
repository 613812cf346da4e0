import { describe, expect, it } from '@jest/globals';
import type { AnyRecordedEvent } from '#events';
import type { Anchor } from '../house/index.js';
import { HouseTold } from './house-told.js';

const event = (type: string, data: object): AnyRecordedEvent =>
  ({ type, data }) as unknown as AnyRecordedEvent;
const rail = (id: string) => event('RailProposed', { rail: id, asset: 'USDT' });
const leg = (id: string, seq: number, cycle: number, houseDelta: number) =>
  event('SettlementLegDue', {
    ...{ rail: id, seq, cycle, houseDelta: String(houseDelta) },
    entries: [
      [0, String(houseDelta)],
      [16, String(-houseDelta)],
    ],
    withdrawals: [{ index: 17 }],
  });
const completed = (cycle: number) => event('CycleCompleted', { cycle });
const final = (id: string, seq: number) =>
  event('SettlementLegFinalized', { rail: id, seq, digest: `0x${seq}`, blockTime: 5_000_001 });

function heard(...events: AnyRecordedEvent[]): HouseTold {
  const told = new HouseTold();
  for (const each of [rail('1/USDT'), rail('2/USDT'), ...events]) told.hear(each);
  return told;
}

describe('what the journal tells of legs', () => {
  it('lets winners wait for losers on another chain, until these are final', () => {
    const cut = [leg('1/USDT', 1, 7, -5), leg('2/USDT', 1, 7, 5), completed(7)];
    expect(heard(...cut).gateOpen('2/USDT', 1)).toBe(true);
    expect(heard(...cut).gateOpen('1/USDT', 1)).toBe(false);
    expect(heard(...cut, final('2/USDT', 1)).gateOpen('1/USDT', 1)).toBe(true);
  });

  it('opens no gate before the whole cut was heard: the losers’ leg may stand behind the winners’', () => {
    expect(heard(leg('1/USDT', 1, 7, -5)).gateOpen('1/USDT', 1)).toBe(false);
    expect(heard(leg('1/USDT', 1, 7, -5), completed(7)).gateOpen('1/USDT', 1)).toBe(true);
    expect(heard().gateOpen('1/USDT', 9)).toBe(false);
  });

  it('knows which violations of finality are recorded, so that none is told again after a restart', () => {
    const was = `0x${'ab'.repeat(32)}`;
    const told = heard(event('FinalityViolated', { rail: '1/USDT', block: 5, was, is: '0x' }));
    expect(told.knowsViolation('1/USDT', 5, was)).toBe(true);
    expect(told.knowsViolation('1/USDT', 6, was)).toBe(false);
    expect(told.knowsViolation('2/USDT', 5, was)).toBe(false);
  });

  it('keeps the anchors of final legs for a while, as a chain may lose them', () => {
    const told = new HouseTold();
    told.hear(rail('1/USDT'));
    for (let seq = 1; seq <= 102; seq += 1) {
      told.hear(leg('1/USDT', seq, seq, 5), { seq } as Anchor);
      told.hear(final('1/USDT', seq));
    }
    expect([1, 2, 3, 102].map((seq) => told.anchor('1/USDT', seq)?.seq)).toEqual([
      undefined,
      undefined,
      3,
      102,
    ]);
  });

  it('knows whom a leg moves, and under which digest it is final', () => {
    const told = heard(leg('1/USDT', 1, 7, 5), completed(7), final('1/USDT', 1));
    expect(told.indexes('1/USDT', 1)).toEqual([0, 16, 17]);
    expect(told.recorded('1/USDT', 1)).toEqual({ digest: '0x1', blockTime: 5 });
    expect(told.recorded('1/USDT', 2)).toBeUndefined();
  });
});
