import type { MarginGreeks, MarginHealth, MarginPart } from '#events';
import { GREEKS, greekTexts } from '#risk';
import type { AccountRisk, RequirementPart, Scenarios } from '#risk';
import type { FactorDay, FactorHistory, Margin, RiskModel } from '../../generated/prisma/client.js';
import type { FactorHistory as LedgerHistory } from '#ledger';
import type { RecordedModel } from '../../margin/index.js';
import { decimal } from '../format.js';

const units = (value: Margin['equity']): bigint => BigInt(value.toFixed(0));

/** Amounts of a recorded tree at the asset's scale. */
function showParts(parts: readonly MarginPart[], scale: number): object[] {
  return parts.map(({ name, amount, parts: below }) => ({
    name,
    amount: decimal(BigInt(amount), scale),
    ...(below && { parts: showParts(below, scale) }),
  }));
}

/** A requirement as recorded. */
export function showMargin(row: Margin, scale: number) {
  const parts = row.parts as unknown as Record<string, readonly MarginPart[]>;
  const health = row.health as unknown as MarginHealth | null;
  const amount = (value: Margin['equity']): string => decimal(units(value), scale);
  return {
    ...{ account: row.account, member: row.member, cycle: row.cycle },
    ...{ asset: row.asset, scale, position: Number(row.position) },
    equity: amount(row.equity),
    initialMargin: amount(row.initialMargin),
    maintenanceMargin: amount(row.maintenanceMargin),
    available: decimal(units(row.equity) - units(row.initialMargin), scale),
    status: row.status,
    notes: row.notes as unknown as readonly string[],
    ...(health && { health: { ...health, idle: decimal(BigInt(health.idle), scale) } }),
    greeks: row.greeks as unknown as readonly MarginGreeks[],
    parts: Object.fromEntries(
      Object.entries(parts).map(([name, each]) => [name, showParts(each, scale)]),
    ),
    ...{ proposal: row.proposal, modelId: row.modelId, markSetId: row.markSetId },
    ...{ scenarioRoot: row.scenarioRoot, historyRoot: row.historyRoot, days: row.days },
  };
}

/** A tree in full: scenario dates carry their share of the tail. */
export function showTree({ name, amount, weight, parts }: RequirementPart, scale: number): object {
  return {
    name,
    amount: decimal(amount, scale),
    ...(weight !== undefined && { weight: String(weight) }),
    ...(parts && { parts: parts.map((each) => showTree(each, scale)) }),
  };
}

/** Greeks per position and underlying, health and variance, as decimal texts. */
export function showRisk({ greeks, health, variance }: AccountRisk, scale: number) {
  return {
    greeks: {
      positions: greeks.positions.map((each) => ({
        ...{ instrument: each.instrument, underlying: each.underlying },
        ...greekTexts(each, GREEKS),
      })),
      underlyings: greeks.underlyings.map((each) => ({
        underlying: each.underlying,
        ...greekTexts(each, GREEKS),
      })),
      account: greekTexts(greeks.account, ['cashDelta', 'vega', 'theta', 'rho']),
    },
    ...(health && { health: { ...health, idleCapital: decimal(health.idleCapital, scale) } }),
    ...(variance && { variance }),
  };
}

export function showModel(row: RiskModel) {
  return {
    ...{ proposal: row.proposal, name: row.name, version: row.version, status: row.status },
    ...{ wasmHash: row.wasmHash, parametersHash: row.parametersHash, history: row.history },
    ...{ proposer: row.proposer, ...(row.approver !== null && { approver: row.approver }) },
    ...(row.fromCycle !== null && { fromCycle: row.fromCycle }),
    ...(row.activeFrom !== null && { activeFrom: row.activeFrom }),
    position: Number(row.position),
    parameters: JSON.parse(row.parameters) as object,
  };
}

/** The first `days` days of a history, as the ledger holds it. */
export function recordedModel(
  model: RiskModel,
  history: FactorHistory,
  rows: readonly FactorDay[],
): RecordedModel {
  const factors = history.factors as unknown as LedgerHistory['factors'];
  return {
    proposal: model,
    history: {
      ...{ history: history.history, numeraire: history.numeraire, factors, root: history.root },
      dates: rows.map(({ date }) => date),
      values: rows.map(({ values }) => values as unknown as readonly string[]),
    },
  };
}

/** The published list: one row per scenario, history first, then the mirrors. Floats in their shortest exact form. */
export function scenarioRows({ set, dates, history }: Scenarios) {
  const columns = history.factors.map((_, i) => set.column(i));
  const weights = set.weights();
  return Array.from(weights, (weight, j) => ({
    date: dates[j % dates.length] ?? '',
    mirrored: j >= dates.length,
    weight,
    shocks: columns.map((column) => column[j] ?? 0),
  }));
}

/** The same as CSV (RFC 4180). */
export function scenariosCsv(scenarios: Scenarios): string {
  const head = ['date', 'mirrored', 'weight', ...scenarios.history.factors.map(({ id }) => id)];
  const lines = scenarioRows(scenarios).map(({ date, mirrored, weight, shocks }) =>
    [date, mirrored ? 1 : 0, weight, ...shocks].join(','),
  );
  return `${[head.join(','), ...lines].join('\r\n')}\r\n`;
}
