/** A price file the backtest knows: its name, the SHA-256 of its bytes, and what it holds. */
export interface CatalogueEntry {
  /** Shipped: in apps/cli/data/prices, whose NOTICE says whose it is. Else a path below the folder of further data. */
  readonly file: string;
  readonly sha256: string;
  readonly holds: string;
  readonly shipped: boolean;
}

const entry = (shipped: boolean, file: string, sha256: string, holds: string): CatalogueEntry => ({
  file,
  sha256,
  holds,
  shipped,
});

export const catalogue: readonly CatalogueEntry[] = [
  entry(
    true,
    'yahoo_BTCUSD_1d_201409_202604.csv.gz',
    '79b47a7b0d6bf352a6931ade49834d16c78b0b2ec70c1fed3fcd1bdb4e860aa0',
    'BTC in USD, daily, close at 24:00 UTC',
  ),
  entry(
    true,
    'yahoo_ETHUSD_1d_201711_202604.csv.gz',
    'e68e73778ac41d77db71d142be05e2bc8bbe1ade6390cff6d026bdbee13925a0',
    'ETH in USD, daily, close at 24:00 UTC',
  ),
  entry(
    true,
    'binance_SOLUSDT_1h_202008_202602.csv.gz',
    '6c13789d80e378240640bb62122a69fe76108bbd0f93341ac437c8b13dd67d70',
    'SOL in USDT, hourly bars by opening time',
  ),
  entry(
    true,
    'yahoo_SP500_1d_1985_2026_mit.csv.gz',
    'a46d6a5a0a9519d4827158508fc46c993ea507de4692fada9630e4237b8577be',
    'S&P 500 index, daily close',
  ),
  entry(
    true,
    'yahoo_gold_1d_mit.csv.gz',
    '0ff741bd6bc29b2d40f15c684953970e5a55bdefbb913e852b6f40486eef5f57',
    'gold in USD an ounce, front future, daily close',
  ),
  entry(
    true,
    'cboe_VIX_1d_1990_2026.csv.gz',
    'b97007c9acca0e37e6a2242023f453144eed5f24755625f70364bc6d8fb8902e',
    'VIX, per cent a year, daily close',
  ),
  entry(
    true,
    'eia_WTI_spot_1d.csv.gz',
    'c58ba94ece5f9842c55905f4ab9a135f338ac9f2aa496afcd8828767485a3858',
    'WTI at Cushing, USD a barrel, spot; -36.98 on 2020-04-20',
  ),
  entry(
    true,
    'ecb_eurofxref_1d_1999_2024.csv.gz',
    '25cafc3f464f94cabb1887c9f205e581460f0c09084333d16e7216a4fb6d0570',
    'euro reference rates, units of currency for one euro',
  ),
  entry(
    false,
    'prices/binance_usdm_perp_BTCUSDT_1h_202010_202406.csv.gz',
    'd4a098900b9ae91c068cc8d77f46e38f2b602c257a7e38c0c36227e22f7c7a03',
    'BTC perpetual in USDT, hourly bars by opening time',
  ),
  entry(
    false,
    'prices/binance_usdm_perp_ETHUSDT_1h_202010_202406.csv.gz',
    'e6165b76c61f9371dd1674ddf170407743bc8053f48b1897c2577b4d6a2c2b88',
    'ETH perpetual in USDT, hourly bars by opening time',
  ),
  entry(
    false,
    'prices/binance_usdm_perp_SOLUSDT_1h_202010_202406.csv.gz',
    '5c64897eaebe6807775c02fcb5b1a33135e2cb632040a4ec87a259a5de3af50a',
    'SOL perpetual in USDT, hourly bars by opening time',
  ),
  entry(
    false,
    'prices/binance_usdm_perp_BNBUSDT_1h_202010_202406.csv.gz',
    'ed7e39c6648e6ee1d1b51eb39b2e577aa10e26a0f239cb30e317d9fc7fd42265',
    'BNB perpetual in USDT, hourly bars by opening time',
  ),
  entry(
    false,
    'prices/binance_usdm_perp_XRPUSDT_1h_202010_202406.csv.gz',
    '7c001058707ec0d1dee0417a4c533e83901990eb8c66a850f4ff1c165e7805ee',
    'XRP perpetual in USDT, hourly bars by opening time',
  ),
  entry(
    false,
    'prices/binance_usdm_perp_ADAUSDT_1h_202010_202406.csv.gz',
    '3121db41d6e2c0b9226c12de58fb77b6e3bbdf163e8c12e4dcb8aa4fe7f2188b',
    'ADA perpetual in USDT, hourly bars by opening time',
  ),
  entry(
    false,
    'prices/binance_usdm_perp_DOGEUSDT_1h_202010_202406.csv.gz',
    'bd037e9c7878528078c63b0a18f4ec35585428dfd348976eb9eb6f72e86bace6',
    'DOGE perpetual in USDT, hourly bars by opening time',
  ),
  entry(
    false,
    'prices/binance_usdm_perp_LINKUSDT_1h_202010_202406.csv.gz',
    '7a48ad2d937254c1cde9c38c8fe18c7af60fa2a75ef7766acb4df2b90e2e5980',
    'LINK perpetual in USDT, hourly bars by opening time',
  ),
  entry(
    false,
    'prices/binance_usdm_perp_LTCUSDT_1h_202010_202406.csv.gz',
    '80da4ee90b88d5e25fe70cb0493d0899f9c884762b93e55df8b51acbb55f96e6',
    'LTC perpetual in USDT, hourly bars by opening time',
  ),
  entry(
    false,
    'prices/binance_usdm_perp_BCHUSDT_1h_202010_202406.csv.gz',
    '3c2c50e59c74070b41a018fb9dbc95427b28ce2b1079bdb51a9b184aa9a3ed78',
    'BCH perpetual in USDT, hourly bars by opening time',
  ),
  entry(
    false,
    'prices/binance_usdm_perp_DOTUSDT_1h_202010_202406.csv.gz',
    '6da4a5f3c630c5bcb35488bf46d87328561eec96d54b29a33170c89976ed2268',
    'DOT perpetual in USDT, hourly bars by opening time',
  ),
  entry(
    false,
    'prices/binance_usdm_perp_MATICUSDT_1h_202010_202406.csv.gz',
    '676ecea47754edd36d057737ad1fe12043337976eb89d28ac65d8dc66b04bef8',
    'MATIC perpetual in USDT, hourly bars by opening time',
  ),
  entry(
    false,
    'prices/binance_usdm_perp_AAVEUSDT_1h_202010_202406.csv.gz',
    'd5b9d54697c008efaaed7acc5705d217cc2e05a94e1c417906dbdb35e37bba50',
    'AAVE perpetual in USDT, hourly bars by opening time',
  ),
  entry(
    false,
    'prices/binance_usdm_perp_UNIUSDT_1h_202010_202406.csv.gz',
    'fe1f3f39b91510bfd93965f54e6f17d405d905824d739040ed277eec3028c35d',
    'UNI perpetual in USDT, hourly bars by opening time',
  ),
  entry(
    false,
    'prices/binance_usdm_perp_ATOMUSDT_1h_202010_202406.csv.gz',
    'a46ae7e5918209ccc5ef4ab857c5e267af9edf2dd4292d3d7c80b4d2f8355aa3',
    'ATOM perpetual in USDT, hourly bars by opening time',
  ),
  entry(
    false,
    'prices/binance_usdm_perp_ETCUSDT_1h_202010_202406.csv.gz',
    '4c3e6c8da21a5d2ac3aa169eba45a0bfe403da67766e2d3a2496c651a7e0ed39',
    'ETC perpetual in USDT, hourly bars by opening time',
  ),
  entry(
    false,
    'prices/binance_usdm_perp_FILUSDT_1h_202010_202406.csv.gz',
    'dc2726498ed538fc8d547d09fef012e6a008ccabdbf092db5ec58d1232b0428c',
    'FIL perpetual in USDT, hourly bars by opening time',
  ),
  entry(
    false,
    'prices/binance_spot_close_matrix_1h_202101_202506.csv.gz',
    '6bbf5145ee0f585d9ab450e5b5e845d594e91da6c009ef7af61dbe486f121d56',
    '52 coins in USDT, hourly closes by opening time; LUNA changes its meaning in May 2022',
  ),
  entry(
    false,
    'equity_fx_commodity/yahoo_SP500_1d.csv.gz',
    'c023ca292b8ee059302cf9e956d104499a8f0f9bf803164e344bb22bc31dc52b',
    'S&P 500 index, daily close',
  ),
  entry(
    false,
    'equity_fx_commodity/yahoo_NDX100_1d.csv.gz',
    'bb5bca1c0a9db29cda5f84f972df84f45cb285454beadaf81b8f70aae9bd6ae3',
    'Nasdaq 100 index, daily close',
  ),
  entry(
    false,
    'equity_fx_commodity/yahoo_gold_fut_GC_1d.csv.gz',
    '23c066ab236b897982d114801292f6a130aa79284a9c8e78914a4ee7254dc4e0',
    'gold, front future, not roll-adjusted',
  ),
  entry(
    false,
    'equity_fx_commodity/yahoo_silver_fut_SI_1d.csv.gz',
    'e7f98e476e1c4acd96e6a63592b41f65fefaf6b36b2f8df322c344a6fdbc742c',
    'silver, front future, not roll-adjusted',
  ),
  entry(
    false,
    'equity_fx_commodity/eia_Brent_spot_1d.csv.gz',
    'f8e6e28d9490ead9e76328f7e70057d009563b27576d10cd15439ebf9370694b',
    'Brent, USD a barrel, spot',
  ),
];
