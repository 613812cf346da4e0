import { createHash } from 'node:crypto';

export interface Counterparties {
  readonly buyer: string;
  readonly seller: string;
}

/**
 * The published rule that gives a trade of the tape its counterparties, which the tape does not name.
 *
 * Let d = SHA-256("<venue>|<symbol>|<trade id>"), a = bytes 0..3 and b = bytes 4..7 of d as big-endian integers, and
 * n the number of accounts that may hold the instrument. The buyer is account a mod n of that list, the seller the
 * one 1 + (b mod (n - 1)) places further on, round the end: never the same account, every pair equally likely.
 */
export function counterparties(
  venue: string,
  symbol: string,
  tradeId: number,
  eligible: readonly string[],
): Counterparties {
  const digest = createHash('sha256').update(`${venue}|${symbol}|${tradeId}`).digest();
  const buyer = digest.readUInt32BE(0) % eligible.length;
  const step = 1 + (digest.readUInt32BE(4) % (eligible.length - 1));
  return {
    buyer: at(eligible, buyer),
    seller: at(eligible, (buyer + step) % eligible.length),
  };
}

function at(accounts: readonly string[], index: number): string {
  const account = accounts[index];
  if (account === undefined) throw new Error('The rule needs at least two accounts.');
  return account;
}
