import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventData, Journal } from '#events';
import { evolve, initialState, stateHash, type HouseState } from '#ledger';
import {
  bookOf,
  houseMarket,
  OpenModel,
  positionsByAccount,
  withVols,
} from '../../../clearing/src/margin/index.js';
import { scenariosCsv } from '../../../clearing/src/read/query/margin-views.js';
import { journalPlace, withJournal } from '../journal.js';
import { decimal } from '../render/decimal.js';
import { CliError, ExitCode } from '../terminal/exit.js';
import { stderrProgress } from '../terminal/progress.js';

export interface ExportMarginOptions {
  readonly margin?: boolean;
  readonly cycle?: number;
  readonly out: string;
  readonly json?: boolean;
}

type Assessed = EventData['MarginAssessed'];

/** The house as the cut of one cycle left it, and the requirements that were made of it. */
interface AtCut {
  readonly state: HouseState;
  readonly position: number;
  readonly cycle: number;
  readonly endsAt: number;
  readonly assessed: readonly Assessed[];
}

/** `novate export --margin`: all an outsider needs to compute one cycle's requirements without us. */
export async function runExportMargin(options: ExportMarginOptions): Promise<number> {
  if (options.margin !== true) {
    throw new CliError('what to export is not said', ExitCode.usage, 'give --log or --margin.');
  }
  const progress = stderrProgress();
  const at = await withJournal(journalPlace(), (journal) => foldToCut(journal, options.cycle));
  progress.step(`folded ${at.position} events, to the requirements of cycle ${at.cycle}`);
  const files = marginFiles(at);
  mkdirSync(options.out, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(options.out, name), text);
  const names = Object.keys(files);
  const { position, cycle, assessed } = at;
  const accounts = assessed.length;
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ position, cycle, accounts, out: options.out, files: names })}\n`
      : `${accounts} requirements of cycle ${cycle}, position ${position}: ${names.join(', ')} in ${options.out}\n`,
  );
  return ExitCode.ok;
}

/** Folds up to the last requirement of the cycle; the latest cycle that has any where none is named. */
async function foldToCut(journal: Journal, wanted: number | undefined): Promise<AtCut> {
  const cycle = wanted ?? (await lastAssessedCycle(journal));
  const state = initialState();
  const assessed: Assessed[] = [];
  let endsAt = 0;
  let position = 0;
  for await (const { events } of journal.read(0)) {
    for (const event of events) {
      const isOurs = event.type === 'MarginAssessed' && event.data.cycle === cycle;
      if (assessed.length > 0 && !isOurs) return { state, position, cycle, endsAt, assessed };
      evolve(state, event);
      position = event.position + 1;
      if (event.type === 'MarginAssessed' && isOurs) assessed.push(event.data);
      if (event.type === 'CycleCompleted') endsAt = event.data.endsAt;
    }
  }
  if (assessed.length > 0) return { state, position, cycle, endsAt, assessed };
  throw new CliError(
    cycle === 0 ? 'no cycle was assessed under a risk model' : `cycle ${cycle} has no requirements`,
    ExitCode.usage,
    'name a cycle that has: GET /v1/accounts/{id}/margin shows the latest.',
  );
}

async function lastAssessedCycle(journal: Journal): Promise<number> {
  let cycle = 0;
  for await (const { events } of journal.read(0)) {
    for (const event of events) if (event.type === 'MarginAssessed') cycle = event.data.cycle;
  }
  return cycle;
}

/** File name -> text. Format: docs/risk-standard.md, "Recompute it without us". */
export function marginFiles({
  state,
  position,
  cycle,
  endsAt,
  assessed,
}: AtCut): Record<string, string> {
  const proposal = state.risk.active ?? '';
  const model = state.risk.models.get(proposal);
  const history = model && state.risk.histories.get(model.history);
  if (!model || !history) throw new Error('a requirement names a model that is not in the state');
  const opened = new OpenModel(model, history);
  const { identity } = opened.over(history);
  const [scenarios] = opened.sets();
  if (!scenarios) throw new Error('a sealed model has a scenario set');
  const market = withVols(opened.kernel, houseMarket(state, endsAt, history));
  const index = positionsByAccount(state);
  const accounts = assessed.map((data) => {
    const { positions, collateral } = bookOf(state, data.account, index);
    const text = <T extends { readonly quantity: bigint }>(each: T) => ({
      ...each,
      quantity: each.quantity.toString(),
    });
    return {
      account: data.account,
      positions: positions.map(text),
      collateral: collateral.map(text),
      requirement: data,
    };
  });
  const { name, maximumGapDays, factors, days } = scenarios.history;
  const document = {
    schema: 'novate.margin-export.v1',
    ...{ position, cycle, stateHash: stateHash(state) },
    model: { ...identity, parameters: model.parameters },
    history: {
      name,
      maximumGapDays,
      factors,
      days: days.map(({ date, values }) => [date, ...values]),
    },
    market: {
      ...{ markSetId: market.markSetId, time: market.time, numeraire: market.numeraire },
      instruments: [...market.instruments.values()],
      marks: Object.fromEntries(market.marks),
      underlyings: Object.fromEntries(market.underlyings),
      assets: Object.fromEntries(market.assets),
    },
    accounts,
  };
  const files = {
    'margin.json': `${JSON.stringify(document)}\n`,
    'scenarios.csv': scenariosCsv(scenarios),
    'requirements.csv': requirementsCsv(assessed, market.numeraire.scale),
    'positions.csv': positionsCsv(accounts),
  };
  opened.release();
  return files;
}

const csv = (rows: readonly (readonly (string | number)[])[]): string =>
  `${rows.map((row) => row.join(',')).join('\r\n')}\r\n`;

function requirementsCsv(assessed: readonly Assessed[], scale: number): string {
  const head = ['account', 'asset', 'equity', 'initial_margin', 'core', 'maintenance_margin'];
  const rows = assessed.map((data) => {
    const core = data.parts.initialMargin.find(({ name }) => name === 'core')?.amount ?? '0';
    const amounts = [data.equity, data.initialMargin, core, data.maintenanceMargin];
    return [data.account, data.asset, ...amounts.map((each) => decimal(BigInt(each), scale))];
  });
  return csv([head, ...rows]);
}

interface Held {
  readonly quantity: string;
  readonly quantityScale: number;
}

function positionsCsv(
  accounts: readonly {
    readonly account: string;
    readonly positions: readonly (Held & { readonly instrument: string })[];
    readonly collateral: readonly (Held & { readonly asset: string })[];
  }[],
): string {
  const shown = ({ quantity, quantityScale }: Held): string =>
    decimal(BigInt(quantity), quantityScale);
  const rows = accounts.flatMap(({ account, positions, collateral }) => [
    ...positions.map((each) => [account, 'position', each.instrument, shown(each)]),
    ...collateral.map((each) => [account, 'collateral', each.asset, shown(each)]),
  ]);
  return csv([['account', 'kind', 'id', 'quantity'], ...rows]);
}
