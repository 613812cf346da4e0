import { backtest } from '#risk';
import { PriceFiles, type ReadFile } from './read.js';

/** Closes of several coins on the dates they have in common. */
export interface PriceHistory {
  readonly names: readonly string[];
  /** `2024-08-07`, oldest first, no gaps beyond the files' own. */
  readonly dates: readonly string[];
  /** USD, by name, then date. */
  readonly closes: readonly (readonly number[])[];
  readonly sources: readonly ReadFile[];
}

const COINS: Readonly<Record<string, { readonly file: string }>> = {
  BTC: { file: 'yahoo_BTCUSD_1d_201409_202604.csv.gz' },
  ETH: { file: 'yahoo_ETHUSD_1d_201711_202604.csv.gz' },
  SOL: { file: 'binance_SOLUSDT_1h_202008_202602.csv.gz' },
};

/**
 * Shipped closes up to and including `date`, nothing later: what could be known when that day ended at 24:00 UTC.
 * BTC and ETH have a close for each date since 2017-11-09; SOL since 2020-08-11.
 */
export function historyUntil(
  date: string,
  names: readonly string[] = ['BTC', 'ETH'],
): PriceHistory {
  const files = new PriceFiles(undefined);
  const series = names.map((name) => {
    const coin = COINS[name];
    if (coin === undefined)
      throw new RangeError(
        `No history of ${name} ships; there is ${Object.keys(COINS).join(', ')}.`,
      );
    return backtest.dailySeries(files.get(coin.file), 'close', name);
  });
  const { dates, prices } = backtest.joinByDate(series);
  const known = dates.filter((each) => each <= date);
  return {
    names,
    dates: known,
    closes: prices.map((column) => [...column.subarray(0, known.length)]),
    sources: files.read,
  };
}
