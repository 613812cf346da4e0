import type { Book } from '../book.js';
import { identify } from '../identity.js';
import type { Market } from '../market.js';
import type { MarginModel, ModelIdentity } from '../model.js';
import type { Requirement } from '../requirement.js';
import { within } from '../risk-error.js';
import { boundsIn, returnsOf, scenarioRoot, type Scenarios } from '../scenarios/scenarios.js';
import {
  askedOf,
  type ComparisonParts,
  comparisonHash,
  comparisonRequirement,
  unpriced,
} from './comparison.js';
import type { Part } from '../explain.js';
import { fhsCore, fhsDefaults, fhsFamilies, fhsModel } from './fhs.js';
import { FilterHistory, type FilterParameters, type Family } from './filter.js';
import { ASSET, type Held } from './urs/account.js';
import { MarketRisk } from './urs/market-risk.js';
import { urs1Core, urs1Defaults, urs1Families, urs1Model } from './urs1.js';

/** A core over a book's losses in some families of historical scenarios, oldest day first. */
interface HistoricalCore {
  readonly name: string;
  readonly version: string;
  readonly parameters: FilterParameters;
  readonly families: readonly Family[];
  margin(losses: readonly Float64Array[]): number;
}

const NONE = new Float64Array(0);

const cores = {
  urs1: {
    ...urs1Model,
    parameters: urs1Defaults,
    families: urs1Families(urs1Defaults),
    margin: ([fast = NONE, slow = NONE, longRun = NONE, raw = NONE]) =>
      urs1Core({ fast, slow, longRun, raw }).margin,
  },
  fhs: {
    ...fhsModel,
    parameters: fhsDefaults,
    families: fhsFamilies(fhsDefaults),
    margin: ([filtered = NONE, longRun = NONE]) => fhsCore(filtered, longRun),
  },
} satisfies Record<string, HistoricalCore>;

export type HistoricalName = keyof typeof cores;

export interface HistoricalParts extends ComparisonParts {
  readonly model: HistoricalName;
  /** Maintenance margin over initial margin; absent: .8. */
  readonly maintenanceShare?: number;
}

/** The sets of one family, in the order of the histories, with the market's arrays over them. */
interface FamilySets {
  readonly sets: readonly Scenarios[];
  risk?: MarketRisk;
}

/**
 * `urs1` and `fhs` on whole books: every factor's history filtered as the model does, instruments repriced in each scenario by the
 * kernel. Sets of different asset groups do not net. For comparison only.
 */
export class HistoricalModel implements MarginModel {
  readonly identity: ModelIdentity;
  private readonly core: HistoricalCore;
  private readonly share: number;
  private readonly families: readonly FamilySets[];

  constructor(private readonly parts: HistoricalParts) {
    const { kernel, scenarios, model, maintenanceShare = 0.8 } = parts;
    this.core = cores[model];
    this.share = within(maintenanceShare, 0, 1, 'maintenanceShare');
    const { name, version, parameters } = this.core;
    this.identity = identify({
      name,
      version,
      wasmHash: kernel.hash,
      parametersHash: comparisonHash(parts, { ...parameters, maintenanceShare }),
      scenarioRoot: scenarioRoot(scenarios),
    });
    const bySet = scenarios.map((each) => this.familiesOf(each));
    this.families = this.core.families.map((_, f) => ({
      sets: bySet.flatMap((sets) => sets[f] ?? []),
    }));
  }

  assess(book: Book, market: Market): Requirement {
    return comparisonRequirement(book, this.riskOf(market, 0), this.identity, (held) =>
      askedOf(
        [...this.coresOf(held, market), ...unpriced(held.legs)],
        this.share,
        market.numeraire.scale,
      ),
    );
  }

  /** Frees the arrays of the last market; `close` the scenarios too. */
  release(): void {
    for (const family of this.families) {
      family.risk?.release();
      delete family.risk;
    }
  }

  close(): void {
    this.release();
    for (const { sets } of this.families) for (const { set } of sets) set.release();
  }

  /** One part per set in which anything is held. */
  private coresOf(held: Held, market: Market): Part[] {
    const first = this.families[0]?.sets ?? [];
    return first.flatMap((each) => {
      const mine = held.moving.filter(({ set }) => set === each);
      if (mine.length === 0) return [];
      const losses = this.families.map((_, f) => this.lossesOf(mine, this.riskOf(market, f)));
      return [{ name: each.history.name, value: this.core.margin(losses) }];
    });
  }

  private lossesOf(moving: Held['moving'], risk: MarketRisk): Float64Array {
    const arrays = moving.flatMap(({ id }) => {
      const isAsset = id.startsWith(ASSET);
      return (isAsset ? risk.asset(id.slice(ASSET.length)) : risk.instrument(id))?.array ?? [];
    });
    const losses = this.parts.kernel.losses(
      arrays,
      moving.map(({ quantity }) => quantity),
    );
    const values = losses.values();
    losses.release();
    return values;
  }

  private riskOf(market: Market, family: number): MarketRisk {
    const found = this.families[family];
    if (found?.risk?.market === market) return found.risk;
    found?.risk?.release();
    const { kernel, parameters } = this.parts;
    const risk = new MarketRisk(kernel, parameters, found?.sets ?? [], market);
    if (found) found.risk = risk;
    return risk;
  }

  /** The scenarios of one history in every family of the core. */
  private familiesOf(scenarios: Scenarios): Scenarios[] {
    const { kernel, parameters } = this.parts;
    const { families, parameters: filter } = this.core;
    const { history } = scenarios;
    const lambdas = families.flatMap((each) => ('lambda' in each ? [each.lambda] : []));
    const factors = history.factors.map((factor) => ({
      kind: factor.kind === 'iv' ? ('logVol' as const) : factor.move,
      bounds: boundsIn(parameters, factor),
    }));
    const filtered = new FilterHistory(factors, lambdas, filter);
    const returns = returnsOf(kernel, parameters, history);
    for (let t = 0; t < (returns[0]?.length ?? 0); t++) {
      filtered.add(returns.map((column) => column[t] ?? 0));
    }
    return families.map((family) => {
      const columns = filtered.columns(family);
      const width = columns[0]?.length ?? 0;
      const weights = new Float64Array(width).fill(1 / width);
      const dates = history.days.slice(history.days.length - width).map(({ date }) => date);
      return { ...scenarios, set: kernel.scenarioSet(columns, weights), dates };
    });
  }
}
