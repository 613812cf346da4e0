import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { describeData } from '../../../../test/support/services.js';
import { decimal } from '../render/decimal.js';
import { readTape, type TapeTrade } from './tape.js';

const line = ({ stream, ...trade }: TapeTrade): string =>
  [
    trade.timeMs,
    stream.venue,
    stream.symbol,
    trade.tradeId,
    shortest(decimal(BigInt(trade.price), stream.priceScale)),
    shortest(decimal(BigInt(trade.quantity), stream.quantityScale)),
    trade.aggressor,
  ].join(',');
/** As Binance writes it: no trailing zeros. */
const shortest = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
const sha256 = (lines: readonly string[]): string =>
  createHash('sha256').update(lines.join('\n')).digest('hex');

const tape = readTape();
const lines = tape.trades.map(line);
describe('the tape', () => {
  it('holds every trade of the recording', () => {
    expect(lines).toHaveLength(78_638);
    expect(lines[0]).toBe('1723161255342,binance_spot,BTCUSDT,3735683259,61837.63,0.02,sell');
    expect(lines.at(-1)).toMatch(/^172316190/);
  });

  it.each([
    [
      'binance_spot',
      'BTCUSDT',
      19_904,
      '70d64a999950cc52c77c053988aede6d4feae8c01e86707900edd8282649c201',
    ],
    [
      'binance_spot',
      'ETHUSDT',
      14_515,
      '7d758bf6047f60ae3496050b0ec16538a1654741c272e45e956fd6c03e5439dd',
    ],
    [
      'binance_usdm',
      'BTCUSDT',
      21_313,
      '14c92d4ce942032e6a09be252e63b6655a7fc8595b3446821dec8cf0f363783d',
    ],
    [
      'binance_usdm',
      'ETHUSDT',
      14_076,
      '490fddeb805c9928d516d2af46004ee62c9d2565711fb1a4e0be59abfd30616e',
    ],
    [
      'binance_coinm',
      'BTCUSD_PERP',
      5_235,
      'e75b9bf55b993f7b57020aaa56d9cdd3eaf0ee6df00bfcbd9776bc4a9ae6496a',
    ],
    [
      'binance_coinm',
      'ETHUSD_PERP',
      3_595,
      '8d782adca3498cdbb9229908537bd468b511a2383a483532feb1256e2bd541c6',
    ],
  ])('%s %s: %i trades with the digest of the source', (venue, symbol, count, digest) => {
    const own = lines.filter((text) => text.includes(`,${venue},${symbol},`));
    expect(own).toHaveLength(count);
    expect(sha256(own)).toBe(digest);
  });

  it('never goes back in time', () => {
    const back = tape.trades.findIndex(
      ({ timeMs }, row) => timeMs < (tape.trades[row - 1]?.timeMs ?? 0),
    );
    expect(back).toBe(-1);
  });
});

const recording = 'trades_l2/binance_trades_20240808_2354_20240809_0005.csv.gz';
describeData(recording, 'the tape beside its recording', (file) => {
  it('is equal row by row, but for the receive time', () => {
    const rows = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n').slice(1);
    const kept = rows.map((row) =>
      row
        .split(',')
        .filter((_, column) => column !== 1)
        .join(','),
    );
    expect(sha256(kept)).toBe(sha256(lines));
  });
});
