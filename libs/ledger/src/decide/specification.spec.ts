import { describe, expect, it } from '@jest/globals';
import { openHouse, spec } from '../testing/given.js';

describe('a future that expires at the price of its underlying', () => {
  const dated = { kind: 'future', expiry: 60_000_000 } as const;
  const negative = spec({ instrument: 'POWER', allowsNegativePrice: true });
  const option = spec({
    ...dated,
    instrument: 'CALL',
    kind: 'option',
    underlying: 'BTC-PERP',
    option: { type: 'call', strike: '6000000', premium: 'futures-style' },
  });

  it.each([
    ['POWER', { payoff: 'inverse' }],
    ['CALL', { payoff: 'inverse' }],
    ['POWER', { payoff: 'linear' }],
  ] as const)('is not listed on %s, which may be worth nothing: %j', (underlying, more) => {
    const house = openHouse([spec(), negative, option]);
    const listed = spec({ ...dated, ...more, instrument: 'DATED', underlying });
    expect(house.ask({ kind: 'list-instrument', spec: listed })).toBe('2011_INVALID_SPECIFICATION');
  });

  it('is listed where it allows such a price itself', () => {
    const house = openHouse([negative]);
    const terms = { ...dated, underlying: 'POWER', allowsNegativePrice: true };
    const listed = spec({ ...terms, instrument: 'DATED' });
    expect(house.ask({ kind: 'list-instrument', spec: listed })).toBeUndefined();
  });
});
