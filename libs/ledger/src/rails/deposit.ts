import type { ChainDeposit, StreamPosition } from '#events';
import type { InputBody } from '../commands.js';
import { known, need } from '../decide/context.js';
import type { HouseState } from '../state.js';
import { needHash, needInForce } from './decide.js';
import { chainDepositId, settlementKey, unitOf } from './state.js';

/**
 * Nothing but a chain watcher can credit a deposit: a rail's custodian, who names the place on the chain where it is, numbered as
 * the vault numbers it, to an account that settles there. Journals hold deposits from before; no new one is like them.
 */
export function needCredible(
  state: HouseState,
  at: StreamPosition,
  body: Extract<InputBody, { type: 'deposit' }>,
  amount: bigint,
): void {
  const { chain, account, asset, depositId } = body;
  need(chain !== undefined, 'NOT_ON_CHAIN', 'chain', 'nothing but a chain watcher can credit');
  const rail = needInForce(state, chain.rail);
  need(rail.asset === asset, 'KEY_MISMATCH', 'chain.rail', `${rail.rail} does not carry ${asset}`);
  const { venue } = at.stream;
  const speaks = `${rail.custodian} speaks for ${rail.rail}, not ${venue}`;
  need(rail.custodian === venue, 'NOT_ON_CHAIN', 'source', speaks);
  needNumbered(at, chain, depositId);
  const held = state.rails.accounts.get(settlementKey(account, rail.rail));
  known(held, 'NO_SETTLEMENT_ACCOUNT', 'account', account);
  const whole = amount % unitOf(state, rail) === 0n;
  need(whole, 'OFF_UNIT', 'amount', `${rail.rail} has ${rail.railScale} decimals`);
  needHash('chain.transaction', chain.transaction);
  needHash('chain.blockHash', chain.blockHash);
}

/** The vault counts a token's deposits as the stream counts its messages, so neither can skip or repeat one alone. */
function needNumbered(at: StreamPosition, { rail, number }: ChainDeposit, depositId: string): void {
  const next = `deposit ${number} is message ${at.sequence}`;
  need(number === at.sequence, 'NOT_ON_CHAIN', 'chain.number', next);
  const id = chainDepositId(rail, number);
  need(depositId === id, 'NOT_ON_CHAIN', 'depositId', `the id of this deposit is ${id}`);
}
