import { concatHex, type Hex, numberToHex, sliceHex } from 'viem';

/** Written apart from the codec of the settlement service: the vectors hold both to the same bytes. */
export interface PlainPayload {
  /** Rail units by index; ascending by index. */
  readonly entries: readonly (readonly [index: number, delta: bigint])[];
  readonly withdrawals?: readonly (readonly [index: number, to: Hex, amount: bigint])[];
}

const zigzag = (delta: bigint): Hex =>
  numberToHex(delta < 0n ? -2n * delta - 1n : 2n * delta, { size: 12 });

/** The payload's bytes as the interface of the ledger describes them. */
export function plainPayload({ entries, withdrawals = [] }: PlainPayload): Hex {
  const slots = new Map<number, [bigint, bigint]>();
  for (const [index, delta] of entries) {
    const pair = slots.get(index >>> 1) ?? [0n, 0n];
    pair[index % 2] = delta;
    slots.set(index >>> 1, pair);
  }
  const pairs = [...slots].map(([slot, [even, odd]]) =>
    concatHex([numberToHex(slot, { size: 4 }), zigzag(even), zigzag(odd)]),
  );
  const paid = withdrawals.map(([index, to, amount]) =>
    concatHex([
      numberToHex(index, { size: 4 }),
      sliceHex(to, 0, 20),
      numberToHex(amount, { size: 16 }),
    ]),
  );
  const counts = [pairs.length, paid.length].map((count) => numberToHex(count, { size: 2 }));
  return concatHex(['0x01', ...counts, ...pairs, ...paid]);
}
