import type { AnyNewEvent } from '#events';
import { accountBook, balance } from '../books.js';
import type { RejectName } from '../codes.js';
import type { Command } from '../commands.js';
import { formatDecimal } from '../decimal.js';
import { type Origin, positiveOf, refuse, Refusal } from '../decide/context.js';
import { requestWithdrawal } from '../decide/request.js';
import type { HouseState } from '../state.js';
import { needInForce } from './decide.js';
import { mostFree } from './free-margin.js';
import { inForce, type SettlementAccount, unitOf } from './state.js';
import { owes } from './reserve.js';

/**
 * Why nothing of what a forced exit asks for can be paid now; the word that stands in the answer on chain. `MARGIN`: it covers
 * open positions. `DEBT`: the account owes the house. `DUST`: it is less than the smallest unit of the rail. `NO_PRICE`: nobody
 * can say what it covers, for the asset has no settled price.
 */
export type ExitBound = 'MARGIN' | 'DEBT' | 'DUST' | 'NO_PRICE';

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
  const due = left * unit - underWay(state, account, asset);
  if (due <= 0n) return waiting('DUPLICATE', 'all of it is on its way');
  if (owes(state, account)) return { is: 'bound', reason: 'DEBT' };
  const cash = balance(state, asset, accountBook(account, 'cash'));
  if (cash < unit) return nothing(at);
  const free = freeOf(state, account, asset);
  if (free === 'NO_PRICE') return { is: 'bound', reason: free };
  const most = [due, cash, free].reduce((a, b) => (a < b ? a : b));
  const amount = most - (most % unit);
  return amount > 0n ? { is: 'payable', account, amount } : { is: 'bound', reason: 'MARGIN' };
}

/** What the chain shows may be the house's already: it leaves with the legs that are not final. */
function nothing({ committed, posted }: SettlementAccount): ExitStanding {
  if (committed === posted) return { is: 'bound', reason: 'DUST' };
  return waiting('INSUFFICIENT_CASH', 'legs that move it are not final');
}

const waiting = (code: RejectName, reason: string): ExitStanding => ({
  is: 'waiting',
  code,
  reason,
});

function underWay({ withdrawals }: HouseState, account: string, asset: string): bigint {
  let sum = 0n;
  for (const each of withdrawals.values()) {
    if (each.account === account && each.asset === asset) sum += each.amount;
  }
  return sum;
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
  return requestWithdrawal(state, { ...command, kind: 'request-withdrawal', ...asked }, origin);
}
