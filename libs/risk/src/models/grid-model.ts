import type { Book } from '../book.js';
import { byCodeUnits } from '../exact.js';
import type { Part } from '../explain.js';
import { identify } from '../identity.js';
import type { Valuation } from '../kernel/port.js';
import type { Market } from '../market.js';
import type { MarginModel, ModelIdentity } from '../model.js';
import type { Requirement } from '../requirement.js';
import { within } from '../risk-error.js';
import { scenarioRoot } from '../scenarios/scenarios.js';
import {
  askedOf,
  type ComparisonParts,
  comparisonHash,
  comparisonRequirement,
  unpriced,
} from './comparison.js';
import {
  cryptoVolShock,
  deriveRows,
  gridMargin,
  gridModel,
  type GridRow,
  plainRows,
  plainVolShock,
  shockedVol,
  type VolShock,
  worstRow,
} from './grid.js';
import { spanRows, spanVolShock } from './span.js';
import { ASSET, type Held, type Leg } from './urs/account.js';
import { MarketRisk, worthOf } from './urs/market-risk.js';

/** What a fixed grid is: its ranges, and the maintenance share. Derive's published numbers; other coins as OKX states them. */
export interface GridParameters {
  /** Range of each underlying, fraction of its price. */
  readonly ranges: Readonly<Record<string, number>>;
  readonly otherRange: number;
  readonly maintenanceShare: number;
  /** Derive's 31 with its tails (where absent), SPAN's 16, or nine moves by three volatilities. */
  readonly rows?: keyof typeof grids;
  /** Share of one underlying's gains that offsets others' losses in the same row (Deribit: .6). Absent: none, each at its worst row. */
  readonly offset?: number;
  /** Least margin of an underlying per option sold, fraction of its price (SPAN's short option minimum). Absent: 0. */
  readonly shortOptionMinimum?: number;
}

export const gridDefaults: GridParameters = {
  ranges: { BTC: 0.18, ETH: 0.18 },
  otherRange: 0.25,
  maintenanceShare: 0.8,
};

interface Grid {
  rows(range: number): readonly GridRow[];
  readonly vol: VolShock;
}

const grids = {
  derive: { rows: deriveRows, vol: cryptoVolShock },
  span: { rows: spanRows, vol: spanVolShock },
  plain: { rows: plainRows, vol: plainVolShock },
} satisfies Record<string, Grid>;

export interface GridParts extends ComparisonParts {
  readonly grid?: GridParameters;
}

/** One underlying's profit in each row of its grid, and the options sold of it: see `soldOf`. */
interface Scan {
  readonly profit: Float64Array;
  sold: number;
}

/**
 * `scan` on fixed grids: per underlying the worst of its rows of spot and volatility, collateral that cancels risk inside it. Underlyings
 * do not net, or by a share of gains. Contingencies on top (basis, perpetuals, naked options), which Derive adds, are left out, so
 * the comparison is kind to the grid. For comparison only.
 */
export class FixedGridModel implements MarginModel {
  readonly identity: ModelIdentity;
  private readonly parameters: GridParameters;
  private readonly grid: Grid;
  private readonly changes = new WeakMap<Valuation, Float64Array>();
  private kept: MarketRisk | undefined;

  /** Throws `out-of-bounds` or `not-finite` on parameters that mean nothing. */
  constructor(private readonly parts: GridParts) {
    this.parameters = checked(parts.grid ?? gridDefaults);
    this.grid = grids[this.parameters.rows ?? 'derive'];
    this.identity = identify({
      ...gridModel,
      wasmHash: parts.kernel.hash,
      parametersHash: comparisonHash(parts, this.parameters),
      scenarioRoot: scenarioRoot(parts.scenarios),
    });
  }

  assess(book: Book, market: Market): Requirement {
    const { maintenanceShare } = this.parameters;
    const { scale } = market.numeraire;
    return comparisonRequirement(book, this.riskOf(market), this.identity, (held) =>
      askedOf([...this.scanned(held, market), ...unpriced(held.legs)], maintenanceShare, scale),
    );
  }

  release(): void {
    this.kept?.release();
    this.kept = undefined;
  }

  private riskOf(market: Market): MarketRisk {
    if (this.kept?.market === market) return this.kept;
    this.release();
    const { kernel, parameters, scenarios } = this.parts;
    this.kept = new MarketRisk(kernel, parameters, scenarios, market);
    return this.kept;
  }

  /** One part per underlying, in order of name; or one for all where gains offset. */
  private scanned(held: Held, market: Market): Part[] {
    const scans = [...this.scansOf(held)].sort(([a], [b]) => byCodeUnits(a, b));
    const { offset, shortOptionMinimum = 0 } = this.parameters;
    const least = (underlying: string, { sold }: Scan): number =>
      shortOptionMinimum * sold * Math.abs(market.underlyings.get(underlying)?.price ?? 0);
    if (offset === undefined) {
      return scans.map(([name, scan]) => ({
        name,
        value: Math.max(worstRow(scan.profit).loss, least(name, scan)),
      }));
    }
    const profits = scans.map(([, { profit }]) => profit);
    const minimum = scans.reduce((sum, [name, scan]) => sum + least(name, scan), 0);
    return [{ name: 'scan', value: Math.max(gridMargin(profits, offset).margin, minimum) }];
  }

  private scansOf({ legs, moving }: Held): ReadonlyMap<string, Scan> {
    const scans = new Map<string, Scan>();
    for (const { quantity, risk } of legs) {
      if (!risk.valuation) continue;
      const scan = this.add(scans, risk.instrument.underlying, risk.valuation, quantity);
      scan.sold += soldOf(quantity, risk);
    }
    for (const { id, quantity, factor, slope, set } of moving) {
      if (!id.startsWith(ASSET)) continue;
      const underlying = set.history.factors[factor]?.id ?? id;
      const spot = { kind: 'linear', size: 1, price: slope, factor, move: 'relative' } as const;
      this.add(scans, underlying, spot, quantity);
    }
    return scans;
  }

  private add(
    scans: Map<string, Scan>,
    underlying: string,
    valuation: Valuation,
    quantity: number,
  ): Scan {
    const changes = this.changesOf(underlying, valuation);
    const scan = scans.get(underlying) ?? { profit: new Float64Array(changes.length), sold: 0 };
    scans.set(underlying, scan);
    changes.forEach((change, j) => (scan.profit[j] = (scan.profit[j] ?? 0) + quantity * change));
    return scan;
  }

  /** Change of one contract's worth in every row; kept, since a market's valuations serve every account. */
  private changesOf(underlying: string, valuation: Valuation): Float64Array {
    const kept = this.changes.get(valuation);
    if (kept) return kept;
    const { ranges, otherRange } = this.parameters;
    const made = Float64Array.from(
      this.grid.rows(ranges[underlying] ?? otherRange),
      ({ move, vol, share }) => share * this.change(valuation, move, vol),
    );
    this.changes.set(valuation, made);
    return made;
  }

  /** Change of one contract's worth; no time passes. */
  private change(valuation: Valuation, move: number, vol: GridRow['vol']): number {
    const { kernel } = this.parts;
    switch (valuation.kind) {
      case 'inverse':
        return valuation.size * move;
      case 'linear':
        return valuation.size * Math.abs(valuation.price) * move;
      case 'option': {
        const { terms } = valuation;
        const after = { ...valuation, terms: { ...terms, ...this.shocked(terms, move, vol) } };
        return worthOf(kernel, after) - worthOf(kernel, valuation);
      }
      case 'piecewise': {
        const after = { ...valuation, ...this.shocked(valuation, move, vol) };
        return worthOf(kernel, after) - worthOf(kernel, valuation);
      }
    }
  }

  private shocked(
    at: { readonly forward: number; readonly vol: number; readonly years: number },
    move: number,
    vol: GridRow['vol'],
  ): { forward: number; vol: number } {
    return {
      forward: at.forward + Math.abs(at.forward) * move,
      vol: shockedVol(this.parts.kernel, at.vol, at.years, vol, this.grid.vol),
    };
  }
}

/** Units of the underlying that options sold are on, times the numeraire's worth of its quote currency. */
function soldOf(quantity: number, { instrument, size }: Leg['risk']): number {
  return instrument.kind === 'option' ? Math.max(-quantity, 0) * size : 0;
}

function checked(parameters: GridParameters): GridParameters {
  const { ranges, otherRange, maintenanceShare, offset = 0, shortOptionMinimum = 0 } = parameters;
  for (const [name, range] of Object.entries(ranges)) {
    within(range, Number.MIN_VALUE, 1, `ranges ${name}`);
  }
  within(otherRange, Number.MIN_VALUE, 1, 'otherRange');
  within(maintenanceShare, 0, 1, 'maintenanceShare');
  within(offset, 0, 1, 'offset');
  within(shortOptionMinimum, 0, 1, 'shortOptionMinimum');
  return parameters;
}
