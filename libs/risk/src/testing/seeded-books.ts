import type { Book } from '../book.js';
import { uniform } from './random-history.js';

const CASH = { asset: 'USDT', quantity: 1_000_000_000_000n, quantityScale: 8 };

/** Books over the test market's instruments: half of them hold about a third each, some hold coins, some have orders. */
export function seededBooks(ids: readonly string[], count: number, seed: number): Book[] {
  const next = uniform(seed);
  const quantity = (): bigint => BigInt(Math.floor(next() * 20_001)) - 10_000n;
  const some = (share: number) =>
    ids.flatMap((instrument) =>
      next() < share ? [{ instrument, quantity: quantity(), quantityScale: 2 }] : [],
    );
  return Array.from({ length: count }, (_, i) => {
    const positions = some(i % 2 === 0 ? 0.35 : 0.8).map((each) =>
      next() < 0.5 ? each : { ...each, settledPrice: 50 + Math.floor(next() * 100) },
    );
    const coin = { asset: 'A', quantity: quantity(), quantityScale: 2 };
    return {
      account: `account-${i}`,
      positions,
      collateral: next() < 0.5 ? [CASH] : [CASH, coin],
      orders: next() < 0.7 ? [] : some(0.3),
    };
  });
}
