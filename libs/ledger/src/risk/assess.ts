import type { AnyNewEvent, EventData, MarginPart, Micros } from '#events';
import { LedgerBroken } from '../broken.js';
import { fact, type Origin } from '../decide/context.js';
import { byCode, type HouseState } from '../state.js';

/** The moment an assessment is of: after this cycle's cut, at the end of its window. */
export interface AssessmentMoment {
  readonly cycle: number;
  readonly endsAt: Micros;
}

/** What an assessor says of one account; the ledger adds which cycle and under which proposal. */
export type Assessment = Omit<EventData['MarginAssessed'], 'cycle' | 'proposal'>;

/**
 * The port of the risk standard: a pure function of the state that says what the active model asks of each account in
 * `accounts`, in that order. It computes in floats, the ledger does not: it takes integers and checks what integers can show.
 */
export type Assess = (
  state: HouseState,
  moment: AssessmentMoment,
  accounts: readonly string[],
) => readonly Assessment[];

/** Accounts that hold something, or of which something was asked before; in order of id. */
export function accountsToAssess(state: HouseState): string[] {
  const found = new Set(state.risk.requirements.keys());
  for (const { account, quantity } of state.positions.values()) {
    if (quantity !== 0n) found.add(account);
  }
  for (const books of state.books.values()) {
    for (const book of books.keys()) {
      if (book.startsWith('A/')) found.add(book.slice(2, book.lastIndexOf('/')));
    }
  }
  return [...found].sort(byCode);
}

/** The requirements of every account after a cut, as facts; none where the house has no active model. */
export function assessAccounts(
  state: HouseState,
  moment: AssessmentMoment,
  assess: Assess,
): AnyNewEvent[] {
  const proposal = state.risk.active;
  if (proposal === undefined) return [];
  const accounts = accountsToAssess(state);
  const made = assess(state, moment, accounts);
  const { cycle, endsAt } = moment;
  if (made.length !== accounts.length) {
    throw new LedgerBroken(`${made.length} assessments of ${accounts.length} accounts`);
  }
  const origin: Origin = { source: `margin|${cycle}`, actor: 'novate', occurredAt: endsAt };
  return made.map((assessment, i) => {
    if (assessment.account !== accounts[i]) {
      throw new LedgerBroken(`assessment of ${assessment.account} where ${accounts[i]} was due`);
    }
    check(state, assessment);
    return fact(origin, i, 'MarginAssessed', { ...assessment, cycle, proposal });
  });
}

const INTEGER = /^(0|-?[1-9]\d{0,38})$/;
const DECIMAL = /^-?\d{1,40}(\.\d{1,40})?$/;
const HASH = /^[0-9a-f]{64}$/;

/** A wrong assessment is an error of the house's own code: it ends the step, and nothing of it is recorded. */
function check(state: HouseState, data: Assessment): void {
  const broken = (what: string): never => {
    throw new LedgerBroken(`assessment of ${data.account}: ${what}`);
  };
  if (!state.accounts.has(data.account)) broken('no such account');
  const model = state.risk.models.get(state.risk.active!)!;
  const history = state.risk.histories.get(model.history)!;
  if (data.asset !== history.numeraire) broken(`asked in ${data.asset}`);
  if (data.historyRoot !== history.root) broken('made from another history');
  if (data.days !== history.dates.length) broken('made from another number of days');
  const hashes = [data.modelId, data.markSetId, data.scenarioRoot];
  if (!hashes.every((hash) => HASH.test(hash))) broken('a hash has no such form');
  for (const field of ['equity', 'initialMargin', 'maintenanceMargin'] as const) {
    if (!INTEGER.test(data[field])) broken(`${field} is no integer`);
    if (sumOf(data.parts[field]) !== BigInt(data[field])) broken(`parts of ${field} do not sum`);
  }
  if (BigInt(data.initialMargin) < 0n) broken('initial margin below zero');
  if (BigInt(data.maintenanceMargin) < 0n) broken('maintenance margin below zero');
  if (data.notes.length === 0 && data.status === 'fallback') broken('a fallback says why');
  const { idle, ...figures } = data.health ?? { idle: '0' };
  if (!INTEGER.test(idle)) broken('idle is no integer');
  for (const { underlying: _, ...greeks } of data.greeks) {
    if (!Object.values(greeks).every((text) => DECIMAL.test(text))) broken('a Greek is no decimal');
  }
  if (!Object.values(figures).every((text) => DECIMAL.test(text))) broken('health is no decimal');
}

/** Sum of the parts; each that has parts of its own has to be their sum. */
function sumOf(parts: readonly MarginPart[]): bigint {
  let sum = 0n;
  for (const { name, amount, parts: below } of parts) {
    if (!INTEGER.test(amount)) throw new LedgerBroken(`part ${name} is no integer`);
    const units = BigInt(amount);
    if (below !== undefined && sumOf(below) !== units) {
      throw new LedgerBroken(`the parts of ${name} do not sum to it`);
    }
    sum += units;
  }
  return sum;
}
