import type { Market } from '../../market.js';
import type { RiskKernel, ScenarioArray, Valuation } from '../../kernel/port.js';
import type { RuleUnderlying } from '../../kernel/rule-tables.js';
import type { UrsParameters } from '../../parameters.js';
import type { Scenarios } from '../../scenarios/scenarios.js';
import { type InstrumentRisk, assetOf, InstrumentReader } from './instrument-risk.js';
import { checkMarket } from './instrument-check.js';
import { fixedTables, type FixedTables, legTerms, type LegTerms } from './rule-terms.js';
import { slopeChanges } from './payoff.js';

const DAYS_PER_YEAR = 365;

/** A collateral asset that moves, as a spot position inside the arrays. */
export interface AssetRisk {
  readonly set: Scenarios;
  readonly array: ScenarioArray;
  readonly factor: number;
  /** Numeraire per unit of the asset and 1.00 of the factor's shock. */
  readonly slope: number;
}

/** One instrument's array over its set, its change in every tail-grid scenario (options and payoffs), and its row of the rules. */
export interface Arrays {
  readonly risk: InstrumentRisk;
  readonly terms: LegTerms;
  readonly array?: ScenarioArray;
  readonly grid?: Float64Array;
}

/**
 * All that one market means, whatever the account: arrays are built at first use and kept until `release`. Everything is a
 * function of market, scenarios and parameters alone, so who asked first changes nothing.
 */
export class MarketRisk {
  readonly reader: InstrumentReader;
  private readonly instruments = new Map<string, Arrays>();
  private readonly assets = new Map<string, AssetRisk | undefined>();
  private readonly underlyings = new Map<string, RuleUnderlying>();
  /** What the rules take of the parameters and the market, the account aside. */
  readonly fixed: FixedTables;

  constructor(
    private readonly kernel: RiskKernel,
    private readonly parameters: UrsParameters,
    scenarios: readonly Scenarios[],
    readonly market: Market,
  ) {
    checkMarket(market);
    this.fixed = fixedTables(parameters, market);
    this.reader = new InstrumentReader(kernel, parameters, scenarios, market);
  }

  instrument(id: string): Arrays {
    const kept = this.instruments.get(id);
    if (kept) return kept;
    const risk = this.reader.read(id);
    const { valuation, set } = risk;
    const array = valuation && set ? this.kernel.array(set.set, valuation) : undefined;
    const grid = this.gridRow(risk);
    const isKnown = this.underlying(risk.instrument.underlying) !== undefined;
    const terms = legTerms(risk, isKnown);
    const made = { risk, terms, ...(array && { array }), ...(grid && { grid }) };
    this.instruments.set(id, made);
    return made;
  }

  /** Per unit of the asset; undefined where it does not move, or nobody knows how (its haircut is all there is then). */
  asset(id: string): AssetRisk | undefined {
    if (this.assets.has(id)) return this.assets.get(id);
    const { factor, price } = assetOf(this.market, id);
    const where = factor === undefined ? undefined : this.reader.where(factor);
    const made = where && {
      set: where.set,
      factor: where.factor,
      slope: price,
      array: this.kernel.array(where.set.set, {
        kind: 'linear',
        size: where.move === 'absolute' ? price : 1,
        price,
        factor: where.factor,
        move: where.move,
      }),
    };
    this.assets.set(id, made);
    return made;
  }

  /** Row of the rules' table. The underlying must be described and have scenarios. */
  underlying(id: string): RuleUnderlying | undefined {
    const kept = this.underlyings.get(id);
    if (kept) return kept;
    const described = this.market.underlyings.get(id);
    const where = this.reader.where(id);
    if (!described || !where) return undefined;
    const of = (key: string): number => this.parameters.group(described.group, key);
    const tier = (key: string): number =>
      this.parameters.number(`openInterest.${described.tier}.${key}`);
    const price = Math.abs(described.price);
    const lin = this.linearMargin(where, price);
    const target = where.set.set.facts?.target[where.factor] ?? 0;
    const isNew =
      (where.set.ownDays[where.factor] ?? 0) < this.parameters.number('newListing.days');
    const floor = isNew ? this.parameters.number('newListing.floor') : 0;
    const row: RuleUnderlying = {
      price,
      sigma: where.move === 'absolute' ? target : price * target,
      lin,
      netRate: Math.max(of('netDelta'), floor),
      hedgedRate: of('hedged'),
      shortOptionRate: of('shortOption'),
      basisFlat: of('basisFlat'),
      basisAnnual: of('basisAnnual'),
      spread: described.spread,
      adv: described.adv,
      openInterest: described.openInterest,
      openInterestBase: tier('base'),
      openInterestLow: tier('low'),
      openInterestHigh: tier('high'),
      crowding: described.crowding,
      moves: this.moves(lin, price),
    };
    this.underlyings.set(id, row);
    return row;
  }

  release(): void {
    for (const { array } of this.instruments.values()) array?.release();
    for (const asset of this.assets.values()) asset?.array.release();
    this.instruments.clear();
    this.assets.clear();
  }

  /** Core margin of one unit of the underlying, the mean of long and short: the reach of the tail grid. */
  private linearMargin(
    where: {
      readonly set: Scenarios;
      readonly factor: number;
      readonly move: 'relative' | 'absolute';
    },
    price: number,
  ): number {
    const { set, factor, move } = where;
    const unit = this.kernel.array(set.set, { kind: 'linear', size: 1, price, factor, move });
    const alpha = this.parameters.number('core.alpha');
    const side = (quantity: number): number => {
      const losses = this.kernel.losses([unit], [quantity]);
      const { value } = this.kernel.shortfall(losses, set.set, alpha);
      losses.release();
      return Math.max(value, 0);
    };
    const margin = (this.parameters.number('core.k') * (side(1) + side(-1))) / 2;
    unit.release();
    return margin;
  }

  /** Changes of price: each spot move three times (volatility up, unchanged, down), then the tails. */
  private moves(lin: number, price: number): Float64Array {
    const spots = this.parameters.list('grid.spots').flatMap((share) => [share, share, share]);
    const tails = this.parameters.list('grid.tails');
    return Float64Array.of(
      ...spots.map((share) => share * lin),
      ...tails.map((multiple) => (multiple - 1) * price),
    );
  }

  private gridRow(risk: InstrumentRisk): Float64Array | undefined {
    const { instrument, valuation, years, underlying } = risk;
    if (!valuation || !underlying) return undefined;
    if (valuation.kind !== 'option' && valuation.kind !== 'piecewise') return undefined;
    const row = this.underlying(instrument.underlying);
    if (!row) return undefined;
    const vol = valuation.kind === 'option' ? valuation.terms.vol : valuation.vol;
    const reach = this.volReach(years);
    const least = this.parameters.group(underlying.group, 'minimumVolUp');
    const up = Math.max(vol * (1 + this.parameters.number('grid.volUp') * reach), least);
    const down = vol * Math.max(0, 1 - this.parameters.number('grid.volDown') * reach);
    const inRange = 3 * this.parameters.list('grid.spots').length;
    const vols = Array.from(row.moves, (_, j) =>
      j >= inRange ? up : ([up, vol, down][j % 3] ?? vol),
    );
    return this.reprice(valuation, row.moves, vols);
  }

  /** (30 days / time to expiry)^p, by the kernel's own exp and log. */
  private volReach(years: number): number {
    const of = (key: string): number => this.parameters.number(`grid.${key}`);
    const days = Math.max(years * DAYS_PER_YEAR, of('minimumDays'));
    const power = days <= of('powerDays') ? of('powerShort') : of('powerLong');
    return this.kernel.exp(power * this.kernel.log(of('powerDays') / days));
  }

  /** Each scenario with its own volatility: the forward moves as the underlying's price does, in price units. */
  private reprice(valuation: Optional, moves: Float64Array, vols: readonly number[]): Float64Array {
    const distinct = [...new Set(vols)];
    const out = new Float64Array(moves.length);
    const weights = new Float64Array(moves.length).fill(1 / moves.length);
    const set = this.kernel.scenarioSet([moves], weights);
    const now = worthOf(this.kernel, valuation);
    for (const vol of distinct) {
      const moved = withVol(valuation, vol);
      const array = this.kernel.array(set, moved);
      const values = array.values();
      // The array starts from today's worth at that volatility; the move of the volatility itself is a loss too.
      const shift = worthOf(this.kernel, moved) - now;
      vols.forEach((each, j) => {
        if (each === vol) out[j] = (values[j] ?? 0) + shift;
      });
      array.release();
    }
    set.release();
    return out;
  }
}

type Optional = Extract<Valuation, { kind: 'option' | 'piecewise' }>;

/** The same contract at another volatility, over a set of price moves alone. */
function withVol(valuation: Optional, vol: number): Optional {
  const { size, horizon } = valuation;
  const over = { size, horizon, factor: 0, move: 'absolute' } as const;
  if (valuation.kind === 'option') {
    return { kind: 'option', terms: { ...valuation.terms, vol }, ...over };
  }
  const { knots, forward, years, discount } = valuation;
  return { kind: 'piecewise', knots, forward, years, discount, vol, ...over };
}

/** Worth of one contract today, numeraire: a payoff is its first value and calls at the knots, as many as its slope changes. */
export function worthOf(kernel: RiskKernel, valuation: Optional): number {
  if (valuation.kind === 'option') return valuation.size * kernel.optionPrice(valuation.terms);
  const { knots, forward, years, vol, discount, size } = valuation;
  const call = { type: 'call', style: 'european', forward, years, vol, discount } as const;
  let worth = discount * (knots[0]?.[1] ?? 0);
  for (const { strike, calls } of slopeChanges(knots)) {
    worth += calls * kernel.optionPrice({ ...call, strike });
  }
  return size * worth;
}
