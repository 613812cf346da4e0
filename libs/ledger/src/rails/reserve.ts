import type { AnyNewEvent } from '#events';
import { accountBook, balance, posting } from '../books.js';
import { fact, known, need, type Origin } from '../decide/context.js';
import type { HouseState, Withdrawal } from '../state.js';
import { needAddress } from './decide.js';
import { needFreeMargin } from './free-margin.js';
import { homeOf, railsOf, unitOf } from './state.js';

type Asked = Pick<Withdrawal, 'withdrawalId' | 'account' | 'asset' | 'amount' | 'to'>;

/**
 * A withdrawal of an asset that has rails sets its money aside at once, or is refused at once; no fact where the asset has none
 * and the cut will pay it from cash.
 */
export function reserve(state: HouseState, asked: Asked, origin: Origin): AnyNewEvent[] {
  const { withdrawalId, account, asset, amount, to } = asked;
  if (railsOf(state, asset).length === 0) {
    need(to === undefined, 'UNKNOWN_RAIL', 'to', `${asset} has no rail`);
    return [];
  }
  need(to !== undefined, 'INVALID_ADDRESS', 'to', `a withdrawal of ${asset} names an address`);
  needAddress('to', to);
  const home = known(homeOf(state, account, asset), 'NO_SETTLEMENT_ACCOUNT', 'account', account);
  const rail = state.rails.rails.get(home.rail)!;
  need(!rail.frozen, 'RAIL_FROZEN', 'asset', `${rail.rail} is frozen`);
  const whole = amount % unitOf(state, rail) === 0n;
  need(whole, 'OFF_UNIT', 'amount', `${rail.rail} has ${rail.railScale} decimals`);
  const cash = balance(state, asset, accountBook(account, 'cash'));
  need(amount <= cash, 'INSUFFICIENT_CASH', 'amount', `${account} has ${cash} minor units`);
  need(!owes(state, account), 'INSUFFICIENT_CASH', 'account', `${account} owes`);
  needFreeMargin(state, account, asset, amount);
  const [from, into] = [accountBook(account, 'cash'), accountBook(account, 'reserved')];
  const postings = [posting(from, into, asset, amount)];
  return [fact(origin, 1, 'WithdrawalReserved', { withdrawalId, postings })];
}

/** Whether an obligation of the account is not paid, in whatever asset. */
export function owes(state: HouseState, account: string): boolean {
  const book = accountBook(account, 'debt');
  return [...state.books.keys()].some((asset) => balance(state, asset, book) !== 0n);
}
