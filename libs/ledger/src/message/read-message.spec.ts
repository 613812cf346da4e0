import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type AnyRecordedEvent, canonicalLine, encodeEvents } from '#events';
import { readMessage } from '../index.js';
import { noSource, openHouse } from '../testing/given.js';

const headers = {
  ce_source: 'V1',
  ce_subject: 'BTC-PERP',
  ce_type: 'novate.trade.v1',
  ce_sequence: '1',
  ce_window: '1',
};
const trade = {
  tradeId: 'T1',
  instrument: 'BTC-PERP',
  buyer: 'M1-H',
  seller: 'M2-H',
  quantity: '1',
  price: '60000',
  executedAt: 1,
};
const read = (value: string | Uint8Array, more: Record<string, string> = {}) =>
  readMessage({ topic: 'trades', headers: { ...headers, ...more }, value: Buffer.from(value) });
const codeOf = (message: ReturnType<typeof readMessage>) =>
  message.ok ? undefined : message.rejection.code;

describe('readMessage', () => {
  it('reads a trade', () => {
    expect(read(JSON.stringify(trade))).toMatchObject({
      ok: true,
      at: { sequence: 1, window: 1 },
      body: { type: 'trade', trade },
    });
  });

  it.each([
    ['{"tradeId":', '1001_MALFORMED_JSON'],
    ['', '1001_MALFORMED_JSON'],
    ['[]', '1004_SCHEMA_VIOLATION'],
    ['{}', '1004_SCHEMA_VIOLATION'],
    [JSON.stringify({ ...trade, quantity: 1 }), '1004_SCHEMA_VIOLATION'],
    [JSON.stringify({ ...trade, more: 1 }), '1004_SCHEMA_VIOLATION'],
    ['{"__proto__":{"tradeId":"T1"}}', '1005_FORBIDDEN_KEY'],
    ['{"\\u005f_proto__":1}', '1005_FORBIDDEN_KEY'],
    ['{"constructor":1}', '1005_FORBIDDEN_KEY'],
    [JSON.stringify({ ...trade, buyer: 'M\u0410' }), '1006_ID_NOT_ASCII'],
    [JSON.stringify({ ...trade, buyer: 'M 1' }), '1007_INVALID_ID'],
    ['['.repeat(10_000) + ']'.repeat(10_000), '1003_TOO_DEEP'],
    ['x'.repeat(1_048_577), '1002_TOO_LARGE'],
    [Uint8Array.of(0xff, 0xfe), '1011_INVALID_ENCODING'],
  ])('refuses %.40s', (value, code) => {
    const message = read(value);
    expect(codeOf(message)).toBe(code);
    expect(message.at?.sequence).toBe(1);
  });

  it.each([
    [{ ce_source: '' }, '1008_MISSING_ENVELOPE'],
    [{ ce_sequence: '0' }, '1008_MISSING_ENVELOPE'],
    [{ ce_window: '1e3' }, '1008_MISSING_ENVELOPE'],
    [{ ce_sequence: '99999999999999999' }, '1008_MISSING_ENVELOPE'],
    [{ ce_source: 'V\u0406' }, '1006_ID_NOT_ASCII'],
    [{ ce_type: 'novate.mark.v1' }, '1009_UNKNOWN_TYPE'],
    [{ ce_type: 'constructor' }, '1009_UNKNOWN_TYPE'],
  ])('refuses the envelope %j', (more, code) => {
    expect(codeOf(read(JSON.stringify(trade), more as Record<string, string>))).toBe(code);
  });

  describe('a deposit on a chain', () => {
    const hash = `0x${'a'.repeat(64)}`;
    const chain = { rail: '1/USDT', number: 1, block: 7, logIndex: 0 };
    const deposit = {
      ...{ depositId: '1/USDT#1', account: 'M1-H', asset: 'USDT', amount: '1', at: 1 },
      chain: { ...chain, transaction: hash, blockHash: hash },
    };
    const readDeposit = (value: object) =>
      readMessage({
        topic: 'deposits',
        headers: { ...headers, ce_subject: 'USDT', ce_type: 'novate.deposit.v1' },
        value: Buffer.from(JSON.stringify(value)),
      });
    it('is read whole', () => {
      expect(readDeposit(deposit)).toMatchObject({
        ok: true,
        body: { type: 'deposit', ...deposit },
      });
    });
    it.each([
      [{ depositId: 'D1' }],
      [{ chain: null }],
      [{ chain: { ...deposit.chain, rail: 'USDT' } }],
      [{ chain: { ...deposit.chain, rail: '01/USDT' } }],
      [{ chain: { ...deposit.chain, number: '1' } }],
      [{ chain: { ...deposit.chain, transaction: hash.toUpperCase() } }],
      [{ chain: { ...deposit.chain, more: 1 } }],
      [{ chain: { ...deposit.chain, blockHash: undefined } }],
    ])('is refused with %j', (more) => {
      expect(codeOf(readDeposit({ ...deposit, ...more }))).toBe('1004_SCHEMA_VIOLATION');
    });
  });
  it('never throws, and what comes of any message can be recorded and proved', () => {
    const wild = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\ud800', 'a\udc00', '__proto__', 'NaN', '-0', '1e9', '9'.repeat(60)),
    );
    const field = fc.oneof(wild, fc.integer(), fc.constant(null), fc.array(wild, { maxLength: 2 }));
    const body = fc.oneof(
      fc.dictionary(wild, field),
      fc.record({ key: fc.constantFrom(...Object.keys(trade)), value: field }).map((change) => ({
        ...trade,
        [change.key]: change.value,
      })),
    );
    const property = fc.property(body, wild, (value, subject) => {
      const house = openHouse();
      const text = JSON.stringify(value);
      const message = read(text, { ce_subject: subject });
      const parts = message.ok
        ? { kind: 'input' as const, at: message.at, body: message.body }
        : {
            kind: 'unreadable' as const,
            rejection: message.rejection,
            occurredAt: 1,
            ...(message.at === undefined ? {} : { at: message.at }),
          };
      house.run({ ...parts, actor: 'test', source: noSource });
      encodeEvents(house.events);
      for (const event of house.events) {
        canonicalLine({ ...event, position: 0, recordedAt: 1 } as AnyRecordedEvent);
      }
    });
    fc.assert(property, { numRuns: 500 });
  });

  it('keeps half a surrogate pair out of operator commands', () => {
    const house = openHouse();
    const register = { kind: 'register-member', member: 'M7', name: 'x\ud800' };
    expect(house.ask(register)).toBe('1011_INVALID_ENCODING');
  });
});
