/** What a leaf of a rail's balance tree says of an opened account. Amounts in rail units. */
export interface BalanceLeaf {
  /** Address, lower case. */
  readonly owner: string;
  /** What the ledger contract holds for it, once all legs so far and all recorded deposits are there; not below zero. */
  readonly balance: bigint;
  /** Sum of its recorded deposits: what the contract's `creditedOf` was when they were recorded. */
  readonly credited: bigint;
}

/** The Merkle tree over a rail's opened accounts by index. Hashes are `0x` hex. */
export interface BalanceTree {
  set(index: number, leaf: BalanceLeaf): void;
  /** Makes the leaf empty again. */
  clear(index: number): void;
  root(): string;
  /** Siblings from the leaf up. */
  prove(index: number): readonly string[];
}
