import { createHash } from 'node:crypto';
import type { AnyNewEvent, RiskFactor } from '#events';
import type { Command } from '../commands.js';
import { checkId } from '../ids.js';
import { RISK_LIMITS, RISK_TIMELOCK, type RiskModel } from '../risk/state.js';
import type { HouseState } from '../state.js';
import { amountOf, fact, known, need, type Origin, Refusal } from './context.js';

type Of<K extends Command['kind']> = Extract<Command, { kind: K }>;

/** Decimals a recorded value may have. */
const VALUE_SCALE = 18;

function needId(field: string, id: string): void {
  const malformed = checkId(field, id);
  if (malformed !== undefined) throw new Refusal(malformed);
}

function check(ok: boolean, field: string, reason: string): void {
  need(ok, 'INVALID_SPECIFICATION', field, reason);
}

/** Reference data: inert until a model that names it is approved. */
export function recordHistory(
  state: HouseState,
  command: Of<'record-factor-history'>,
  origin: Origin,
): AnyNewEvent[] {
  const { history, numeraire, factors, dates, values } = command;
  const { histories } = state.risk;
  needId('history', history);
  need(!histories.has(history), 'ALREADY_EXISTS', 'history', `history ${history} exists`);
  const most = RISK_LIMITS.histories;
  need(histories.size < most, 'TOO_MANY', 'history', `the house holds ${most} histories`);
  known(state.assets.get(numeraire), 'UNKNOWN_ASSET', 'numeraire', numeraire);
  checkFactors(state, numeraire, factors);
  const days = dates.length;
  check(days >= 1 && days <= RISK_LIMITS.days, 'dates', `1 to ${RISK_LIMITS.days} dates`);
  check(values.length === days, 'values', 'one row of values per date');
  check(days * factors.length <= RISK_LIMITS.values, 'values', `${RISK_LIMITS.values} at most`);
  dates.forEach((date, i) => {
    checkDate(`dates[${i}]`, date, dates[i - 1]);
    checkRow(`values[${i}]`, factors, values[i]!);
  });
  return [fact(origin, 0, 'FactorHistoryRecorded', { history, numeraire, factors, dates, values })];
}

export function recordDay(
  state: HouseState,
  command: Of<'record-factor-day'>,
  origin: Origin,
): AnyNewEvent[] {
  const { history: id, date, values } = command;
  const history = known(state.risk.histories.get(id), 'UNKNOWN_HISTORY', 'history', id);
  const { factors, dates } = history;
  const room = dates.length < RISK_LIMITS.days;
  need(room, 'TOO_MANY', 'date', `history ${id} has ${dates.length} days`);
  checkDate('date', date, dates.at(-1));
  checkRow('values', factors, values);
  return [fact(origin, 0, 'FactorDayRecorded', { history: id, date, values })];
}

function checkFactors(state: HouseState, numeraire: string, factors: readonly RiskFactor[]): void {
  const most = RISK_LIMITS.factors;
  check(factors.length >= 1 && factors.length <= most, 'factors', `1 to ${most} factors`);
  const names = new Set(factors.map(({ factor }) => factor));
  check(names.size === factors.length, 'factors', 'each factor once');
  const taken = new Set<string>();
  factors.forEach(({ factor, kind, move, instruments, assets, market }, i) => {
    const field = `factors[${i}]`;
    needId(`${field}.factor`, factor);
    check(kind !== 'iv' || move === 'relative', `${field}.move`, 'a volatility moves relatively');
    check(kind !== 'difference' || move === 'absolute', `${field}.move`, 'a difference adds');
    checkMarket(`${field}.market`, kind, market);
    for (const id of instruments) {
      needId(`${field}.instruments`, id);
      const key = `${kind}|instrument|${id}`;
      check(!taken.has(key), `${field}.instruments`, `${id} has one ${kind} factor`);
      taken.add(key);
    }
    for (const id of assets) {
      known(state.assets.get(id), 'UNKNOWN_ASSET', `${field}.assets`, id);
      check(id !== numeraire, `${field}.assets`, `${id} is what the others are priced in`);
      const key = `${kind}|asset|${id}`;
      check(!taken.has(key), `${field}.assets`, `${id} has one ${kind} factor`);
      taken.add(key);
    }
  });
}

function checkMarket(field: string, kind: string, market: RiskFactor['market']): void {
  check((kind === 'price') === (market !== undefined), field, 'of prices, and only of them');
  if (market === undefined) return;
  const spread = amountOf(`${field}.spread`, market.spread, VALUE_SCALE);
  check(spread >= 0n && spread < 10n ** BigInt(VALUE_SCALE), `${field}.spread`, '0 to below 1');
  const adv = amountOf(`${field}.adv`, market.adv, VALUE_SCALE);
  need(adv > 0n, 'NOT_POSITIVE', `${field}.adv`, 'a volume is above zero');
}

const ISO_DATE = /^\d{4}-\d\d-\d\d$/;

/** A day of the calendar, after the one before it. ISO dates sort as text. */
function checkDate(field: string, date: string, before: string | undefined): void {
  check(ISO_DATE.test(date) && isDay(date), field, 'an ISO date, e.g. 2024-08-07');
  const next = before === undefined || date > before;
  need(next, 'DAY_NOT_NEXT', field, `${date} does not come after ${before ?? ''}`);
}

const DAYS_OF_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDay(date: string): boolean {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (month === 2 && day === 29) return leap;
  return day >= 1 && day <= (DAYS_OF_MONTH[month - 1] ?? 0);
}

function checkRow(field: string, factors: readonly RiskFactor[], values: readonly string[]): void {
  check(values.length === factors.length, field, 'one value per factor');
  factors.forEach(({ move }, i) => {
    const value = amountOf(`${field}[${i}]`, values[i]!, VALUE_SCALE);
    const positive = move === 'absolute' || value > 0n;
    need(positive, 'NOT_POSITIVE', `${field}[${i}]`, 'what moves relatively is above zero');
  });
}

const SHA256 = /^[0-9a-f]{64}$/;

export function proposeModel(
  state: HouseState,
  command: Of<'propose-risk-model'>,
  origin: Origin,
): AnyNewEvent[] {
  const { proposal, name, version, wasmHash, parameters, history: id, actor } = command;
  const { models, histories } = state.risk;
  needId('proposal', proposal);
  need(!models.has(proposal), 'ALREADY_EXISTS', 'proposal', `proposal ${proposal} exists`);
  const open = [...models.values()].filter(isOpen).length;
  const most = RISK_LIMITS.openProposals;
  need(open < most, 'TOO_MANY', 'proposal', `${most} proposals are open`);
  needId('name', name);
  needId('version', version);
  check(SHA256.test(wasmHash), 'wasmHash', '64 lower-case hex digits');
  const bytes = Buffer.byteLength(parameters, 'utf8');
  const fits = bytes >= 2 && bytes <= RISK_LIMITS.parametersBytes;
  check(fits, 'parameters', `2 to ${RISK_LIMITS.parametersBytes} bytes`);
  const history = known(histories.get(id), 'UNKNOWN_HISTORY', 'history', id);
  const { length: days } = history.dates;
  const enough = days >= RISK_LIMITS.daysOfModel;
  need(enough, 'HISTORY_TOO_SHORT', 'history', `history ${id} has ${days} days`);
  const parametersHash = createHash('sha256').update(parameters, 'utf8').digest('hex');
  const data = { proposal, name, version, wasmHash, parametersHash, parameters, history: id };
  return [fact(origin, 0, 'RiskModelProposed', { ...data, proposer: actor })];
}

const isOpen = ({ status }: RiskModel): boolean => status === 'proposed' || status === 'approved';

/**
 * Four eyes, then a timelock: members see what is coming before it binds them. The first model of a house waits for the
 * next cut only, since nothing protects anybody before it.
 */
export function approveModel(
  state: HouseState,
  command: Of<'approve-risk-model'>,
  origin: Origin,
): AnyNewEvent[] {
  const { proposal, actor } = command;
  const model = proposalOf(state, proposal);
  const { status, proposer } = model;
  need(status === 'proposed', 'ALREADY_DECIDED', 'proposal', `${proposal} is ${status}`);
  need(actor !== proposer, 'FOUR_EYES', 'proposal', `${actor} proposed it`);
  const others = [...state.risk.models.values()];
  const first = others.every(
    (other) => other.status === 'proposed' || other.status === 'withdrawn',
  );
  const fromCycle = first ? state.openWindow : state.openWindow + RISK_TIMELOCK;
  return [fact(origin, 0, 'RiskModelApproved', { proposal, approver: actor, fromCycle })];
}

/** Either side alone may stop what is not in force yet: what is in force stays. */
export function withdrawModel(
  state: HouseState,
  command: Of<'withdraw-risk-model'>,
  origin: Origin,
): AnyNewEvent[] {
  const { proposal, reason, actor } = command;
  const model = proposalOf(state, proposal);
  need(isOpen(model), 'ALREADY_DECIDED', 'proposal', `${proposal} is ${model.status}`);
  const fits = reason.length >= 1 && reason.length <= 256;
  need(fits, 'SCHEMA_VIOLATION', 'reason', 'a reason has 1 to 256 characters');
  return [fact(origin, 0, 'RiskModelWithdrawn', { proposal, by: actor, reason })];
}

function proposalOf(state: HouseState, proposal: string): RiskModel {
  return known(state.risk.models.get(proposal), 'UNKNOWN_RISK_MODEL', 'proposal', proposal);
}
