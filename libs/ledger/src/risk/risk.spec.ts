import { describe, expect, it } from '@jest/globals';
import { evolve, historyRoot, initialState, nextRoot, RISK_TIMELOCK, stateHash } from '../index.js';
import type { Assess } from '../index.js';
import { openHouse } from '../testing/given.js';
import {
  approval,
  btcFactor,
  days,
  flatAssess,
  history,
  proposal,
  riskHouse,
} from '../testing/risk-house.js';

const withHistory = () => {
  const house = openHouse();
  expect(house.ask(history())).toBeUndefined();
  return house;
};

describe('a factor history', () => {
  it('is kept day by day under a root that names exactly its days', () => {
    const house = withHistory();
    const next = { kind: 'record-factor-day', history: 'crypto', date: '2024-06-30' };
    expect(house.ask({ ...next, values: ['61000.5'] })).toBeUndefined();
    const kept = house.state.risk.histories.get('crypto')!;
    expect([kept.dates.length, kept.dates.at(-1), kept.values.at(-1)]).toEqual([
      182,
      '2024-06-30',
      ['61000.5'],
    ]);
    let root = historyRoot('USDT', [btcFactor]);
    kept.dates.forEach((date, i) => (root = nextRoot(root, date, kept.values[i]!)));
    expect(kept.root).toBe(root);
  });

  it.each([
    ['an id that exists', { history: 'crypto' }, '2007_ALREADY_EXISTS'],
    ['an id with a space', { history: 'a b' }, '1007_INVALID_ID'],
    ['an unknown numeraire', { numeraire: 'EUR' }, '2005_UNKNOWN_ASSET'],
    ['no factors', { factors: [] }, '2011_INVALID_SPECIFICATION'],
    ['a factor twice', { factors: [btcFactor, btcFactor] }, '2011_INVALID_SPECIFICATION'],
    ['no days', { dates: [], values: [] }, '2011_INVALID_SPECIFICATION'],
    ['a row too few', { values: [] }, '2011_INVALID_SPECIFICATION'],
    ['a date that is none', { dates: ['2024-02-30'] }, '2011_INVALID_SPECIFICATION'],
    ['a date in another form', { dates: ['1.1.2024'] }, '2011_INVALID_SPECIFICATION'],
    ['a day twice', { dates: ['2024-01-01', '2024-01-01'] }, '4012_DAY_NOT_NEXT'],
    ['days out of order', { dates: ['2024-01-02', '2024-01-01'] }, '4012_DAY_NOT_NEXT'],
    ['a price of zero', { values: [['0']] }, '3003_NOT_POSITIVE'],
    ['a price below zero', { values: [['-36.98']] }, '3003_NOT_POSITIVE'],
    ['a value that is no number', { values: [['NaN']] }, '3001_NOT_A_NUMBER'],
    ['an exponent', { values: [['6e4']] }, '3001_NOT_A_NUMBER'],
    ['a value too precise', { values: [[`0.${'1'.repeat(19)}`]] }, '3002_OVER_PRECISE'],
    ['a value too large', { values: [['9'.repeat(60)]] }, '3004_OUT_OF_RANGE'],
    ['a row too wide', { values: [['1', '2']] }, '2011_INVALID_SPECIFICATION'],
    ['a price without its market', { market: undefined }, '2011_INVALID_SPECIFICATION'],
    [
      'a spread of 1',
      { market: { ...btcFactor.market, spread: '1' } },
      '2011_INVALID_SPECIFICATION',
    ],
    ['a volume of 0', { market: { ...btcFactor.market, adv: '0' } }, '3003_NOT_POSITIVE'],
    ['a volatility that adds', { kind: 'iv', move: 'absolute' }, '2011_INVALID_SPECIFICATION'],
    ['a difference that multiplies', { kind: 'difference' }, '2011_INVALID_SPECIFICATION'],
    ['the numeraire as collateral', { assets: ['USDT'] }, '2011_INVALID_SPECIFICATION'],
    ['unknown collateral', { assets: ['DOGE'] }, '2005_UNKNOWN_ASSET'],
  ])('with %s is refused: %j', (_, more: Record<string, unknown>, code) => {
    const house = withHistory();
    const { dates = ['2024-01-01', '2024-01-02'].slice(0, 1), values, factors, ...rest } = more;
    const count = (dates as string[]).length;
    const rows = values ?? days(count).map(() => ['60000']);
    const { history: id = 'other', numeraire = 'USDT', ...factor } = rest;
    const columns = factors ?? [{ ...btcFactor, ...factor }];
    const body = { history: id, numeraire, factors: columns, dates, values: rows };
    expect(house.ask({ kind: 'record-factor-history', ...body })).toBe(code);
    expect(house.state.risk.histories.size).toBe(1);
  });

  it('lets a price that moves absolutely go below zero: April 2020', () => {
    const house = openHouse();
    const wti = { ...btcFactor, factor: 'WTI', move: 'absolute', assets: [] };
    const body = { factors: [wti], dates: ['2020-04-20'], values: [['-36.98']] };
    expect(house.ask(history(1, body))).toBeUndefined();
  });

  it.each([
    [{ history: 'nobody' }, '2012_UNKNOWN_HISTORY'],
    [{ date: '2024-06-29' }, '4012_DAY_NOT_NEXT'],
    [{ date: 'tomorrow' }, '2011_INVALID_SPECIFICATION'],
    [{ values: [] }, '2011_INVALID_SPECIFICATION'],
    [{ values: ['0'] }, '3003_NOT_POSITIVE'],
  ])('takes no day with %j', (more, code) => {
    const day = { history: 'crypto', date: '2024-06-30', values: ['1'], ...more };
    expect(withHistory().ask({ kind: 'record-factor-day', ...day })).toBe(code);
  });

  it('is bounded in number', () => {
    const house = openHouse();
    for (let i = 0; i < 64; i += 1) house.ask(history(1, { history: `h${i}` }));
    expect(house.ask(history(1, { history: 'one-more' }))).toBe('2015_TOO_MANY');
  });
});

describe('a risk model', () => {
  it.each([
    [{ proposal: 'a b' }, '1007_INVALID_ID'],
    [{ history: 'nobody' }, '2012_UNKNOWN_HISTORY'],
    [{ wasmHash: 'A'.repeat(64) }, '2011_INVALID_SPECIFICATION'],
    [{ parameters: '' }, '2011_INVALID_SPECIFICATION'],
    [{ parameters: 'x'.repeat(65_537) }, '2011_INVALID_SPECIFICATION'],
    [{ name: '' }, '1007_INVALID_ID'],
  ])('is not proposed with %j', (more, code) => {
    expect(withHistory().ask(proposal('P1', more))).toBe(code);
  });

  it('needs 180 returns', () => {
    const house = openHouse();
    house.ask(history(180));
    expect(house.ask(proposal('P1'))).toBe('2014_HISTORY_TOO_SHORT');
  });

  it('needs four eyes: its proposer does not approve it', () => {
    const house = withHistory();
    house.ask(proposal('P1'));
    const own = approval('P1', { actor: 'operator:operator' });
    expect(house.ask(own)).toBe('7003_FOUR_EYES');
    expect(house.ask(approval('P2'))).toBe('2013_UNKNOWN_RISK_MODEL');
    expect(house.ask(approval('P1'))).toBeUndefined();
    expect(house.ask(approval('P1'))).toBe('4013_ALREADY_DECIDED');
    expect(house.ask(proposal('P1'))).toBe('2007_ALREADY_EXISTS');
    expect(house.state.risk.models.get('P1')).toMatchObject({
      ...{ proposer: 'operator:operator', approver: 'risk:risk', status: 'approved' },
    });
  });

  it('takes effect at the next cut where it is the first, and after the timelock where it is not', () => {
    const house = riskHouse();
    expect(house.state.risk.active).toBeUndefined();
    house.cut();
    expect(house.state.risk.active).toBe('P1');
    house.ask(proposal('P2'));
    house.ask(approval('P2'));
    expect(house.state.risk.models.get('P2')?.fromCycle).toBe(2 + RISK_TIMELOCK);
    while (house.state.openWindow < 2 + RISK_TIMELOCK) house.cut();
    expect(house.state.risk.active).toBe('P1');
    const types = house.cut().map((event) => event.type);
    expect(types.filter((type) => type === 'RiskModelActivated')).toHaveLength(1);
    expect(house.state.risk.active).toBe('P2');
    expect(house.state.risk.models.get('P1')?.status).toBe('retired');
  });

  it('is locked too while the first waits for its cut', () => {
    const house = riskHouse();
    house.ask(proposal('P2'));
    house.ask(approval('P2'));
    expect(house.state.risk.models.get('P2')?.fromCycle).toBe(1 + RISK_TIMELOCK);
  });

  it('is withdrawn by either side until it is in force', () => {
    const house = riskHouse();
    const withdraw = (id: string, actor: string) =>
      house.ask({ kind: 'withdraw-risk-model', proposal: id, reason: 'wrong', actor });
    house.ask(proposal('P2'));
    house.ask(approval('P2'));
    expect(withdraw('P2', 'risk:risk')).toBeUndefined();
    expect(withdraw('P2', 'risk:risk')).toBe('4013_ALREADY_DECIDED');
    expect(withdraw('P3', 'risk:risk')).toBe('2013_UNKNOWN_RISK_MODEL');
    house.cut();
    expect(withdraw('P1', 'operator:operator')).toBe('4013_ALREADY_DECIDED');
    expect(house.state.risk.active).toBe('P1');
  });

  it('is one of sixteen open proposals at most', () => {
    const house = withHistory();
    for (let i = 0; i < 16; i += 1) expect(house.ask(proposal(`P${i}`))).toBeUndefined();
    expect(house.ask(proposal('P16'))).toBe('2015_TOO_MANY');
  });
});

describe('the requirements of a cut', () => {
  const traded = (assess?: Assess) => {
    const house = riskHouse(assess);
    house.deposit('M1-H', '100000');
    house.deposit('M2-H', '100000');
    house.trade('T1', 'M1-H', 'M2-H', '0.5', '60000');
    house.mark('60100');
    return house;
  };

  it('follow its cycle in one step, one per account that holds something', () => {
    const house = traded();
    const events = house.cut();
    const types = events.map((event) => event.type);
    expect(types.slice(types.indexOf('CycleCompleted'))).toEqual([
      'CycleCompleted',
      'MarginAssessed',
      'MarginAssessed',
    ]);
    const last = events.at(-1)!;
    expect(last.data).toMatchObject({ cycle: 1, account: 'M2-H', proposal: 'P1' });
    expect(house.state.risk.requirements.get('M1-H')).toMatchObject({
      ...{ cycle: 1, equity: 10005000000000n, initialMargin: 5n, status: 'ok' },
    });
  });

  it('are of the state as their cut left it', () => {
    const seen: [number, number, bigint][] = [];
    const house = traded((state, moment, accounts) => {
      const { cycle, endsAt } = moment;
      seen.push([cycle, endsAt, state.books.get('USDT')!.get('A/M1-H/cash')!]);
      expect(state.openWindow).toBe(cycle + 1);
      return flatAssess(state, moment, accounts);
    });
    house.cut();
    house.mark('60000');
    house.cut();
    expect(seen).toEqual([
      [1, 60_000_000, 10005000000000n],
      [2, 120_000_000, 10000000000000n],
    ]);
  });

  it('go on for an account that holds nothing any more', () => {
    const house = traded();
    house.cut();
    house.trade('T2', 'M2-H', 'M1-H', '0.5', '60100');
    house.cut();
    expect(house.state.risk.requirements.get('M1-H')).toMatchObject({
      cycle: 2,
      initialMargin: 0n,
    });
  });

  it('are under the state hash, and a replay ends in the same one', () => {
    const house = traded();
    house.cut();
    const again = initialState();
    for (const event of JSON.parse(JSON.stringify(house.events))) evolve(again, event);
    expect(stateHash(again)).toBe(stateHash(house.state));
    const { risk } = again;
    risk.requirements.set('M1-H', { ...risk.requirements.get('M1-H')!, initialMargin: 4n });
    expect(stateHash(again)).not.toBe(stateHash(house.state));
  });

  it.each([
    ['another account', { account: 'M3-H' }],
    ['an initial margin below zero', { initialMargin: '-1' }],
    ['a float', { equity: '1.5' }],
    ['another asset', { asset: 'BTC' }],
    ['another history', { historyRoot: 'c'.repeat(64) }],
    ['another number of days', { days: 7 }],
    ['an id that is no hash', { modelId: 'urs' }],
    ['parts that do not sum', { maintenanceMargin: '6' }],
    ['a fallback without a reason', { status: 'fallback' }],
    [
      'a Greek that is no number',
      {
        greeks: [{ underlying: 'BTC', delta: 'NaN', gamma: '0', vega: '0', theta: '0', rho: '0' }],
      },
    ],
  ])('with %s end the step', (_, wrong) => {
    const house = traded((state, moment, accounts) =>
      flatAssess(state, moment, accounts).map((one) => ({ ...one, ...wrong }) as typeof one),
    );
    expect(() => house.cut()).toThrow(/assessment/);
  });

  it('that leave an account out end the step', () => {
    const house = traded((state, moment, accounts) => flatAssess(state, moment, accounts).slice(1));
    expect(() => house.cut()).toThrow(/1 assessments of 2 accounts/);
  });
});
