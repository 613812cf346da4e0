import { SettlementRefused } from '../codes.js';
import type { FeePolicy, Fees } from '../lane/index.js';

/** What a rail may spend on gas, wei per gas. */
export interface FeeSettings {
  /** What block builders are offered at first. */
  readonly tip: bigint;
  /** Most that a transaction offers in all; above it nothing is sent, and somebody is woken. */
  readonly cap: bigint;
}

/** EIP-1559 fees: twice the base fee and the tip, so that six full blocks in a row do not outrun them; never above the cap. */
export function feePolicy({ tip, cap }: FeeSettings): FeePolicy {
  return {
    fresh: (baseFee) => affordable({ tip, maxFee: least(2n * baseFee + tip, cap) }, baseFee, cap),
    replacing(previous, baseFee) {
      const raised = raise(previous.maxFee);
      const wanted = most(tip, raise(previous.tip));
      const maxFee = most(raised, least(2n * baseFee + wanted, cap));
      return affordable({ tip: least(wanted, maxFee), maxFee }, baseFee, cap);
    },
  };
}

/** Up to the cap, and enough for the next block at this base fee: what only waits may as well not be sent. */
function affordable(fees: Fees, baseFee: bigint, cap: bigint): Fees | undefined {
  return fees.maxFee <= cap && fees.maxFee >= baseFee + fees.tip ? fees : undefined;
}

/** An eighth more, rounded up: nodes take a replacement from a tenth more on. */
function raise(fee: bigint): bigint {
  return (fee * 9n + 7n) / 8n;
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** What a batch holds, as far as it costs gas. */
export interface BatchSize {
  /** Storage slots, each of two balances. */
  readonly pairs: number;
  readonly withdrawals: number;
  readonly signatures: number;
}

/** Gas that one transaction may use at most: EIP-7825. */
export const GAS_CAP = 2n ** 24n;

/**
 * Gas by parts. `most`: no slot was ever written. `warm`: all were, the least it can cost. Measured figures are in
 * contracts/gas-snapshot.json; these lie above and below them.
 */
const PARTS = {
  most: { batch: 150_000n, pair: 30_000n, withdrawal: 100_000n, signature: 60_000n },
  warm: { batch: 60_000n, pair: 5_000n, withdrawal: 20_000n, signature: 5_000n },
} as const;

/**
 * Gas limit of a batch by its size, never by asking a node that is busy: enough where no slot was written before, and what
 * is not used is not paid.
 * @throws SettlementRefused where the batch cannot fit into a transaction even if all its slots are warm.
 */
export function gasLimit(size: BatchSize): bigint {
  if (gasOf(size, PARTS.warm) > GAS_CAP) {
    const reason = `${size.pairs} pairs and ${size.withdrawals} withdrawals do not fit into a transaction`;
    throw new SettlementRefused('BATCH_TOO_LARGE', 'payload', reason);
  }
  return least(gasOf(size, PARTS.most), GAS_CAP);
}

function gasOf(size: BatchSize, parts: Readonly<Record<keyof typeof PARTS.most, bigint>>): bigint {
  return (
    parts.batch +
    BigInt(size.pairs) * parts.pair +
    BigInt(size.withdrawals) * parts.withdrawal +
    BigInt(size.signatures) * parts.signature
  );
}
