/**
 * Packs the trade tape: `node apps/cli/data/tape/pack.mjs <binance_trades_*.csv.gz> [out]`.
 *
 * Loss-free for what the demo uses: exchange time, venue, symbol, trade id, price, quantity, aggressor, and the
 * order of the rows. Dropped: the receive time of the recorder's own machine. The text inside the brotli stream is
 *
 *   line 1   JSON: {format, rows, firstTimeMs, streams: [{venue, symbol, priceScale, quantityScale, firstTradeId, rows}]}
 *   line 2   one character per row, in tape order: the row's stream, as an index in base 36
 *   line 3   per row, in tape order: milliseconds since the row before
 *   then, three lines per stream, in the stream's order:
 *            price minus the price before, in minor units; quantity in minor units; aggressor, b(uy) or s(ell)
 *
 * Trade ids of a stream are consecutive on this tape; packing refuses a tape where they are not.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants, gunzipSync } from 'node:zlib';

const [, , input, output = new URL('trades.tape.br', import.meta.url)] = process.argv;
if (!input) {
  console.error('usage: node apps/cli/data/tape/pack.mjs <binance_trades_*.csv.gz> [out]');
  process.exit(2);
}

const decimals = (text) => text.split('.')[1]?.length ?? 0;
const minor = (text, scale) => {
  const [whole, fraction = ''] = text.split('.');
  return Number(whole + fraction.padEnd(scale, '0'));
};

const [head, ...lines] = gunzipSync(readFileSync(input)).toString('utf8').trimEnd().split('\n');
if (head !== 'exch_ts_ms,recv_ts_ns,venue,symbol,trade_id,price,qty,aggressor') {
  throw new Error(`unexpected columns: ${head}`);
}
const streams = new Map();
const rows = lines.map((line) => {
  const [time, , venue, symbol, tradeId, price, quantity, aggressor] = line.split(',');
  const name = `${venue}|${symbol}`;
  if (!streams.has(name)) streams.set(name, { venue, symbol, index: streams.size, rows: [] });
  const stream = streams.get(name);
  stream.rows.push({ tradeId: Number(tradeId), price, quantity, aggressor });
  return { time: Number(time), stream: stream.index };
});

const header = [];
const columns = [];
for (const { venue, symbol, rows: own } of streams.values()) {
  const priceScale = Math.max(...own.map((row) => decimals(row.price)));
  const quantityScale = Math.max(...own.map((row) => decimals(row.quantity)));
  const firstTradeId = own[0].tradeId;
  let before = 0;
  const prices = own.map((row, index) => {
    if (row.tradeId !== firstTradeId + index)
      throw new Error(`${venue} ${symbol}: gap in trade ids`);
    const price = minor(row.price, priceScale);
    const delta = price - before;
    before = price;
    return delta;
  });
  header.push({ venue, symbol, priceScale, quantityScale, firstTradeId, rows: own.length });
  columns.push(
    prices.join(' '),
    own.map((row) => minor(row.quantity, quantityScale)).join(' '),
    own.map((row) => row.aggressor[0]).join(''),
  );
}

const text = [
  JSON.stringify({
    format: 'novate-tape-1',
    rows: rows.length,
    firstTimeMs: rows[0].time,
    streams: header,
  }),
  rows.map((row) => row.stream.toString(36)).join(''),
  rows.map((row, index) => (index === 0 ? 0 : row.time - rows[index - 1].time)).join(' '),
  ...columns,
].join('\n');
const packed = brotliCompressSync(text, {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
  },
});
writeFileSync(output, packed);
console.log(`${rows.length} trades, ${streams.size} streams: ${packed.length} bytes`);
