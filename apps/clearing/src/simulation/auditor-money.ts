/** The auditor's arithmetic: positions, cash and the house's books from the accepted inputs, with bigint and nothing else. */

export interface AcceptedInput {
  readonly topic: string;
  readonly window: number;
  readonly sequence: number;
  readonly body: Readonly<Record<string, unknown>>;
}

type Amounts = Map<string, bigint>;

/** Decimals of prices, quantities, USDT and funding rates; fees in millionths. */
const [PRICE, QUANTITY, CASH, RATE] = [2, 3, 8, 12] as const;
const FEE_PPM = 10n;

/** `text` in units of its last decimal place. */
function units(text: unknown, scale: number): bigint {
  const [whole = '', fraction = ''] = String(text).replace('-', '').split('.');
  const amount = BigInt(whole + fraction.padEnd(scale, '0'));
  return String(text).startsWith('-') ? -amount : amount;
}

const floorDiv = (a: bigint, b: bigint): bigint => (a % b < 0n ? a / b - 1n : a / b);
const ceilDiv = (a: bigint, b: bigint): bigint => -floorDiv(-a, b);

/** One side of a trade: quantity signed, price at PRICE. */
interface Leg {
  readonly account: string;
  readonly instrument: string;
  readonly quantity: bigint;
  readonly price: bigint;
}

export function balancesOf(
  inputs: readonly AcceptedInput[],
  windows: number,
): { positions: Amounts; books: Amounts } {
  const positions: Amounts = new Map();
  const books: Amounts = new Map();
  const legs: Leg[] = [];
  const prices: Amounts = new Map();
  const settled: Amounts = new Map();
  const charged: Amounts = new Map();
  const add = (to: Amounts, key: string, amount: bigint): void => {
    to.set(key, (to.get(key) ?? 0n) + amount);
  };
  const pay = (account: string, amount: bigint, house: string): void => {
    add(books, `USDT|A/${account}/cash`, amount);
    add(books, `USDT|H/${house}`, -amount);
  };
  for (let window = 1; window <= windows; window += 1) {
    const now = inputs.filter((input) => input.window === window);
    const rates: Amounts = new Map();
    for (const { topic, body } of now.sort((a, b) => a.sequence - b.sequence)) {
      if (topic === 'deposits')
        pay(String(body['account']), units(body['amount'], CASH), 'external');
      if (topic === 'marks') prices.set(String(body['instrument']), units(body['price'], PRICE));
      if (topic === 'funding') add(rates, String(body['instrument']), units(body['rate'], RATE));
      if (topic === 'trades') legs.push(...legsOf(body));
    }
    for (const key of new Set(legs.map(({ account, instrument }) => `${account}|${instrument}`))) {
      const [account = '', instrument = ''] = key.split('|');
      const own = legs.filter((leg) => leg.account === account && leg.instrument === instrument);
      const held = own.reduce((sum, leg) => sum + leg.quantity, 0n);
      const cost = own.reduce((sum, leg) => sum + leg.quantity * leg.price, 0n);
      const turnover = own.reduce((sum, { quantity, price }) => {
        return sum + (quantity < 0n ? -quantity : quantity) * price;
      }, 0n);
      positions.set(key, held);
      const price = prices.get(instrument);
      if (price !== undefined) {
        const value = (held * price - cost) * 10n ** BigInt(CASH - PRICE - QUANTITY);
        pay(account, value - (settled.get(key) ?? 0n), 'rounding');
        settled.set(key, value);
        const exact = -held * price * (rates.get(instrument) ?? 0n);
        pay(account, floorDiv(exact, 10n ** BigInt(PRICE + QUANTITY + RATE - CASH)), 'rounding');
      }
      const fee = ceilDiv(turnover * FEE_PPM, 10n ** BigInt(PRICE + QUANTITY + 6 - CASH));
      pay(account, (charged.get(key) ?? 0n) - fee, 'fees');
      charged.set(key, fee);
    }
  }
  return { positions, books };
}

function legsOf(body: AcceptedInput['body']): Leg[] {
  const instrument = String(body['instrument']);
  const quantity = units(body['quantity'], QUANTITY);
  const price = units(body['price'], PRICE);
  const leg = (side: string, signed: bigint): Leg => {
    return { account: String(body[side]), instrument, quantity: signed, price };
  };
  return [leg('buyer', quantity), leg('seller', -quantity)];
}
