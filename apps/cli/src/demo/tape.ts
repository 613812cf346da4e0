import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { projectRoot } from '../root.js';

/** One stream of the tape: a symbol at a venue. Prices and quantities are integers at these scales. */
export interface TapeStream {
  readonly venue: string;
  readonly symbol: string;
  readonly priceScale: number;
  readonly quantityScale: number;
  readonly firstTradeId: number;
  readonly rows: number;
}

export interface TapeTrade {
  readonly stream: TapeStream;
  /** Exchange time, milliseconds since 1970 UTC. */
  readonly timeMs: number;
  readonly tradeId: number;
  /** Minor units of the stream's price scale. */
  readonly price: number;
  /** Minor units of the stream's quantity scale. */
  readonly quantity: number;
  readonly aggressor: 'buy' | 'sell';
}

export interface Tape {
  readonly streams: readonly TapeStream[];
  /** In the order of the recording: exchange time never goes back. */
  readonly trades: readonly TapeTrade[];
}

interface Header {
  readonly format: string;
  readonly rows: number;
  readonly firstTimeMs: number;
  readonly streams: readonly TapeStream[];
}

/** Where the tape lives; NOTICE beside it says whose it is, pack.mjs how it was made. */
export const tapePath = (): string => join(projectRoot(), 'apps/cli/data/tape/trades.tape.br');

export function readTape(path: string = tapePath()): Tape {
  const lines = brotliDecompressSync(readFileSync(path)).toString('utf8').split('\n');
  const header = JSON.parse(line(lines, 0)) as Header;
  if (header.format !== 'novate-tape-1') throw new Error(`Unknown tape format ${header.format}.`);
  const columns = header.streams.map((stream, index) => streamColumns(lines, stream, index));
  const order = line(lines, 1);
  const gaps = line(lines, 2).split(' ').map(Number);
  let timeMs = header.firstTimeMs;
  const trades: TapeTrade[] = [];
  for (let row = 0; row < header.rows; row += 1) {
    timeMs += gaps[row] ?? Number.NaN;
    const next = columns[Number.parseInt(order.charAt(row), 36)]?.next();
    if (next === undefined || next.done === true) throw new Error(`The tape breaks off at ${row}.`);
    trades.push({ ...next.value, timeMs });
  }
  return { streams: header.streams, trades };
}

function* streamColumns(
  lines: readonly string[],
  stream: TapeStream,
  index: number,
): Generator<Omit<TapeTrade, 'timeMs'>, undefined> {
  const prices = line(lines, 3 + 3 * index).split(' ');
  const quantities = line(lines, 4 + 3 * index).split(' ');
  const aggressors = line(lines, 5 + 3 * index);
  let price = 0;
  for (let row = 0; row < stream.rows; row += 1) {
    price += Number(prices[row]);
    yield {
      stream,
      tradeId: stream.firstTradeId + row,
      price,
      quantity: Number(quantities[row]),
      aggressor: aggressors.charAt(row) === 'b' ? 'buy' : 'sell',
    };
  }
  return undefined;
}

function line(lines: readonly string[], index: number): string {
  const text = lines[index];
  if (text === undefined) throw new Error(`The tape has no line ${index + 1}.`);
  return text;
}
