import type { CoreParameters, RiskKernel, ScenarioArray, ScenarioSet } from '../kernel/port.js';
import type { BacktestBook, BacktestDay, BacktestSetup, CoreModel, CoreRun } from './model.js';

/** The core of the standard: its scenario set, the level of its expected shortfall, and its multiplier. */
export interface UrsCore {
  readonly core: CoreParameters;
  readonly alpha: number;
  readonly k: number;
}

/** URS-2's core on the kernel that members run: `M = k max(ES_alpha, 0)`, without floors and add-ons, which depend on size. */
export function ursCore(version: string, { core, alpha, k }: UrsCore): CoreModel {
  return {
    name: 'urs',
    version,
    title: 'URS-2: one filtered, re-coloured scenario set, expected shortfall',
    open: (setup) => openUrs(setup, core, alpha, k),
  };
}

function openUrs(setup: BacktestSetup, core: CoreParameters, alpha: number, k: number): CoreRun {
  const { kernel, factors, books, horizon } = setup;
  const history = kernel.history(
    factors.map(({ bounds }) => bounds),
    core,
  );
  let last: BacktestDay | undefined;
  return {
    add(day) {
      history.add(day.moves);
      last = { date: day.date, moves: day.moves.slice(), levels: day.levels.slice() };
    },
    margins() {
      if (last === undefined) throw new RangeError('No day was added yet; add the history first.');
      const set = history.seal();
      const arrays = new LegArrays(setup, set, last.levels, horizon);
      const margins = Float64Array.from(
        books,
        (book) => k * Math.max(shortfallOf(kernel, set, arrays, book, alpha), 0),
      );
      arrays.release();
      set.release();
      return margins;
    },
    release: () => history.release(),
  };
}

function shortfallOf(
  kernel: RiskKernel,
  set: ScenarioSet,
  legs: LegArrays,
  { weights, options }: BacktestBook,
  alpha: number,
): number {
  const arrays: ScenarioArray[] = [];
  const quantities: number[] = [];
  weights.forEach((weight, factor) => {
    if (weight === 0) return;
    arrays.push(legs.linear(factor));
    quantities.push(weight);
  });
  for (const leg of options) {
    arrays.push(legs.option(leg));
    quantities.push(leg.quantity);
  }
  const losses = kernel.losses(arrays, quantities);
  const { value } = kernel.shortfall(losses, set, alpha);
  losses.release();
  return value;
}

/** Scenario arrays of one day, made when a book asks for them and shared by all books. */
class LegArrays {
  private readonly made = new Map<string, ScenarioArray>();

  constructor(
    private readonly setup: BacktestSetup,
    private readonly set: ScenarioSet,
    private readonly levels: Float64Array,
    private readonly horizon: number,
  ) {}

  linear(factor: number): ScenarioArray {
    return this.once(`${factor}`, () =>
      this.setup.kernel.array(this.set, {
        kind: 'linear',
        size: 1,
        price: 1,
        factor,
        move: this.setup.factors[factor]?.kind === 'absolute' ? 'absolute' : 'relative',
      }),
    );
  }

  option({
    type,
    factor,
    volFactor,
    strike,
    years,
  }: BacktestBook['options'][number]): ScenarioArray {
    return this.once(`${type} ${factor} ${volFactor} ${strike} ${years}`, () =>
      this.setup.kernel.array(this.set, {
        kind: 'option',
        size: 1,
        terms: {
          type,
          style: 'european',
          forward: 1,
          strike,
          years,
          vol: this.levels[volFactor] ?? Number.NaN,
          discount: 1,
        },
        horizon: this.horizon,
        factor,
        move: 'relative',
        volFactor,
      }),
    );
  }

  release(): void {
    for (const array of this.made.values()) array.release();
    this.made.clear();
  }

  private once(key: string, make: () => ScenarioArray): ScenarioArray {
    const known = this.made.get(key) ?? make();
    this.made.set(key, known);
    return known;
  }
}
