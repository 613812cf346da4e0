import type { AssetMark, Mark, Market, Underlying } from '../../market.js';
import { paidUpFront, type RiskInstrument } from '../../instrument.js';
import type { OptionTerms, RiskKernel, Valuation } from '../../kernel/port.js';
import type { UrsParameters } from '../../parameters.js';
import type { Fallback } from '../../requirement.js';
import { finite, RiskError, within } from '../../risk-error.js';
import type { Factor } from '../../scenarios/factor-history.js';
import type { Scenarios } from '../../scenarios/scenarios.js';
import {
  checkInstrument,
  checkMark,
  checkUnderlying,
  invalid,
  notPositive,
} from './instrument-check.js';
import { knotsOf, payoffWorst, slopeChanges } from './payoff.js';

const MICROS_PER_YEAR = 365 * 86_400 * 1_000_000;
const DAYS_PER_YEAR = 365;

/** What one instrument means for risk, per contract, in the numeraire. Made once per market, for every account. */
export interface InstrumentRisk {
  readonly instrument: RiskInstrument;
  /** Contract size in the numeraire per unit of price. */
  readonly size: number;
  readonly mark: number;
  readonly years: number;
  /** Is worth part of equity, or only its change since settlement? */
  readonly upFront: boolean;
  readonly underlying: Underlying | undefined;
  readonly confidence: number;
  /** Per contract: units of the underlying that move alike, and notional. */
  readonly delta: number;
  readonly notional: number;
  readonly funding: number;
  /** How it is priced in a scenario; absent where it cannot be, and the worst case below is asked instead. */
  readonly valuation?: Valuation;
  readonly set?: Scenarios;
  readonly worst: { readonly long: number; readonly short: number };
  readonly fallbacks: readonly Fallback[];
}

interface Where {
  readonly set: Scenarios;
  readonly factor: number;
  readonly move: 'relative' | 'absolute';
  readonly kind: Factor['kind'];
}

/** Reads instruments of one market against the scenario sets. Throws `RiskError` on what has no documented fallback. */
export class InstrumentReader {
  constructor(
    private readonly kernel: RiskKernel,
    private readonly parameters: UrsParameters,
    private readonly scenarios: readonly Scenarios[],
    private readonly market: Market,
  ) {}

  read(id: string): InstrumentRisk {
    const instrument = this.market.instruments.get(id);
    if (instrument === undefined) {
      throw new RiskError(
        'instrument-unknown',
        id,
        'the market does not describe it',
        'list the instrument, or correct its id',
      );
    }
    checkInstrument(instrument);
    const { mark, underlying, flags } = this.prices(instrument);
    const size = instrument.contractSize * this.worthOf(instrument.quote);
    const quoteFlags = this.quoteFlags(instrument);
    const years = 'expiry' in instrument ? this.yearsTo(instrument.expiry) : 0;
    const common = { instrument, size, mark: mark.price, years, underlying };
    const found = this.valued(instrument, mark, underlying, size, years);
    const { delta, notional } = this.exposure(
      instrument,
      mark,
      underlying,
      size,
      found.where,
      years,
    );
    return {
      ...common,
      upFront: paidUpFront(instrument),
      confidence: mark.stale || quoteFlags.length > 0 ? 0 : (underlying?.oracleConfidence ?? 0),
      delta,
      notional,
      funding: notional * finite(mark.funding ?? 0, `${id} funding`),
      ...(found.valuation && found.where
        ? { valuation: found.valuation, set: found.where.set, worst: { long: 0, short: 0 } }
        : { worst: this.worstCase(instrument, mark.price, underlying, size) }),
      fallbacks: [...flags, ...quoteFlags, ...found.fallbacks],
    };
  }

  /** The numeraire's worth of one unit of an asset: 1 for itself. */
  worthOf(asset: string): number {
    return asset === this.market.numeraire.asset ? 1 : assetOf(this.market, asset).price;
  }

  /** A quote currency whose own price is stale: amounts in it cannot be trusted, whatever the contract's mark. */
  private quoteFlags({ id, quote }: RiskInstrument): readonly Fallback[] {
    if (quote === this.market.numeraire.asset) return [];
    if (assetOf(this.market, quote).stale !== true) return [];
    const reason = `the price of ${quote} is stale: oracle confidence counts as 0`;
    return [fallback('mark-stale', id, reason)];
  }

  where(factor: string): Where | undefined {
    for (const set of this.scenarios) {
      const index = set.index.get(factor);
      const described = index === undefined ? undefined : set.history.factors[index];
      if (index === undefined || !described) continue;
      return { set, factor: index, move: described.move, kind: described.kind };
    }
    return undefined;
  }

  private yearsTo(expiry: number): number {
    return Math.max((expiry - this.market.time) / MICROS_PER_YEAR, 0);
  }

  /** Its own mark, or the underlying's price where it has none and its payoff is linear. */
  private prices(instrument: RiskInstrument): {
    readonly mark: Mark;
    readonly underlying: Underlying | undefined;
    readonly flags: readonly Fallback[];
  } {
    const { id } = instrument;
    const underlying = this.market.underlyings.get(instrument.underlying);
    if (underlying) checkUnderlying(instrument, underlying);
    const own = this.market.marks.get(id);
    const isLinear = instrument.kind !== 'option' && instrument.kind !== 'payoff';
    if (own !== undefined) checkMark(instrument, own);
    if (own !== undefined && !own.stale && !underlying?.stale) {
      return { mark: own, underlying, flags: [] };
    }
    // A venue that has gone quiet does not make its contract unpriceable while others price the underlying.
    if (own !== undefined && !(isLinear && underlying && !underlying.stale)) {
      const flag = fallback('mark-stale', id, 'oracle confidence counts as 0');
      return { mark: { ...own, stale: true }, underlying, flags: [flag] };
    }
    if (own !== undefined && underlying) {
      const flag = fallback('mark-stale', id, `the price of ${instrument.underlying} stands in`);
      return { mark: { ...own, price: underlying.price, stale: false }, underlying, flags: [flag] };
    }
    if (!isLinear || underlying === undefined) {
      throw new RiskError('mark-missing', id, 'there is no price of it', 'send a mark of it');
    }
    const flag = fallback('mark-missing', id, `the price of ${instrument.underlying} stands in`);
    return {
      mark: { price: underlying.price, source: underlying.source },
      underlying,
      flags: [flag],
    };
  }

  private valued(
    instrument: RiskInstrument,
    mark: Mark,
    underlying: Underlying | undefined,
    size: number,
    years: number,
  ): {
    readonly valuation?: Valuation;
    readonly where?: Where;
    readonly fallbacks: readonly Fallback[];
  } {
    const { id } = instrument;
    const where = this.where(instrument.underlying);
    if (where) checkMove(instrument, where);
    if (where === undefined || underlying === undefined) {
      const reason = `no scenarios of ${instrument.underlying}: worst-case loss is asked`;
      return { fallbacks: [fallback('factor-unmapped', id, reason)] };
    }
    if (instrument.kind === 'payoff' && instrument.payoff.form === 'declared') {
      return {
        where,
        fallbacks: [fallback('unpriceable', id, 'declared worst-case loss is asked')],
      };
    }
    if ((instrument.kind === 'option' || instrument.kind === 'payoff') && mark.vol === undefined) {
      const reason = 'no implied volatility: worst-case loss is asked';
      return { where, fallbacks: [fallback('vol-missing', id, reason)] };
    }
    const valuation = this.valuation(instrument, mark, underlying, size, years, where);
    return { valuation, where, fallbacks: [] };
  }

  private valuation(
    instrument: RiskInstrument,
    mark: Mark,
    underlying: Underlying,
    size: number,
    years: number,
    { set, factor, move }: Where,
  ): Valuation {
    const at = { factor, move };
    if (instrument.kind === 'option' || instrument.kind === 'payoff') {
      const terms = optionTerms(instrument, mark, underlying, years, this.parameters);
      const own = instrument.kind === 'option' ? instrument.option : instrument.payoff;
      const volFactor =
        'volFactor' in own ? factorOf(set, own.volFactor, 'iv', instrument.id) : undefined;
      const horizon = this.parameters.number('core.horizonDays') / DAYS_PER_YEAR;
      return { ...terms, size, ...at, horizon, ...(volFactor !== undefined && { volFactor }) };
    }
    if (instrument.settlement === 'inverse') return { kind: 'inverse', size, factor };
    const basis = factorOf(set, instrument.basisFactor, 'difference', instrument.id);
    if (basis === undefined) return { kind: 'linear', size, price: mark.price, ...at };
    const level = mark.price / underlying.price - 1;
    return {
      kind: 'linear',
      size,
      price: underlying.price,
      ...at,
      basis: { level, factor: basis },
    };
  }

  /** Units of the underlying that move as one contract does, and its notional, per contract. */
  private exposure(
    instrument: RiskInstrument,
    mark: Mark,
    underlying: Underlying | undefined,
    size: number,
    where: Where | undefined,
    years: number,
  ): { readonly delta: number; readonly notional: number } {
    const reference = underlying?.price ?? mark.price;
    if (instrument.kind === 'option' || instrument.kind === 'payoff') {
      const notional = size * Math.abs(reference);
      if (!underlying || mark.vol === undefined || !where) return { delta: 0, notional };
      if (instrument.kind === 'payoff' && instrument.payoff.form === 'declared') {
        return { delta: 0, notional };
      }
      const terms = optionTerms(instrument, mark, underlying, years, this.parameters);
      return { delta: size * deltaOf(this.kernel, terms), notional };
    }
    if (instrument.settlement === 'inverse') return { delta: size / reference, notional: size };
    const notional = size * Math.abs(mark.price);
    return { delta: where?.move === 'relative' ? (size * mark.price) / reference : size, notional };
  }

  /**
   * Loss per contract where no scenario prices it. A long loses all it is worth; a short what the greatest shock of the core
   * would cost: `clipHigh` times notional, or a put's strike; declared payoffs as declared.
   */
  private worstCase(
    instrument: RiskInstrument,
    mark: number,
    underlying: Underlying | undefined,
    size: number,
  ): { readonly long: number; readonly short: number } {
    const rise = this.parameters.number('core.clipHigh');
    if (instrument.kind === 'payoff') return payoffWorst(instrument.payoff, mark, size);
    if (instrument.kind === 'option') {
      const { type, strike } = instrument.option;
      const forward = underlying?.price ?? strike;
      const short = type === 'put' ? Math.abs(strike) : (1 + rise) * Math.abs(forward);
      return { long: size * Math.max(mark, 0), short: size * short };
    }
    const notional = instrument.settlement === 'inverse' ? size : size * Math.abs(mark);
    return {
      long: instrument.allowsNegativePrice ? rise * notional : notional,
      short: rise * notional,
    };
  }
}

type Priced = Extract<RiskInstrument, { kind: 'option' | 'payoff' }>;
type PricedTerms =
  | { readonly kind: 'option'; readonly terms: OptionTerms }
  | Pick<
      Extract<Valuation, { kind: 'piecewise' }>,
      'kind' | 'knots' | 'forward' | 'years' | 'vol' | 'discount'
    >;

function optionTerms(
  instrument: Priced,
  mark: Mark,
  underlying: Underlying,
  years: number,
  parameters: UrsParameters,
): PricedTerms {
  const forward = mark.forward ?? underlying.price;
  const common = { forward, years, vol: mark.vol ?? 0, discount: mark.discount ?? 1 };
  if (instrument.kind === 'option') {
    const { type, style, strike } = instrument.option;
    return { kind: 'option', terms: { type, style, strike, ...common } };
  }
  const width = parameters.number('digital.width');
  return { kind: 'piecewise', knots: knotsOf(instrument.payoff, width), ...common };
}

/** Delta per unit of the underlying, closed form. */
export function deltaOf(kernel: RiskKernel, priced: PricedTerms): number {
  if (priced.kind === 'option') return kernel.optionGreeks(priced.terms).delta;
  const { knots, forward, years, vol, discount } = priced;
  const call = { type: 'call', style: 'european', forward, years, vol, discount } as const;
  let delta = 0;
  for (const { strike, calls } of slopeChanges(knots)) {
    delta += calls * kernel.optionGreeks({ ...call, strike }).delta;
  }
  return delta;
}

/** Does the factor move as the contract needs it to? */
function checkMove(instrument: RiskInstrument, { kind, move }: Where): void {
  const { id, underlying } = instrument;
  if (kind !== 'price') {
    throw invalid(id, `${underlying} is a factor of kind ${kind}`, 'name a price factor');
  }
  if (instrument.allowsNegativePrice && move === 'relative') {
    const reason = `its price may be below zero, and ${underlying} moves relatively`;
    throw invalid(id, reason, 'let the factor move in absolute steps');
  }
  if (instrument.settlement === 'inverse' && move === 'absolute') {
    const reason = `it is inverse, and ${underlying} moves in absolute steps`;
    throw invalid(id, reason, 'let the factor move relatively');
  }
}

/** Position of a factor that an instrument names beside its price: it stands in the same set, so that both move jointly. */
function factorOf(
  { index, history }: Scenarios,
  factor: string | undefined,
  kind: Factor['kind'],
  instrument: string,
): number | undefined {
  if (factor === undefined) return undefined;
  const found = index.get(factor);
  if (found !== undefined && history.factors[found]?.kind === kind) return found;
  const reason = `${factor} is no factor of kind ${kind} in the set ${history.name}`;
  throw invalid(instrument, reason, 'name one that is, or none');
}

export function fallback(code: Fallback['code'], field: string, reason: string): Fallback {
  return { code, field, reason };
}

/** An asset as the account counts it, and what was assumed of it. */
export interface AssetWorth {
  readonly price: number;
  readonly haircut: number;
  readonly fallbacks: readonly Fallback[];
}

/**
 * What an asset is worth. One whose price is stale, or which a factor should move that no set has, counts for nothing (haircut 1),
 * and double where it is owed. Throws as `assetOf` does.
 */
export function assetWorth(reader: InstrumentReader, market: Market, asset: string): AssetWorth {
  const { price, haircut, stale, factor } = assetOf(market, asset);
  const flags: Fallback[] = [];
  if (stale === true) {
    flags.push(fallback('mark-stale', asset, 'a holding counts for nothing, a debt double'));
  }
  if (factor !== undefined && reader.where(factor) === undefined) {
    const reason = `no scenarios of ${factor}: a holding counts for nothing, a debt double`;
    flags.push(fallback('factor-unmapped', asset, reason));
  }
  return { price, haircut: flags.length > 0 ? 1 : haircut, fallbacks: flags };
}

/** The asset's mark, checked. Throws `asset-unknown`. */
export function assetOf(market: Market, asset: string): AssetMark {
  const mark = market.assets.get(asset);
  if (mark === undefined) {
    throw new RiskError('asset-unknown', asset, 'it has no price', 'send a price of the asset');
  }
  within(mark.haircut, 0, 1, `${asset} haircut`);
  if (within(mark.price, -1e15, 1e15, `${asset} price`) > 0) return mark;
  throw notPositive(asset, mark.price);
}
