import { hash } from 'node:crypto';
import type { TradeTerms } from '#events';

/** First 16 bytes of SHA-256 over a trade's terms, hex: what is remembered of a trade to know it again. */
export function tradeDigest(t: TradeTerms): string {
  const text = `${t.instrument}|${t.buyer}|${t.seller}|${t.quantity}|${t.price}|${t.executedAt}`;
  return hash('sha256', text, 'hex').slice(0, 32);
}
