import type { BacktestSetup, CoreModel, CoreRun } from '../backtest/model.js';
import { BookLosses } from './book-losses.js';
import { fhsCore, fhsDefaults, fhsFamilies, fhsModel, hsCore, hsModel } from './fhs.js';
import { FilterHistory, type Family } from './filter.js';
import { badInput } from './input.js';
import { urs1Core, urs1Defaults, urs1Families, urs1Model } from './urs1.js';

/** A model that is a function of a book's losses in some families of historical scenarios. */
interface HistoricalModel extends Pick<CoreModel, 'name' | 'version' | 'title'> {
  readonly families: readonly Family[];
  margin(losses: readonly Float64Array[]): number;
}

function historicalCore({ name, version, title, families, margin }: HistoricalModel): CoreModel {
  const lambdas = families.flatMap((family) => (family.kind === 'raw' ? [] : [family.lambda]));
  return { name, version, title, open: (setup) => run(setup, families, lambdas, margin) };
}

function run(
  setup: BacktestSetup,
  families: readonly Family[],
  lambdas: readonly number[],
  margin: HistoricalModel['margin'],
): CoreRun {
  const history = new FilterHistory(setup.factors, lambdas);
  const books = new BookLosses(setup);
  const levels = new Float64Array(setup.factors.length);
  return {
    add(day) {
      history.add(day.moves);
      levels.set(day.levels);
    },
    margins() {
      const byFamily = families.map((family) => books.losses(history.columns(family), levels));
      return Float64Array.from(setup.books, (_book, b) =>
        margin(byFamily.map((losses) => lossesOf(losses, b))),
      );
    },
    release() {},
  };
}

function lossesOf(losses: readonly Float64Array[], book: number): Float64Array {
  const found = losses[book];
  if (!found) throw badInput('losses', `none at ${book}`, 'give one vector per book and family');
  return found;
}

/** The predecessor of the standard. */
export const urs1CoreModel = historicalCore({
  ...urs1Model,
  title: 'four filters, ES 2 %, 25 % buffer, .8 long-run floor',
  families: urs1Families(urs1Defaults),
  margin: (losses) =>
    urs1Core({
      fast: lossesOf(losses, 0),
      slow: lossesOf(losses, 1),
      longRun: lossesOf(losses, 2),
      raw: lossesOf(losses, 3),
    }).margin,
});

/** Filtered historical simulation with the exhaustible buffer. */
export const fhsCoreModel = historicalCore({
  ...fhsModel,
  title: 'FHS VaR 99.5 %, lambda .97, 25 % exhaustible buffer',
  families: fhsFamilies(fhsDefaults),
  margin: (losses) => fhsCore(lossesOf(losses, 0), lossesOf(losses, 1)),
});

/** The same without its buffer. */
export const fhsPlainCoreModel = historicalCore({
  name: 'fhs-plain',
  version: fhsModel.version,
  title: 'FHS VaR 99.5 %, lambda .97, no buffer',
  families: fhsFamilies({ ...fhsDefaults, buffer: 0 }),
  margin: (losses) => fhsCore(lossesOf(losses, 0), undefined),
});

/** Plain historical simulation. */
export const hsCoreModel = historicalCore({
  ...hsModel,
  title: 'historical VaR 99.5 %, 750 days',
  families: [{ kind: 'raw' }],
  margin: (losses) => hsCore(lossesOf(losses, 0)),
});
