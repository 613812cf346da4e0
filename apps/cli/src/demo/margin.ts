import type { HouseState } from '#ledger';
import { FixedGridModel } from '#risk';
import type { Book, Requirement } from '#risk';
import {
  bookOf,
  houseMarket,
  OpenModel,
  positionsByAccount,
  withVols,
} from '../../../clearing/src/margin/index.js';
import { pretty } from '../render/decimal.js';
import { table } from '../render/table.js';

/** One account's margin after the last cycle, minor units of the numeraire. */
export interface MarginRow {
  readonly account: string;
  readonly equity: bigint;
  /** As the journal has them. */
  readonly initialMargin: bigint;
  readonly maintenanceMargin: bigint;
  /** Sum of every position and every coin on its own, under the same model. */
  readonly isolated: bigint;
  /** The same book under a fixed grid per underlying. */
  readonly grid: bigint;
}

export interface MarginComparison {
  readonly modelId: string;
  readonly asset: string;
  readonly scale: number;
  readonly rows: readonly MarginRow[];
  /** Is every recorded requirement what the model gives again, to the minor unit? */
  readonly recomputed: boolean;
}

const TOP_ACCOUNTS = 10;

/**
 * Computes the last cycle's requirements again from the folded state, and beside them what isolated margin and a fixed grid would ask of
 * the same books. Nothing where no model is active.
 */
export function compareMargins(state: HouseState, endsAt: number): MarginComparison | undefined {
  const { active, models, histories, requirements } = state.risk;
  const model = active === undefined ? undefined : models.get(active);
  const history = model && histories.get(model.history);
  if (!model || !history || requirements.size === 0) return undefined;
  const opened = new OpenModel(model, history);
  const { kernel, parameters } = opened;
  const urs = opened.over(history);
  const grid = new FixedGridModel({ kernel, parameters, scenarios: opened.sets() });
  const market = withVols(kernel, houseMarket(state, endsAt, history));
  const index = positionsByAccount(state);
  const asked = (book: Book): Requirement => urs.assess(book, market, { detail: 'summary' });
  let recomputed = true;
  const rows = [...requirements].map(([account, recorded]): MarginRow => {
    const book = bookOf(state, account, index);
    const again = asked(book);
    recomputed &&=
      again.initialMargin === recorded.initialMargin &&
      again.maintenanceMargin === recorded.maintenanceMargin &&
      again.equity === recorded.equity &&
      again.modelId === recorded.modelId;
    const isolated = alone(book).reduce((sum, each) => sum + asked(each).initialMargin, 0n);
    const { equity, initialMargin, maintenanceMargin } = recorded;
    const fixed = grid.assess(book, market).initialMargin;
    return { account, equity, initialMargin, maintenanceMargin, isolated, grid: fixed };
  });
  grid.release();
  opened.release();
  const { asset, scale } = market.numeraire;
  return { modelId: urs.identity.modelId, asset, scale, rows, recomputed };
}

/** Every position and every holding as a book of its own. */
function alone(book: Book): Book[] {
  const { account } = book;
  return [
    ...book.positions.map((each) => ({ account, positions: [each], collateral: [] })),
    ...book.collateral.map((each) => ({ account, positions: [], collateral: [each] })),
  ];
}

/** Sums over the accounts. */
export function marginTotals({ rows }: MarginComparison): Omit<MarginRow, 'account'> {
  const sum = (key: Exclude<keyof MarginRow, 'account'>): bigint =>
    rows.reduce((so, row) => so + row[key], 0n);
  return {
    equity: sum('equity'),
    initialMargin: sum('initialMargin'),
    maintenanceMargin: sum('maintenanceMargin'),
    isolated: sum('isolated'),
    grid: sum('grid'),
  };
}

const right = (title: string): { title: string; align: 'right' } => ({ title, align: 'right' });

/** Cross, isolated and fixed-grid margin side by side. */
export function requirementsTable(margin: MarginComparison, all: boolean): string {
  const { scale, asset } = margin;
  const ordered = margin.rows.toSorted((a, b) =>
    a.initialMargin === b.initialMargin ? 0 : a.initialMargin < b.initialMargin ? 1 : -1,
  );
  const shown = all ? ordered : ordered.slice(0, TOP_ACCOUNTS);
  const cells = (name: string, row: Omit<MarginRow, 'account'>): string[] => [
    name,
    ...[row.equity, row.initialMargin, row.maintenanceMargin].map((each) => pretty(each, scale, 0)),
    health(row.equity, row.maintenanceMargin),
    pretty(row.isolated, scale, 0),
    saving(row.initialMargin, row.isolated),
    pretty(row.grid, scale, 0),
    saving(row.initialMargin, row.grid),
  ];
  const which = all ? 'per account' : `the ${shown.length} accounts with the most`;
  return table(
    [
      { title: 'account' },
      right('equity'),
      right('urs IM (cross)'),
      right('MM'),
      right('equity/MM'),
      right('isolated IM'),
      right('saved'),
      right('fixed-grid IM'),
      right('saved'),
    ],
    shown.map((row) => cells(row.account, row)),
    {
      title: `Initial margin after the last cycle, ${asset}, ${which}`,
      footer: [cells(`all ${margin.rows.length}`, marginTotals(margin))],
    },
  );
}

function saving(asked: bigint, other: bigint): string {
  return other === 0n ? '-' : `${pretty(((other - asked) * 1000n) / other, 1)} %`;
}

function health(equity: bigint, margin: bigint): string {
  return margin === 0n ? '-' : pretty((equity * 100n) / margin, 2);
}
