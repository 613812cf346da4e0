import type { BacktestBook, BacktestSetup, OptionLeg } from '../backtest/model.js';
import type { OptionColumns } from '../kernel/port.js';

/** A distinct option among the books, priced once for all that hold it. Puts are calls and a short underlying: see `parity`. */
interface Strike {
  readonly factor: number;
  readonly volFactor: number;
  readonly strike: number;
  readonly years: number;
}

interface PreparedBook {
  readonly linear: readonly { readonly factor: number; readonly weight: number }[];
  readonly calls: readonly { readonly strike: number; readonly quantity: number }[];
}

/** What pricing a book needs: no more of the kernel than this. */
export interface BookSetup extends Pick<BacktestSetup, 'books' | 'horizon'> {
  readonly kernel: Pick<BacktestSetup['kernel'], 'exp' | 'optionPrice' | 'black76'>;
}

/** Volatility in each scenario, by volatility factor and time to expiry in years. */
export type ShockedVols = (volFactor: number, years: number) => Float64Array;

/** Losses of every book in given scenarios, every option repriced; what a day's models share. */
export class BookLosses {
  readonly #strikes: Strike[] = [];
  readonly #books: readonly PreparedBook[];
  #columns: OptionColumns | undefined;

  constructor(private readonly setup: BookSetup) {
    this.#books = setup.books.map((book) => this.#prepare(book));
  }

  /**
   * With discount 1 a put is a call less the underlying plus the strike, so its change of value is the call's less the
   * underlying's move: half of the pricing of a straddle is saved and nothing is lost.
   */
  #prepare({ weights, options }: BacktestBook): PreparedBook {
    const linear = Float64Array.from(weights);
    const calls = options.map((leg) => {
      if (leg.type === 'put') linear[leg.factor] = (linear[leg.factor] ?? 0) - leg.quantity;
      return { strike: this.#strikeOf(leg), quantity: leg.quantity };
    });
    return {
      linear: [...linear.entries()]
        .filter(([, weight]) => weight !== 0)
        .map(([factor, weight]) => ({ factor, weight })),
      calls,
    };
  }

  #strikeOf({ factor, volFactor, strike, years }: OptionLeg): number {
    const found = this.#strikes.findIndex(
      (s) =>
        s.factor === factor &&
        s.volFactor === volFactor &&
        s.strike === strike &&
        s.years === years,
    );
    return found >= 0 ? found : this.#strikes.push({ factor, volFactor, strike, years }) - 1;
  }

  /**
   * One vector per book, positive is a loss. `shocks`: a column per factor; `levels`: where volatilities stand today; `vols`:
   * what they are in each scenario, by default their own factor's log shock applied to the level.
   */
  losses(
    shocks: readonly Float64Array[],
    levels: ArrayLike<number>,
    vols: ShockedVols = this.#logShocks(shocks, levels),
  ): Float64Array[] {
    const width = shocks[0]?.length ?? 0;
    const calls = this.#strikes.map((strike) => this.#callMoves(strike, shocks, vols, levels));
    return this.#books.map((book) => {
      const loss = new Float64Array(width);
      for (const { factor, weight } of book.linear)
        subtractScaled(loss, shocks[factor] ?? loss, weight);
      for (const { strike, quantity } of book.calls)
        subtractScaled(loss, calls[strike] ?? loss, quantity);
      return loss;
    });
  }

  #logShocks(shocks: readonly Float64Array[], levels: ArrayLike<number>): ShockedVols {
    const known = new Map<number, Float64Array>();
    return (factor) => {
      const found = known.get(factor);
      if (found) return found;
      const level = levels[factor] ?? NaN;
      const column = shocks[factor] ?? new Float64Array(0);
      const vols = column.map((shock) => level * this.setup.kernel.exp(shock));
      known.set(factor, vols);
      return vols;
    };
  }

  /** Change of a call's value per scenario, in units of the underlying's price today. */
  #callMoves(
    { factor, volFactor, strike, years }: Strike,
    shocks: readonly Float64Array[],
    vols: ShockedVols,
    levels: ArrayLike<number>,
  ): Float64Array {
    const { kernel, horizon } = this.setup;
    const move = shocks[factor] ?? new Float64Array(0);
    const columns = this.#shape(move.length);
    for (let j = 0; j < move.length; j++) columns.forward[j] = 1 + (move[j] ?? 0);
    columns.strike.fill(strike);
    columns.years.fill(Math.max(years - horizon, 0));
    columns.vol.set(vols(volFactor, years));
    const now = kernel.optionPrice({
      type: 'call',
      style: 'european',
      forward: 1,
      strike,
      years,
      vol: levels[volFactor] ?? NaN,
      discount: 1,
    });
    const moves = kernel.black76(columns);
    for (let j = 0; j < moves.length; j++) moves[j] = (moves[j] ?? 0) - now;
    return moves;
  }

  #shape(width: number): OptionColumns {
    if (this.#columns?.forward.length === width) return this.#columns;
    const column = () => new Float64Array(width);
    this.#columns = {
      forward: column(),
      strike: column(),
      years: column(),
      vol: column(),
      discount: column().fill(1),
      call: new Uint8Array(width).fill(1),
    };
    return this.#columns;
  }
}

function subtractScaled(into: Float64Array, from: Float64Array, factor: number): void {
  for (let j = 0; j < into.length; j++) into[j] = (into[j] ?? 0) - factor * (from[j] ?? 0);
}
