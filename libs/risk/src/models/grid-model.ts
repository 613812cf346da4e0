import type { Book } from '../book.js';
import { byCodeUnits } from '../exact.js';
import { explain, explainEquity, explainMargin, type Part } from '../explain.js';
import { hashDocument } from '../canonical.js';
import { identify } from '../identity.js';
import type { RiskKernel, Valuation } from '../kernel/port.js';
import type { Market } from '../market.js';
import type { MarginModel, ModelIdentity } from '../model.js';
import type { UrsParameters } from '../parameters.js';
import type { Requirement } from '../requirement.js';
import { roundNearest } from '../rounding.js';
import { scenarioRoot, type Scenarios } from '../scenarios/scenarios.js';
import {
  cryptoVolShock,
  deriveRows,
  gridModel,
  type GridRow,
  shockedVol,
  worstRow,
} from './grid.js';
import { accountOf } from './urs/account.js';
import { MarketRisk, worthOf } from './urs/market-risk.js';

/** What a fixed grid is: its ranges, and the maintenance share. Derive's published numbers; other coins as OKX states them. */
export interface GridParameters {
  /** Range of each underlying, fraction of its price. */
  readonly ranges: Readonly<Record<string, number>>;
  readonly otherRange: number;
  readonly maintenanceShare: number;
}

export const gridDefaults: GridParameters = {
  ranges: { BTC: 0.18, ETH: 0.18 },
  otherRange: 0.25,
  maintenanceShare: 0.8,
};

export interface GridParts {
  readonly kernel: RiskKernel;
  /** Of `urs`: what tells which instrument is of which underlying, and haircuts; no number of its core enters. */
  readonly parameters: UrsParameters;
  readonly scenarios: readonly Scenarios[];
  readonly grid?: GridParameters;
}

/**
 * `scan` on Derive's fixed grid, asked the same question as `urs`: the same books, equity and fallbacks; per underlying the worst of 31
 * moves of spot and volatility, collateral that cancels risk inside it. Underlyings do not net. Contingencies on top (basis, perpetuals,
 * naked options), which Derive adds, are left out, so the comparison is kind to the grid. For comparison only.
 */
export class FixedGridModel implements MarginModel {
  readonly identity: ModelIdentity;
  private readonly grid: GridParameters;
  private kept: MarketRisk | undefined;

  constructor(private readonly parts: GridParts) {
    this.grid = parts.grid ?? gridDefaults;
    this.identity = identify({
      ...gridModel,
      wasmHash: parts.kernel.hash,
      parametersHash: hashDocument(this.grid),
      scenarioRoot: scenarioRoot(parts.scenarios),
    });
  }

  assess(book: Book, market: Market): Requirement {
    const risk = this.riskOf(market);
    const account = accountOf(book, risk);
    const profits = new Map<string, Float64Array>();
    const add = (underlying: string, valuation: Valuation, quantity: number): void => {
      const row = this.changes(underlying, valuation);
      const sum = profits.get(underlying) ?? new Float64Array(row.length);
      profits.set(
        underlying,
        sum.map((each, j) => each + quantity * (row[j] ?? 0)),
      );
    };
    let fallback = 0;
    for (const { quantity, risk: own } of account.legs) {
      if (own.valuation) add(own.instrument.underlying, own.valuation, quantity);
      else
        fallback +=
          Math.max(quantity, 0) * own.worst.long + Math.max(-quantity, 0) * own.worst.short;
    }
    for (const { id, quantity, factor, slope, set } of account.moving) {
      if (!id.startsWith('asset:')) continue;
      const underlying = set.history.factors[factor]?.id ?? id;
      const spot = { kind: 'linear', size: 1, price: slope, factor, move: 'relative' } as const;
      add(underlying, spot, quantity);
    }
    const parts: Part[] = [...profits.keys()].sort(byCodeUnits).map((name) => ({
      name,
      value: worstRow(profits.get(name) ?? []).loss,
    }));
    if (fallback > 0) parts.push({ name: 'fallback', value: fallback });
    return this.requirement(book, market, account, parts);
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

  /** Change of one contract's worth in every row of its underlying's grid; no time passes. */
  private changes(underlying: string, valuation: Valuation): Float64Array {
    const rows = deriveRows(this.grid.ranges[underlying] ?? this.grid.otherRange);
    return Float64Array.from(
      rows,
      ({ move, vol, share }) => share * this.change(valuation, move, vol),
    );
  }

  private change(valuation: Valuation, move: number, vol: GridRow['vol']): number {
    const { kernel } = this.parts;
    switch (valuation.kind) {
      case 'inverse':
        return valuation.size * move;
      case 'linear':
        return valuation.size * Math.abs(valuation.price) * move;
      case 'option': {
        const { terms } = valuation;
        const forward = terms.forward + Math.abs(terms.forward) * move;
        const shocked = shockedVol(kernel, terms.vol, terms.years, vol, cryptoVolShock);
        const after = { ...valuation, terms: { ...terms, forward, vol: shocked } };
        return worthOf(kernel, after) - worthOf(kernel, valuation);
      }
      case 'piecewise': {
        const forward = valuation.forward + Math.abs(valuation.forward) * move;
        const shocked = shockedVol(kernel, valuation.vol, valuation.years, vol, cryptoVolShock);
        return (
          worthOf(kernel, { ...valuation, forward, vol: shocked }) - worthOf(kernel, valuation)
        );
      }
    }
  }

  private requirement(
    book: Book,
    market: Market,
    account: ReturnType<typeof accountOf>,
    parts: readonly Part[],
  ): Requirement {
    const { asset, scale } = market.numeraire;
    const value = parts.reduce((sum, part) => sum + part.value, 0);
    const share = this.grid.maintenanceShare;
    const equity = explainEquity(account.equity, scale);
    const initialMargin = explainMargin({ name: 'initial-margin', value, parts }, scale);
    const maintenance = { name: 'maintenance-margin', value: share * value };
    const maintenanceMargin = explainMargin(
      { ...maintenance, parts: [{ name: 'risk-share', value: share * value }] },
      scale,
    );
    const core = { name: 'core', value, parts };
    return {
      account: book.account,
      asset,
      scale,
      equity: equity.amount,
      initialMargin: initialMargin.amount,
      maintenanceMargin: maintenanceMargin.amount,
      available: equity.amount - initialMargin.amount,
      modelId: this.identity.modelId,
      markSetId: market.markSetId,
      fallbacks: account.fallbacks,
      explanation: {
        equity,
        initialMargin,
        maintenanceMargin,
        positions: explain(core, roundNearest(value, scale, 'core'), scale),
      },
    };
  }
}
