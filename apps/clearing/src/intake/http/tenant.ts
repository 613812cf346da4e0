import { reject } from '#ledger';
import type { Command, HouseState, Rejection } from '#ledger';

/** Accounts a member's command acts for. Commands of other roles have no tenant. */
function accountOf(state: HouseState, command: Command): string | undefined {
  switch (command.kind) {
    case 'request-withdrawal':
      return command.account;
    case 'propose-give-up':
      return command.side === 'buy' ? command.trade.buyer : command.trade.seller;
    case 'accept-give-up':
    case 'reject-give-up':
      return state.giveUps.get(command.giveUpId)?.to;
    default:
      return undefined;
  }
}

/**
 * Refuses a member's command for another member's account. It does not tell whether that account
 * exists.
 */
export function foreignAccount(
  state: HouseState,
  command: Command,
  member: string,
): Rejection | undefined {
  const account = accountOf(state, command);
  if (account !== undefined && state.accounts.get(account)?.member === member) return undefined;
  return reject('FORBIDDEN', 'account', `This key acts for accounts of ${member} only.`);
}
