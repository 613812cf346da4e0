/** An amount as the ledger keeps it: an integer of minor units at a decimal scale, signed. */
export interface Quantity {
  readonly quantity: bigint;
  /** Decimals of `quantity`, 0 to 22. */
  readonly quantityScale: number;
}

/** A position as a model sees it; above zero is long. Several of one instrument are netted. */
export interface RiskPosition extends Quantity {
  readonly instrument: string;
  /**
   * Price up to which variation margin is settled, quote currency. Absent: settled at the mark, no unrealised profit or loss.
   * Plays no part where the premium is paid up front and for spot.
   */
  readonly settledPrice?: number;
}

/** An asset held as collateral; below zero is a debt. */
export interface Holding extends Quantity {
  readonly asset: string;
}

/** An order in a book: what would be bought (above zero) or sold (below zero) if all of it filled at the mark. */
export interface OpenOrder extends Quantity {
  readonly instrument: string;
}

/** One account. The order of entries never matters, to the last bit. */
export interface Book {
  readonly account: string;
  readonly positions: readonly RiskPosition[];
  readonly collateral: readonly Holding[];
  readonly orders?: readonly OpenOrder[];
}
