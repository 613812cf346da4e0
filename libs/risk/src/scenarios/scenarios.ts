import { merkleRootOfHashes } from '../canonical.js';
import { byCodeUnits } from '../exact.js';
import type {
  Elementary,
  FactorBounds,
  RiskKernel,
  ScenarioHistory,
  ScenarioSet,
} from '../kernel/port.js';
import type { UrsParameters } from '../parameters.js';
import { RiskError } from '../risk-error.js';
import {
  checkDay,
  checkFactors,
  factorBounds,
  historyRoot,
  shock,
  type Factor,
  type FactorHistory,
  type HistoryDay,
} from './factor-history.js';
import { fillProxies, type Listed, type ProxyParameters } from './proxy.js';

/** A sealed scenario set with the names of what is in it. Keep it as long as models use it; then release it. */
export interface Scenarios {
  readonly history: FactorHistory;
  readonly root: string;
  readonly set: ScenarioSet;
  /** Position of a factor in the set. */
  readonly index: ReadonlyMap<string, number>;
  /** Date of each history scenario; scenario `history + j` mirrors scenario j. */
  readonly dates: readonly string[];
  /** Days of its own that each factor has, in the order of the factors; the rest is proxy. */
  readonly ownDays: readonly number[];
}

/** Root over several sets: RFC 9162 Merkle tree hash whose leaves are their roots' 32 bytes, in the order of their names. */
export function scenarioRoot(sets: readonly Scenarios[]): string {
  const ordered = sets.toSorted((a, b) => byCodeUnits(a.history.name, b.history.name));
  return merkleRootOfHashes(ordered.map(({ root }) => root));
}

/** Builds scenario sets day by day. Where all factors have full history, a new day does not redo the old ones. */
export class ScenarioBuilder {
  private readonly days: HistoryDay[] = [];
  private readonly rows: (number | null)[][] = [];
  private kept: ScenarioHistory | undefined;

  constructor(
    private readonly kernel: RiskKernel,
    private readonly parameters: UrsParameters,
    private readonly head: Omit<FactorHistory, 'days'>,
  ) {
    checkFactors(head.factors);
  }

  /** Levels of the next day. Throws `history-gap`, `not-finite` or `price-not-positive`, and is as before then. */
  add(day: HistoryDay): this {
    const before = this.days.at(-1);
    checkDay(this.head, day, before);
    this.days.push(day);
    if (!before) return this;
    const row = shocksOf(this.head.factors, before.values, day.values, this.kernel);
    this.rows.push(row);
    if (this.kept && row.every((each) => each !== null)) this.kept.add(row);
    return this;
  }

  /** The set after the last day. Throws `history-empty` or `history-too-short`. */
  seal(): Scenarios {
    this.checkLength();
    const listed = listedReturns(this.head.factors, this.rows);
    const isFull = listed.every(({ returns }) => returns.every((each) => each !== null));
    const set = this.filtered(listed).seal();
    // Proxied returns change with every day their listing gains: only a full history is good for the next day.
    if (!isFull) this.release();
    const history = { ...this.head, days: [...this.days] };
    return {
      history,
      root: historyRoot(history),
      set,
      index: new Map(this.head.factors.map(({ id }, i) => [id, i])),
      dates: this.days.slice(this.days.length - set.history).map(({ date }) => date),
      ownDays: listed.map(({ returns }) => returns.filter((each) => each !== null).length),
    };
  }

  /** Frees what the kernel keeps for the next day; sealed sets stay. */
  release(): void {
    this.kept?.release();
    this.kept = undefined;
  }

  private checkLength(): void {
    if (this.days.length === 0) {
      throw new RiskError('history-empty', this.head.name, 'it has no day', 'add its days');
    }
    const least = this.parameters.number('history.minimumDays');
    if (this.rows.length >= least) return;
    throw new RiskError(
      'history-too-short',
      this.head.name,
      `${this.rows.length} returns, the filters need ${least}`,
      'give a longer history; a new listing among older factors is proxied',
    );
  }

  private filtered(listed: readonly Listed[]): ScenarioHistory {
    if (this.kept && this.kept.days === this.rows.length) return this.kept;
    this.release();
    const full = fillProxies(listed, proxyParameters(this.parameters));
    const bounds = this.head.factors.map((factor: Factor) => boundsIn(this.parameters, factor));
    const history = this.kernel.history(bounds, this.parameters.core());
    this.rows.forEach((_, t) => history.add(full.map(({ returns }) => returns[t] ?? 0)));
    this.kept = history;
    return history;
  }
}

function listedReturns(
  factors: readonly Factor[],
  rows: readonly (readonly (number | null)[])[],
): Listed[] {
  return factors.map((factor, i) => ({
    id: factor.id,
    eligible: factor.kind === 'price' && factor.move === 'relative',
    returns: rows.map((row) => row[i] ?? null),
  }));
}

function proxyParameters(parameters: UrsParameters): ProxyParameters {
  const of = (key: string): number => parameters.number(`proxy.${key}`);
  return {
    betaDays: of('betaDays'),
    shrink: of('shrink'),
    donorQuantile: of('donorQuantile'),
    winsor: of('winsor'),
  };
}

/** A factor's bounds under these parameters. */
export function boundsIn(parameters: UrsParameters, factor: Factor): FactorBounds {
  return factorBounds(
    factor,
    parameters.number('core.clipLow'),
    parameters.number('core.clipHigh'),
  );
}

/** Shocks of a checked history as its scenario set has them, proxies included: one row per factor, oldest first. */
export function returnsOf(
  kernel: Elementary,
  parameters: UrsParameters,
  { factors, days }: FactorHistory,
): readonly (readonly number[])[] {
  const rows = days
    .slice(1)
    .map(({ values }, t) => shocksOf(factors, days[t]?.values ?? [], values, kernel));
  const full = fillProxies(listedReturns(factors, rows), proxyParameters(parameters));
  return full.map(({ returns }) => returns.map((each) => each ?? 0));
}

function shocksOf(
  factors: readonly Factor[],
  before: HistoryDay['values'],
  after: HistoryDay['values'],
  kernel: Elementary,
): (number | null)[] {
  return factors.map((factor, i) => {
    const [from, to] = [before[i] ?? null, after[i] ?? null];
    return from === null || to === null ? null : shock(factor, from, to, kernel);
  });
}

/** The scenario set of a whole history. */
export function buildScenarios(
  kernel: RiskKernel,
  parameters: UrsParameters,
  { days, ...head }: FactorHistory,
): Scenarios {
  const builder = new ScenarioBuilder(kernel, parameters, head);
  for (const day of days) builder.add(day);
  const sealed = builder.seal();
  builder.release();
  return sealed;
}
