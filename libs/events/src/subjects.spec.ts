import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { AnyRecordedEvent } from './event.js';
import { eventTypes } from './schema-versions.js';
import { subjectsOf } from './subjects.js';
import type { EventType } from './vocabulary.js';

function golden(type: EventType): AnyRecordedEvent {
  const file = new URL(`./golden/${type}.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { event: AnyRecordedEvent }).event;
}

describe('subjectsOf', () => {
  it('finds everybody a trade is about', () => {
    expect(subjectsOf(golden('TradeNovated'))).toEqual([
      'account:M01-H',
      'account:M17-C',
      'instrument:BTC-USDT-PERP',
      'venue:binance-linear',
    ]);
  });
  it('finds the accounts of a cycle', () => {
    expect(subjectsOf(golden('VariationMarginCalculated'))).toEqual([
      'account:M01-H',
      'account:M17-C',
      'asset:USDT',
      'instrument:BTC-USDT-PERP',
    ]);
    expect(subjectsOf(golden('ObligationsSettled'))).toContain('account:M17-C');
  });
  it('reads the account of a withdrawal from its postings', () => {
    expect(subjectsOf(golden('WithdrawalCompleted'))).toEqual(['account:M01-H', 'asset:USDT']);
  });
  it('knows who is suspended', () => {
    expect(subjectsOf(golden('SuspensionChanged'))).toEqual(['member:M17']);
  });
  it('does not take the word of a rejected input', () => {
    const event = golden('InputRejected');
    if (event.type !== 'InputRejected') throw new Error(event.type);
    const source = { ...event.data.source, headers: { account: 'M01-H', member: 'M01' } };
    const forged = { ...event, data: { ...event.data, source } };
    expect(subjectsOf(forged)).toEqual(['venue:binance-linear']);
  });
  it.each(eventTypes)('of %s are sorted, each once, kind and id', (type) => {
    const subjects = subjectsOf(golden(type));
    expect(subjects).toEqual([...new Set(subjects)].sort());
    for (const subject of subjects) {
      expect(subject).toMatch(/^(account|member|venue|instrument|asset|rail):[\w/-]+$/);
    }
  });
});
