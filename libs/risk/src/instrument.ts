/**
 * What a model must know of an instrument. Prices are floats in the quote currency; one unit of quantity is one contract of
 * `contractSize` units: of the underlying (linear), or of the quote currency (inverse).
 */
export type RiskInstrument =
  | (Terms & { readonly kind: 'spot' | 'perpetual' })
  | (Terms & { readonly kind: 'future'; readonly expiry: number })
  | (Terms & { readonly kind: 'option'; readonly expiry: number; readonly option: OptionContract })
  | (Terms & { readonly kind: 'payoff'; readonly expiry: number; readonly payoff: Payoff });

interface Terms {
  readonly id: string;
  /** Id of the price factor that moves it, e.g. `BTC`. A key of `Market.underlyings`. */
  readonly underlying: string;
  /** Linear: value = q x size x price. Inverse: value = -q x size / price in the underlying, margined in its worth. */
  readonly settlement: 'linear' | 'inverse';
  readonly contractSize: number;
  /** Asset its price is quoted in. The numeraire, or a key of `Market.assets`. */
  readonly quote: string;
  /** May its price be zero or below (WTI, April 2020)? Then its factor must move in absolute steps. */
  readonly allowsNegativePrice: boolean;
  /** Factor of its basis (price over underlying, a difference as a fraction); absent: the basis stays as it is. */
  readonly basisFactor?: string;
}

export interface OptionContract {
  readonly type: 'call' | 'put';
  readonly style: 'european' | 'american';
  readonly strike: number;
  /** Up front: the option's worth is part of equity. Futures-style: only its change since the last settlement is. */
  readonly premium: 'upfront' | 'futures-style';
  /** Factor of its implied volatility; absent: the core holds volatility still, and only the tail grid moves it. */
  readonly volFactor?: string;
}

/** A registered payoff, per unit of the underlying's price, at expiry. */
export type Payoff =
  /** Piecewise linear through the knots (ascending), end slopes extended. */
  | {
      readonly form: 'piecewise';
      readonly knots: readonly (readonly [underlying: number, value: number])[];
      readonly premium: 'upfront' | 'futures-style';
      readonly volFactor?: string;
    }
  /** Pays `payout` at or above (`up`) or below (`down`) the strike. */
  | {
      readonly form: 'digital';
      readonly strike: number;
      readonly payout: number;
      readonly side: 'up' | 'down';
      readonly premium: 'upfront' | 'futures-style';
      readonly volFactor?: string;
    }
  /** Nobody can price it: fully collateralised at a declared loss per contract, quote currency, of the long and of the short. */
  | {
      readonly form: 'declared';
      readonly worstCaseLoss: { readonly long: number; readonly short: number };
      readonly premium: 'upfront' | 'futures-style';
    };

/** Is worth carried in equity (spot, premium paid up front), or only its change since the last settlement? */
export function paidUpFront(instrument: RiskInstrument): boolean {
  if (instrument.kind === 'spot') return true;
  if (instrument.kind === 'option') return instrument.option.premium === 'upfront';
  return instrument.kind === 'payoff' && instrument.payoff.premium === 'upfront';
}
