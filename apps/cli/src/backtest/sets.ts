import { backtest, type Elementary } from '#risk';
import type { PriceFiles } from './data/read.js';

type Daily = backtest.DailySeries;

/** A set the command knows: what it needs, and how it is put together. */
export interface SetPlan {
  readonly name: string;
  readonly title: string;
  /** Files of the catalogue it is made of; a set whose files are not there is left out, and said to be. */
  readonly files: readonly string[];
  build(files: PriceFiles, log: Elementary['log'], seed: number): BuiltSet;
}

/** Hours of the factors, where there are any: for the path inside the day. */
export type BuiltSet = backtest.BacktestSet & {
  readonly hourly: readonly (backtest.HourlySeries | undefined)[];
};

/** Years from one trading day to the next. */
const CRYPTO_DAY = 1 / 365;
const EXCHANGE_DAY = 1 / 252;

const BTC = 'yahoo_BTCUSD_1d_201409_202604.csv.gz';
const ETH = 'yahoo_ETHUSD_1d_201711_202604.csv.gz';
const SOL = 'binance_SOLUSDT_1h_202008_202602.csv.gz';
const SP500 = 'yahoo_SP500_1d_1985_2026_mit.csv.gz';
const GOLD = 'yahoo_gold_1d_mit.csv.gz';
const VIX = 'cboe_VIX_1d_1990_2026.csv.gz';
const WTI = 'eia_WTI_spot_1d.csv.gz';
const ECB = 'ecb_eurofxref_1d_1999_2024.csv.gz';
const MATRIX = 'prices/binance_spot_close_matrix_1h_202101_202506.csv.gz';
const MARKETS = 'equity_fx_commodity/';

const PERPETUALS =
  'BTC ETH SOL BNB XRP ADA DOGE LINK LTC BCH DOT MATIC AAVE UNI ATOM ETC FIL'.split(' ');
/** Coins of the matrix that are listed throughout and are not among the perpetuals. */
const OTHER_COINS =
  'AVAX TRX NEAR XLM ALGO MKR COMP CRV SUSHI SNX YFI GRT SAND MANA AXS CHZ INJ'.split(' ');
const PAIRS = 'EURUSD EURJPY EURGBP EURCHF EURSEK EURNOK EURAUD EURCAD EURNZD EURPLN'.split(' ');

const perpFile = (coin: string): string =>
  `prices/binance_usdm_perp_${coin}USDT_1h_202010_202406.csv.gz`;
const relative = { kind: 'relative' } as const;

const hoursOf = (files: PriceFiles, file: string, column: string): backtest.HourlySeries => {
  const { times } = files.get(file);
  return { times, prices: backtest.columnOf(files.get(file), column) };
};

interface LinearParts {
  readonly specs?: readonly backtest.FactorSpec[];
  readonly books: backtest.LinearBooks;
  readonly horizon?: number;
  readonly warmUp?: number;
  readonly hourly?: readonly (backtest.HourlySeries | undefined)[];
}

/** A set of linear books on the given cuts of the same factors. */
function linearSet(
  plan: Pick<SetPlan, 'name' | 'title'>,
  cuts: readonly (readonly Daily[])[],
  parts: LinearParts,
  log: Elementary['log'],
  seed: number,
): BuiltSet {
  const series = cuts[0] ?? [];
  const specs = parts.specs ?? series.map(() => relative);
  const factors = backtest.factorsOf(series, specs);
  return {
    name: plan.name,
    title: plan.title,
    factors,
    books: backtest.linearBooks(factors, parts.books, seed),
    panels: cuts.map((cut) => ({ days: backtest.movesOf(cut, specs, log) })),
    warmUp: parts.warmUp ?? backtest.WARM_UP,
    horizon: parts.horizon ?? CRYPTO_DAY,
    hourly: parts.hourly ?? series.map(() => undefined),
  };
}

const btcEthSol: SetPlan = {
  name: 'btc-eth-sol',
  title: 'BTC, ETH, SOL',
  files: [BTC, ETH, SOL],
  build(files, log, seed) {
    const series = [
      backtest.dailySeries(files.get(BTC), 'close', 'BTC'),
      backtest.dailySeries(files.get(ETH), 'close', 'ETH'),
      backtest.dailySeries(files.get(SOL), 'close', 'SOL'),
    ];
    const books: backtest.LinearBooks = {
      outright: ['BTC', 'ETH', 'SOL'],
      pairs: [
        ['BTC', 'ETH'],
        ['ETH', 'BTC'],
        ['BTC', 'SOL'],
        ['SOL', 'BTC'],
        ['ETH', 'SOL'],
        ['SOL', 'ETH'],
      ],
      hedged: ['SOL'],
      random: 4,
    };
    const hourly = [undefined, undefined, hoursOf(files, SOL, 'close')];
    return linearSet(this, [series], { books, hourly }, log, seed);
  },
};

const btcEth: SetPlan = {
  name: 'btc-eth',
  title: 'BTC, ETH since 2017',
  files: [BTC, ETH],
  build(files, log, seed) {
    const series = [
      backtest.dailySeries(files.get(BTC), 'close', 'BTC'),
      backtest.dailySeries(files.get(ETH), 'close', 'ETH'),
    ];
    const books: backtest.LinearBooks = {
      outright: ['BTC', 'ETH'],
      pairs: [
        ['BTC', 'ETH'],
        ['ETH', 'BTC'],
      ],
      hedged: [],
      random: 4,
    };
    return linearSet(this, [series], { books }, log, seed);
  },
};

const markets: SetPlan = {
  name: 'markets',
  title: 'S&P 500, gold, WTI (absolute), euro rates',
  files: [SP500, GOLD, WTI, ECB],
  build(files, log, seed) {
    const series = [
      backtest.dailySeries(files.get(SP500), 'close', 'SP500'),
      backtest.dailySeries(files.get(GOLD), 'close', 'gold'),
      backtest.dailySeries(files.get(WTI), 'usd_per_bbl', 'WTI'),
      backtest.dailySeries(files.get(ECB), 'EURUSD'),
      backtest.dailySeries(files.get(ECB), 'EURJPY'),
    ];
    // WTI went to -36.98: its moves are absolute, in fractions of a barrel at 60 USD.
    const specs = [
      relative,
      relative,
      { kind: 'absolute', reference: 60 } as const,
      relative,
      relative,
    ];
    const books: backtest.LinearBooks = {
      outright: ['SP500', 'gold', 'WTI', 'EURUSD', 'EURJPY'],
      pairs: [
        ['SP500', 'gold'],
        ['gold', 'EURUSD'],
        ['EURUSD', 'EURJPY'],
      ],
      hedged: [],
      random: 4,
    };
    return linearSet(this, [series], { specs, books, horizon: EXCHANGE_DAY }, log, seed);
  },
};

const fx: SetPlan = {
  name: 'fx',
  title: '10 ECB pairs',
  files: [ECB],
  build(files, log, seed) {
    const series = PAIRS.map((pair) => backtest.dailySeries(files.get(ECB), pair));
    const books: backtest.LinearBooks = {
      outright: ['EURUSD', 'EURJPY', 'EURGBP', 'EURCHF'],
      pairs: [
        ['EURUSD', 'EURJPY'],
        ['EURSEK', 'EURNOK'],
        ['EURAUD', 'EURNZD'],
      ],
      hedged: ['EURUSD'],
      random: 4,
    };
    return linearSet(this, [series], { books, horizon: EXCHANGE_DAY }, log, seed);
  },
};

const options: SetPlan = {
  name: 'options',
  title: 'S&P 500 options with VIX',
  files: [SP500, VIX],
  build(files, log) {
    const series = [
      backtest.dailySeries(files.get(SP500), 'close', 'SP500'),
      backtest.dailySeries(files.get(VIX), 'close', 'VIX'),
    ];
    const specs = [relative, { kind: 'logVol', unit: 0.01 } as const];
    return {
      name: this.name,
      title: this.title,
      factors: backtest.factorsOf(series, specs),
      books: backtest.optionBooks(),
      panels: [{ days: backtest.movesOf(series, specs, log) }],
      warmUp: backtest.WARM_UP,
      horizon: EXCHANGE_DAY,
      hourly: [undefined, undefined],
    };
  },
};

const perpBooks: backtest.LinearBooks = {
  outright: ['BTC', 'ETH', 'SOL', 'DOGE'],
  pairs: [
    ['BTC', 'ETH'],
    ['ETH', 'SOL'],
    ['LTC', 'BCH'],
  ],
  hedged: ['BTC', 'SOL'],
  random: 4,
};

function perpetuals(name: string, title: string, cutHours: readonly number[]): SetPlan {
  return {
    name,
    title,
    files: PERPETUALS.map(perpFile),
    build(files, log, seed) {
      const cuts = cutHours.map((hour) =>
        PERPETUALS.map((coin) =>
          backtest.dailySeries(files.get(perpFile(coin)), 'close', coin, hour),
        ),
      );
      // The path starts where the day does: it is measured for the cut at midnight only.
      const hourly =
        cutHours.length === 1
          ? PERPETUALS.map((coin) => hoursOf(files, perpFile(coin), 'close'))
          : PERPETUALS.map(() => undefined);
      return linearSet(this, cuts, { books: perpBooks, hourly }, log, seed);
    },
  };
}

const otherCoins: SetPlan = {
  name: 'coins',
  title: '17 other coins with BTC, ETH',
  files: [MATRIX],
  build(files, log, seed) {
    const coins = ['BTC', 'ETH', ...OTHER_COINS];
    const series = coins.map((coin) => backtest.dailySeries(files.get(MATRIX), coin));
    const books: backtest.LinearBooks = {
      outright: ['BTC', 'AVAX', 'TRX', 'INJ'],
      pairs: [
        ['BTC', 'AVAX'],
        ['SAND', 'MANA'],
        ['ETH', 'CRV'],
      ],
      hedged: ['BTC', 'YFI'],
      random: 4,
    };
    const hourly = coins.map((coin) => hoursOf(files, MATRIX, coin));
    return linearSet(this, [series], { books, hourly }, log, seed);
  },
};

const multi: SetPlan = {
  name: 'multi',
  title: '7 markets: equity, metal, oil, FX',
  files: [
    ...['yahoo_SP500_1d', 'yahoo_NDX100_1d', 'yahoo_gold_fut_GC_1d', 'yahoo_silver_fut_SI_1d'].map(
      (file) => `${MARKETS}${file}.csv.gz`,
    ),
    `${MARKETS}eia_Brent_spot_1d.csv.gz`,
    ECB,
  ],
  build(files, log, seed) {
    const series = [
      backtest.dailySeries(files.get(`${MARKETS}yahoo_SP500_1d.csv.gz`), 'close', 'SPX'),
      backtest.dailySeries(files.get(`${MARKETS}yahoo_NDX100_1d.csv.gz`), 'close', 'NDX'),
      backtest.dailySeries(files.get(`${MARKETS}yahoo_gold_fut_GC_1d.csv.gz`), 'close', 'gold'),
      backtest.dailySeries(files.get(`${MARKETS}yahoo_silver_fut_SI_1d.csv.gz`), 'close', 'silver'),
      backtest.dailySeries(files.get(`${MARKETS}eia_Brent_spot_1d.csv.gz`), 'usd_per_bbl', 'Brent'),
      backtest.dailySeries(files.get(ECB), 'EURUSD'),
      backtest.dailySeries(files.get(ECB), 'EURJPY'),
    ];
    const books: backtest.LinearBooks = {
      outright: ['SPX', 'gold', 'Brent', 'EURUSD'],
      pairs: [
        ['SPX', 'NDX'],
        ['gold', 'silver'],
        ['EURUSD', 'EURJPY'],
      ],
      hedged: [],
      random: 4,
    };
    return linearSet(this, [series], { books, horizon: EXCHANGE_DAY }, log, seed);
  },
};

/** Sets in the order they run: the shipped ones, then those that need further data. */
export const setPlans: readonly SetPlan[] = [
  btcEthSol,
  btcEth,
  markets,
  fx,
  options,
  perpetuals('perpetuals', '17 perpetuals', [0]),
  perpetuals('perpetuals-4', '17 perpetuals, four cuts a day', [0, 6, 12, 18]),
  otherCoins,
  multi,
];

/** A set of somebody's own files: a date and a column of prices each, named after the file. */
export function ownSet(files: PriceFiles, paths: readonly string[]): SetPlan {
  return {
    name: 'own',
    title: 'your files',
    files: [],
    build(_, log, seed) {
      const series = paths.map((path) => {
        const file = files.own(path);
        const column = file.columns.has('close')
          ? 'close'
          : ([...file.columns.keys()][0] ?? 'close');
        return backtest.dailySeries(file, column, file.file.replace(/\.csv(\.gz)?$/, ''));
      });
      const names = series.map(({ name }) => name);
      const books: backtest.LinearBooks = {
        outright: names.slice(0, 8),
        pairs: names.slice(1).map((name) => [names[0] ?? '', name] as const),
        hedged: [],
        random: 4,
      };
      const set = linearSet(this, [series], { books }, log, seed);
      const days = set.panels[0]?.days.length ?? 0;
      return { ...set, warmUp: Math.min(backtest.WARM_UP, Math.floor(days / 2)) };
    },
  };
}
