import type { AnyNewEvent } from '#events';
import { accountBook, balance } from '../books.js';
import type { RejectName } from '../codes.js';
import type { Command } from '../commands.js';
import { formatDecimal } from '../decimal.js';
import { need, type Origin, positiveOf, refuse, Refusal } from '../decide/context.js';
import { EXIT_IDS, withdraw } from '../decide/request.js';
import { byCode, type HouseState } from '../state.js';
import { needInForce } from './decide.js';
import { mostFree } from './free-margin.js';
import { inForce, type SettlementAccount, unitOf } from './state.js';
import { owes } from './reserve.js';

/**
 * Why nothing of what a forced exit asks for can be paid now; the word that stands in the answer on chain. `MARGIN`: it covers
 * open positions. `DEBT`: the account owes the house. `DUST`: there is less than the smallest unit of the rail. `IN_FLIGHT`: it is not
 * on this rail yet, the house lacks the means there. `NO_PRICE`: nobody can say what it covers, for the asset has no settled price.
 */
export type ExitBound = 'MARGIN' | 'DEBT' | 'DUST' | 'IN_FLIGHT' | 'NO_PRICE';

export type ExitStanding =
  /** So much can be paid now: minor units, whole units of the rail. */
  | { readonly is: 'payable'; readonly account: string; readonly amount: bigint }
  | { readonly is: 'bound'; readonly reason: ExitBound }
  /** Neither: something is under way, or not the house's to say. */
  | { readonly is: 'waiting'; readonly code: RejectName; readonly reason: string };

const ofBound: Readonly<Record<ExitBound, RejectName>> = {
  MARGIN: 'INSUFFICIENT_MARGIN',
  DEBT: 'INSUFFICIENT_CASH',
  DUST: 'OFF_UNIT',
  IN_FLIGHT: 'INSUFFICIENT_CASH',
  NO_PRICE: 'NO_SETTLED_MARK',
};

/**
 * How a forced exit stands, from the journal alone: whoever folds the same journal says the same, and signs no other answer.
 * @param left what the request still asks for, rail units
 */
export function exitStanding(
  state: HouseState,
  rail: string,
  index: number,
  left: bigint,
): ExitStanding {
  const terms = state.rails.rails.get(rail);
  if (terms === undefined || !inForce(state, terms)) {
    return waiting('RAIL_NOT_IN_FORCE', `${rail} is not in force`);
  }
  const at = state.rails.byIndex.get(rail)?.get(index);
  if (at === undefined || !state.accounts.has(at.account)) {
    return waiting('NO_SETTLEMENT_ACCOUNT', `index ${index} of ${rail} is no member's`);
  }
  if (terms.frozen) return waiting('RAIL_FROZEN', `${rail} is frozen`);
  const { account } = at;
  const { asset } = terms;
  const unit = unitOf(state, terms);
  const { onItsWay, room } = onRail(state, at, asset, unit);
  const due = left * unit - onItsWay;
  if (due <= 0n) return waiting('DUPLICATE', 'all of it is on its way');
  if (owes(state, account)) return { is: 'bound', reason: 'DEBT' };
  const cash = balance(state, asset, accountBook(account, 'cash'));
  // What a leg in flight moves, or has moved away, is no reason to wait: there is always one in flight.
  if (cash < unit) return { is: 'bound', reason: 'DUST' };
  const free = freeOf(state, account, asset);
  if (free === 'NO_PRICE') return { is: 'bound', reason: free };
  if (free < unit) return { is: 'bound', reason: 'MARGIN' };
  if (room < unit) return { is: 'bound', reason: 'IN_FLIGHT' };
  const most = [due, cash, free, room].reduce((a, b) => (a < b ? a : b));
  return { is: 'payable', account, amount: most - (most % unit) };
}

const waiting = (code: RejectName, reason: string): ExitStanding => ({
  is: 'waiting',
  code,
  reason,
});

/**
 * What legs carry of an account's withdrawals, what the next one can carry, in their order as the cut takes them, and what is left
 * of the account on the rail then. A withdrawal that no leg can carry keeps nothing on its way.
 */
function onRail(
  { withdrawals }: HouseState,
  { account, committed }: SettlementAccount,
  asset: string,
  unit: bigint,
): { readonly onItsWay: bigint; readonly room: bigint } {
  const own = [...withdrawals.values()]
    .filter((each) => each.account === account && each.asset === asset)
    .sort((a, b) => byCode(a.withdrawalId, b.withdrawalId));
  let [onItsWay, room] = [0n, committed > 0n ? committed * unit : 0n];
  for (const { seq, amount } of own) {
    const isCarried = seq !== undefined;
    if (!isCarried && amount > room) continue;
    onItsWay += amount;
    if (!isCarried) room -= amount;
  }
  return { onItsWay, room };
}

/** All of the cash where nothing bounds it. */
function freeOf(state: HouseState, account: string, asset: string): bigint | 'NO_PRICE' {
  try {
    const most = mostFree(state, account, asset);
    return most ?? balance(state, asset, accountBook(account, 'cash'));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.rejection.code.endsWith('NO_SETTLED_MARK') ? 'NO_PRICE' : 0n;
  }
}

/** A member asked the chain for its money: what can be paid is withdrawn to the owner of the index, and to nobody else. */
export function serveExit(
  state: HouseState,
  command: Extract<Command, { kind: 'serve-exit' }>,
  origin: Origin,
): AnyNewEvent[] {
  const { rail, index, withdrawalId, destination } = command;
  const { asset } = needInForce(state, rail);
  const isOwn = withdrawalId.startsWith(EXIT_IDS);
  need(isOwn, 'INVALID_ID', 'withdrawalId', `an exit's id begins with ${EXIT_IDS}`);
  const left = positiveOf('amount', command.amount, 0);
  const standing = exitStanding(state, rail, index, left);
  if (standing.is === 'waiting') refuse(standing.code, 'index', standing.reason);
  if (standing.is === 'bound') {
    refuse(ofBound[standing.reason], 'amount', `none of it can be paid: ${standing.reason}`);
  }
  const { account, amount } = standing;
  const { owner: to } = state.rails.byIndex.get(rail)!.get(index)!;
  const asked = {
    ...{ withdrawalId, account, asset, destination, to },
    amount: formatDecimal(amount, state.assets.get(asset)!.scale),
  };
  return withdraw(state, { ...command, ...asked }, origin);
}
