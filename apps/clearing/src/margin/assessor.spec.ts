import { describe, expect, it } from '@jest/globals';
import type { AnyRecordedEvent, EventData } from '#events';
import { memoryJournal } from '#events';
import { openEngine } from '../testing/open-engine.js';
import { closes, riskCommands, RiskDay, riskHistory } from '../testing/risk-house.js';
import { Assessor } from './index.js';

type Assessed = EventData['MarginAssessed'];
const assessed = (events: readonly AnyRecordedEvent[]): Assessed[] =>
  events.flatMap((event) => (event.type === 'MarginAssessed' ? [event.data] : []));
const sum = (parts: readonly { readonly amount: string }[]): bigint =>
  parts.reduce((total, { amount }) => total + BigInt(amount), 0n);

describe('the house under urs', () => {
  it('assesses every account that holds something at every cut, after it and in the same batch', async () => {
    const { events } = await riskHistory();
    const found = assessed(events);
    expect(found.map(({ cycle, account }) => [cycle, account])).toEqual(
      [1, 2, 3].flatMap((cycle) => ['M1-H', 'M2-H'].map((account) => [cycle, account])),
    );
    for (const each of found) {
      expect(sum(each.parts.initialMargin)).toBe(BigInt(each.initialMargin));
      expect(sum(each.parts.equity)).toBe(BigInt(each.equity));
      expect(BigInt(each.initialMargin)).toBeGreaterThan(BigInt(each.maintenanceMargin));
      expect([each.status, each.notes]).toEqual(['ok', []]);
      expect(Number(each.health?.ratio)).toBeGreaterThan(1);
    }
    expect(new Set(found.map(({ modelId }) => modelId)).size).toBe(1);
    const cuts = events.filter(({ type }) => type === 'CycleCompleted');
    for (const { position } of cuts) expect(events[position + 1]?.type).toBe('MarginAssessed');
  });

  it('records Greeks per underlying with every requirement', async () => {
    const [, , second] = assessed((await riskHistory()).events);
    expect(second?.greeks.map(({ underlying, delta }) => [underlying, delta])).toEqual([
      ['BTC', '10.00000000'],
      ['ETH', '-100.00000000'],
    ]);
  });

  it('gives the same journal state again from the same inputs, whoever opens the models', async () => {
    const [one, two] = [await riskHistory(), await riskHistory()];
    expect(one.stateHash).toBe(two.stateHash);
    expect(assessed(one.events)).toEqual(assessed(two.events));
  });

  it('takes a new day into the next cut, and equals a house that recorded it at once', async () => {
    const { dates, values } = closes(201);
    const grown = await openEngine(memoryJournal(), { assess: new Assessor().assess });
    const day = new RiskDay();
    const next = { date: dates[200], values: values[200], history: 'crypto' };
    const base = { commandId: 'day', actor: 'operator:operator', occurredAt: 1 };
    const commands = [
      ...riskCommands(200),
      day.deposit('M1-H', '1000'),
      day.cut(),
      { kind: 'record-factor-day', ...next, ...base },
      day.mark('BTC-PERP', '60000.00'),
      day.trade('BTC-PERP', 'M1-H', 'M2-H', '1', '60000.00'),
      day.cut(),
    ];
    for (const command of commands) await grown.submit([{ command: command as never }]);
    const { requirements } = grown.state.risk;
    const now = requirements.get('M2-H');

    const whole = await openEngine(memoryJournal(), { assess: new Assessor().assess });
    const other = new RiskDay();
    for (const command of [
      ...riskCommands(201),
      other.mark('BTC-PERP', '60000.00'),
      other.trade('BTC-PERP', 'M1-H', 'M2-H', '1', '60000.00'),
      other.cut(),
    ]) {
      await whole.submit([{ command }]);
    }
    const again = whole.state.risk.requirements.get('M2-H');
    expect(now?.initialMargin).toBe(again?.initialMargin);
    expect(now?.modelId).toBe(again?.modelId);
  });

  it('asks the worst case of what no factor prices, and says so', async () => {
    const engine = await openEngine(memoryJournal(), { assess: new Assessor().assess });
    const day = new RiskDay();
    const [history, ...rest] = riskCommands();
    const { factors } = history as unknown as { factors: object[] };
    const btcOnly = {
      ...history,
      factors: factors.slice(0, 1),
      values: closes(200).values.map(([btc]) => [btc]),
    };
    for (const command of [
      btcOnly as never,
      ...rest,
      day.mark('ETH-PERP', '2600.00'),
      day.trade('ETH-PERP', 'M1-H', 'M2-H', '10', '2600.00'),
      day.cut(),
    ]) {
      await engine.submit([{ command }]);
    }
    const { requirements } = engine.state.risk;
    expect(requirements.get('M1-H')).toMatchObject({
      status: 'fallback',
      initialMargin: 2_600_000_000_000n,
    });
    expect(requirements.get('M2-H')).toMatchObject({
      status: 'fallback',
      initialMargin: 7_800_000_000_000n,
    });
  });
});
