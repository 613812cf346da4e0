import type { Book, OpenOrder } from '../../book.js';
import { explain, explainEquity, explainMargin, type Part } from '../../explain.js';
import { assertIdentity, identify } from '../../identity.js';
import type { RiskKernel } from '../../kernel/port.js';
import type { RuleResult, Rules, RuleTotals } from '../../kernel/rule-tables.js';
import type { Market } from '../../market.js';
import type { AssessOptions, MarginModel, ModelIdentity } from '../../model.js';
import type { UrsParameters } from '../../parameters.js';
import type { Requirement } from '../../requirement.js';
import { RiskError } from '../../risk-error.js';
import { roundNearest } from '../../rounding.js';
import { scenarioRoot, type Scenarios } from '../../scenarios/scenarios.js';
import { type Account, accountOf, type Leg, orderSides, withFilled } from './account.js';
import { lossesOf, type SetLosses, shortfallsOf } from './core.js';
import { type Found, initialPart, maintenancePart, positionsPart } from './explanation.js';
import { MarketRisk } from './market-risk.js';
import { tablesOf } from './tables.js';

export interface UrsParts {
  readonly kernel: RiskKernel & Rules;
  readonly parameters: UrsParameters;
  /** Sealed sets, one per asset group; a factor stands in one of them. */
  readonly scenarios: readonly Scenarios[];
  /** Refuse to open as another model than this one. */
  readonly expected?: ModelIdentity;
}

/** A requirement with the losses it came from, for Greeks, health and reports. Floats: they stay in this library. */
export interface Assessment {
  readonly requirement: Requirement;
  readonly account: Account;
  readonly sets: readonly SetLosses[];
  /** Floats of the rules, underlyings in code-unit order of id. */
  readonly rules: RuleResult;
}

/**
 * The unified risk standard URS-2: one expected shortfall over one published list of scenarios per asset group, raised to the tail grid
 * and the floors, plus add-ons; docs/risk-standard.md. Collateral that moves stands inside the arrays.
 */
export class UrsModel implements MarginModel {
  readonly identity: ModelIdentity;
  private kept: MarketRisk | undefined;

  constructor(private readonly parts: UrsParts) {
    const { kernel, parameters, scenarios, expected } = parts;
    checkSets(scenarios);
    this.identity = identify({
      name: 'urs',
      version: parameters.version,
      wasmHash: kernel.hash,
      parametersHash: parameters.hash,
      scenarioRoot: scenarioRoot(scenarios),
    });
    if (expected) assertIdentity(this.identity, expected);
  }

  assess(book: Book, market: Market, options: AssessOptions = {}): Requirement {
    return this.examine(book, market, options).requirement;
  }

  /** The same, with the losses behind it. */
  examine(book: Book, market: Market, { detail = 'full' }: AssessOptions = {}): Assessment {
    const isFull = detail === 'full';
    const risk = this.riskOf(market);
    const account = accountOf(book, risk);
    const found = this.found(account, account.legs, risk);
    const initial = this.withOrders(initialPart(found, this.parts.parameters, isFull), {
      account,
      orders: book.orders ?? [],
      risk,
    });
    const requirement = this.requirement(book, market, account, found, initial);
    return { requirement, account, sets: found.sets, rules: found.rules };
  }

  /** Core, grid, floor, add-ons and margins before they are money, without orders: what a search over many books wants. Numeraire. */
  margins(book: Book, market: Market): RuleTotals {
    const risk = this.riskOf(market);
    const account = accountOf(book, risk);
    return this.rulesOf(account.legs, account.moving, account.unrealised, risk).rules.totals;
  }

  /** What instruments mean in a market: arrays, deltas, notional. Kept until another market is asked about. */
  riskOf(market: Market): MarketRisk {
    if (this.kept?.market === market) return this.kept;
    this.release();
    const { kernel, parameters, scenarios } = this.parts;
    this.kept = new MarketRisk(kernel, parameters, scenarios, market);
    return this.kept;
  }

  /** Frees the arrays of the last market. The scenario sets stay their owner's. */
  release(): void {
    this.kept?.release();
    this.kept = undefined;
  }

  private found(account: Account, legs: readonly Leg[], risk: MarketRisk): Found {
    const { kernel, scenarios, parameters } = this.parts;
    const alpha = parameters.number('core.alpha');
    const sets = lossesOf(kernel, scenarios, account.moving, alpha);
    const shortfalls = sets.map(({ shortfall }) => shortfall.value);
    const { tables, underlyings } = tablesOf(legs, shortfalls, account.unrealised, risk);
    return { sets, rules: kernel.rules(tables), underlyings };
  }

  private rulesOf(
    legs: readonly Leg[],
    moving: Account['moving'],
    unrealised: number,
    risk: MarketRisk,
  ): Pick<Found, 'rules'> {
    const { kernel, scenarios, parameters } = this.parts;
    const shortfalls = shortfallsOf(kernel, scenarios, moving, parameters.number('core.alpha'));
    const { tables } = tablesOf(legs, shortfalls, unrealised, risk);
    return { rules: kernel.rules(tables) };
  }

  /** Initial margin is the greatest of: the book as it is, with all its bids filled, with all its asks filled. */
  private withOrders(
    initial: Part,
    { account, orders, risk }: { account: Account; orders: readonly OpenOrder[]; risk: MarketRisk },
  ): Part {
    const worst = orderSides(orders)
      .map((side) => this.marginWith(account, side, risk))
      .reduce((most, each) => Math.max(most, each), initial.value);
    if (worst === initial.value) return initial;
    const raise = { name: 'open-orders', value: worst - initial.value };
    return { ...initial, value: worst, parts: [...(initial.parts ?? []), raise] };
  }

  private marginWith(account: Account, side: readonly OpenOrder[], risk: MarketRisk): number {
    const { legs, moving } = withFilled(account, side, risk);
    return this.rulesOf(legs, moving, account.unrealised, risk).rules.totals.initialMargin;
  }

  private requirement(
    book: Book,
    market: Market,
    account: Account,
    found: Found,
    initial: Part,
  ): Requirement {
    const { asset, scale } = market.numeraire;
    const equity = explainEquity(account.equity, scale);
    const initialMargin = explainMargin(initial, scale);
    const maintenanceMargin = explainMargin(maintenancePart(found), scale);
    const positions = positionsPart(found, this.parts.parameters);
    const core = roundNearest(positions.value, scale, 'core');
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
        positions: explain(positions, core, scale),
      },
    };
  }
}

/** No factor may stand in two sets: a leg would not know which one moves it. */
function checkSets(scenarios: readonly Scenarios[]): void {
  const seen = new Set<string>();
  for (const { index } of scenarios) {
    for (const id of index.keys()) {
      if (seen.has(id)) {
        throw new RiskError('out-of-bounds', id, 'it stands in two sets', 'name each factor once');
      }
      seen.add(id);
    }
  }
}
