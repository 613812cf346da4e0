import type { Book } from './book.js';
import { byCodeUnits } from './exact.js';
import type { Market } from './market.js';
import type { MarginModel } from './model.js';
import type { Requirement, RequirementPart } from './requirement.js';
import { RiskError } from './risk-error.js';

/** One account at one moment, and the model that was in force. */
export interface Moment {
  readonly model: MarginModel;
  readonly market: Market;
  readonly book: Book;
}

/**
 * Why amounts changed from one moment to another: one tree each, whose root is the change. Its parts are the steps `positions`
 * (and collateral and orders), `marks` (and time), `scenarios` (days added) and `model` (parameters, binary), in this order; each
 * step's parts are what it did to the amount's own parts, by name. All sums are exact. A step that changed nothing is there with 0.
 */
export interface RequirementChange {
  readonly equity: RequirementPart;
  readonly initialMargin: RequirementPart;
  readonly maintenanceMargin: RequirementPart;
}

type Amount = keyof RequirementChange;
const STEPS = ['positions', 'marks', 'scenarios', 'model'] as const;

/**
 * Attributes a change by revaluing step by step. `between` is the earlier model (binary, parameters) over the later scenarios; it
 * is needed only where both changed. What the later book holds that the earlier market did not list is taken at its later mark from
 * the first step on. Throws `out-of-bounds` where the moments are not of one account, asset and scale, `model-mismatch` where
 * `between` is missing or another model than it must be, and what `assess` throws.
 */
export function attributeChange(
  before: Moment,
  after: Moment,
  between?: MarginModel,
): RequirementChange {
  checkSame(before, after);
  const middle = middleModel(before.model, after.model, between);
  const early = overlaid(before.market, after.market);
  const path = [
    ask(before.model, before.book, before.market),
    ask(before.model, after.book, early),
    ask(before.model, after.book, after.market),
    ask(middle, after.book, after.market),
    ask(after.model, after.book, after.market),
  ];
  const tree = (amount: Amount): RequirementPart => ({
    name: `${amount}-change`,
    amount: amountOf(path.at(-1), amount) - amountOf(path[0], amount),
    parts: STEPS.map((name, i) => step(name, path[i], path[i + 1], amount)),
  });
  return {
    equity: tree('equity'),
    initialMargin: tree('initialMargin'),
    maintenanceMargin: tree('maintenanceMargin'),
  };
}

function ask(model: MarginModel, book: Book, market: Market): Requirement {
  return model.assess(book, market, { detail: 'summary' });
}

const amountOf = (requirement: Requirement | undefined, amount: Amount): bigint =>
  requirement?.[amount] ?? 0n;

function step(
  name: string,
  from: Requirement | undefined,
  to: Requirement | undefined,
  amount: Amount,
): RequirementPart {
  const change = amountOf(to, amount) - amountOf(from, amount);
  const parts = difference(from?.explanation[amount].parts, to?.explanation[amount].parts);
  return parts.length === 0 ? { name, amount: change } : { name, amount: change, parts };
}

/** Parts by name, later less earlier; those that did not change are left out. */
function difference(
  from: readonly RequirementPart[] = [],
  to: readonly RequirementPart[] = [],
): RequirementPart[] {
  const amounts = new Map<string, bigint>();
  for (const { name, amount } of to) amounts.set(name, (amounts.get(name) ?? 0n) + amount);
  for (const { name, amount } of from) amounts.set(name, (amounts.get(name) ?? 0n) - amount);
  return [...amounts]
    .filter(([, amount]) => amount !== 0n)
    .sort(([a], [b]) => byCodeUnits(a, b))
    .map(([name, amount]) => ({ name, amount }));
}

/** The earlier market, with what only the later one knows. */
function overlaid(early: Market, late: Market): Market {
  return {
    ...early,
    instruments: new Map([...late.instruments, ...early.instruments]),
    marks: new Map([...late.marks, ...early.marks]),
    underlyings: new Map([...late.underlyings, ...early.underlyings]),
    assets: new Map([...late.assets, ...early.assets]),
  };
}

function middleModel(early: MarginModel, late: MarginModel, between?: MarginModel): MarginModel {
  const [from, to] = [early.identity, late.identity];
  if (from.scenarioRoot === to.scenarioRoot) return early;
  const isSame = (a: typeof from, b: typeof from): boolean =>
    a.name === b.name && a.wasmHash === b.wasmHash && a.parametersHash === b.parametersHash;
  if (isSame(from, to)) return late;
  const fix = 'open the earlier binary and parameters over the later history';
  if (between === undefined) {
    const reason = 'scenarios and parameters both changed';
    throw new RiskError('model-mismatch', 'between', reason, fix);
  }
  const { identity } = between;
  if (identity.scenarioRoot === to.scenarioRoot && isSame(identity, from)) return between;
  throw new RiskError('model-mismatch', 'between', `it is ${identity.modelId}`, fix);
}

function checkSame(before: Moment, after: Moment): void {
  const of = ({ book, market }: Moment): readonly (string | number)[] => [
    book.account,
    market.numeraire.asset,
    market.numeraire.scale,
  ];
  const names = ['account', 'numeraire', 'numeraire scale'];
  of(before).forEach((value, i) => {
    const other = of(after)[i];
    if (value === other) return;
    const reason = `it was ${value} and is ${other}`;
    throw new RiskError('out-of-bounds', names[i] ?? '', reason, 'compare like with like');
  });
}
