import type { AnyNewEvent } from '#events';
import { accountBook, house, posting } from '../books.js';
import type { Command } from '../commands.js';
import { fact, known, need, type Origin } from '../decide/context.js';
import type { HouseState } from '../state.js';
import { homeOf, inForce, legKey, RAIL_LIMITS, RAIL_TIMELOCK, type Rail } from './state.js';

type Of<K extends Command['kind']> = Extract<Command, { kind: K }>;

const ADDRESS = /^0x[0-9a-f]{40}$/;
const HASH = /^0x[0-9a-f]{64}$/;
const ZERO = `0x${'0'.repeat(40)}`;

/** An address in lower case, not the zero address: what is sent there is lost. */
export function needAddress(field: string, address: string): void {
  need(ADDRESS.test(address), 'INVALID_ADDRESS', field, '0x and 40 lower-case hex digits');
  need(address !== ZERO, 'ZERO_ADDRESS', field, `${field} is the zero address`);
}

export function needHash(field: string, hash: string): void {
  need(HASH.test(hash), 'INVALID_ADDRESS', field, '0x and 64 lower-case hex digits');
}

function needReason(reason: string): void {
  const fits = reason.length >= 1 && reason.length <= 256;
  need(fits, 'SCHEMA_VIOLATION', 'reason', 'a reason has 1 to 256 characters');
}

function railNamed(state: HouseState, id: string): Rail {
  return known(state.rails.rails.get(id), 'UNKNOWN_RAIL', 'rail', id);
}

/** A rail that is in force. */
export function needInForce(state: HouseState, id: string): Rail {
  const rail = railNamed(state, id);
  need(inForce(state, rail), 'RAIL_NOT_IN_FORCE', 'rail', `${id} is not in force`);
  return rail;
}

/** Inert until somebody else approves it. */
export function proposeRail(
  state: HouseState,
  command: Of<'propose-rail'>,
  origin: Origin,
): AnyNewEvent[] {
  const { rail, chainId, asset, railScale, tokenDecimals, finality, custodian } = command;
  const { token, ledger, vault, registry, treasury, actor: proposer } = command;
  const { rails } = state.rails;
  const { scale } = known(state.assets.get(asset), 'UNKNOWN_ASSET', 'asset', asset);
  check(Number.isSafeInteger(chainId) && chainId > 0, 'chainId', 'a whole number above zero');
  check(rail === `${chainId}/${asset}`, 'rail', `the rail of ${asset} is ${chainId}/${asset}`);
  const taken = rails.get(rail)?.status ?? 'withdrawn';
  need(taken === 'withdrawn', 'ALREADY_EXISTS', 'rail', `rail ${rail} is ${taken}`);
  const most = RAIL_LIMITS.rails;
  need(rails.size < most || rails.has(rail), 'TOO_MANY', 'rail', `the house holds ${most} rails`);
  const whole = Number.isInteger(tokenDecimals) && tokenDecimals >= 0 && tokenDecimals <= 36;
  check(whole, 'tokenDecimals', '0 to 36');
  const scaled = railScale === Math.min(tokenDecimals, scale);
  check(scaled, 'railScale', `the smaller of ${tokenDecimals} and the asset's ${scale}`);
  for (const [field, address] of Object.entries({ token, ledger, vault, registry, treasury })) {
    needAddress(field, address);
  }
  needCustodian(state, custodian, asset);
  const terms = { rail, chainId, asset, railScale, tokenDecimals, token, ledger, vault, registry };
  const data = { ...terms, custodian, finality, treasury, proposer };
  return [fact(origin, 0, 'RailProposed', data)];
}

function check(ok: boolean, field: string, reason: string): void {
  need(ok, 'INVALID_SPECIFICATION', field, reason);
}

/** Its stream of the asset's deposits carries the vault's numbers, so it belongs to one rail from its first message on. */
function needCustodian(state: HouseState, custodian: string, asset: string): void {
  const field = 'custodian';
  const { kind } = known(state.venues.get(custodian), 'UNKNOWN_VENUE', field, custodian);
  need(kind === 'custodian', 'NOT_A_CUSTODIAN', field, `${custodian} is a trading venue`);
  const other = [...state.rails.rails.values()].find(
    (each) => each.asset === asset && each.custodian === custodian && each.status !== 'withdrawn',
  );
  need(other === undefined, 'ALREADY_EXISTS', field, `it speaks for ${other?.rail} already`);
  const sent = state.streams.get(`${custodian}|deposits|${asset}`)?.lastSequence ?? 0;
  need(sent === 0, 'ALREADY_EXISTS', field, `it sent ${sent} deposits of ${asset} before`);
}

/** Four eyes, then a timelock: members see where their money will stand. While a house is set up it is in force at once. */
export function approveRail(
  state: HouseState,
  command: Of<'approve-rail'>,
  origin: Origin,
): AnyNewEvent[] {
  const { rail: id, actor: approver } = command;
  const { status, proposer, custodian, asset } = railNamed(state, id);
  need(status === 'proposed', 'ALREADY_DECIDED', 'rail', `${id} is ${status}`);
  need(approver !== proposer, 'FOUR_EYES', 'rail', `${proposer} proposed it`);
  const sent = state.streams.get(`${custodian}|deposits|${asset}`)?.lastSequence ?? 0;
  need(sent === 0, 'ALREADY_EXISTS', 'rail', `${custodian} sent deposits of ${asset} before`);
  const fromWindow = state.openWindow === 1 ? 1 : state.openWindow + RAIL_TIMELOCK;
  return [fact(origin, 0, 'RailApproved', { rail: id, approver, fromWindow })];
}

/** Either side alone may stop what is not in force yet; what is in force stays. */
export function withdrawRail(
  state: HouseState,
  command: Of<'withdraw-rail' | 'resume-rail'>,
  origin: Origin,
): AnyNewEvent[] {
  const { rail: id, reason, actor: by } = command;
  const rail = railNamed(state, id);
  const open = rail.status !== 'withdrawn' && !inForce(state, rail);
  need(open, 'ALREADY_DECIDED', 'rail', `${id} is ${rail.status}`);
  needReason(reason);
  return [fact(origin, 0, 'RailWithdrawn', { rail: id, by, reason })];
}

/** One home rail per account and asset, one account per index. */
export function openSettlementAccount(
  state: HouseState,
  command: Of<'open-settlement-account'>,
  origin: Origin,
): AnyNewEvent[] {
  const { account, rail: id, index, owner } = command;
  known(state.accounts.get(account), 'UNKNOWN_ACCOUNT', 'account', account);
  const { asset } = needInForce(state, id);
  const { firstIndex, indexes } = RAIL_LIMITS;
  const within = Number.isInteger(index) && index >= firstIndex && index < indexes;
  need(within, 'OUT_OF_RANGE', 'index', `an index is ${firstIndex} to ${indexes - 1}`);
  const holder = state.rails.byIndex.get(id)?.get(index)?.account;
  need(holder === undefined, 'ALREADY_EXISTS', 'index', `index ${index} is ${holder}'s`);
  const home = homeOf(state, account, asset)?.rail;
  need(home === undefined, 'ALREADY_EXISTS', 'account', `${account} settles ${asset} on ${home}`);
  needAddress('owner', owner);
  return [fact(origin, 0, 'SettlementAccountOpened', { account, rail: id, index, owner })];
}

/** What the chain says for good: the next leg is final, and its withdrawals have left the house. */
export function finalizeLeg(
  state: HouseState,
  command: Of<'finalize-leg'>,
  origin: Origin,
): AnyNewEvent[] {
  const { rail: id, seq, digest, transaction, block, blockHash, blockTime, finality } = command;
  const rail = needInForce(state, id);
  need(seq > rail.finalSeq, 'DUPLICATE', 'seq', `leg ${seq} of ${id} is final already`);
  const leg = seq === rail.finalSeq + 1 ? state.rails.legs.get(legKey(id, seq)) : undefined;
  const due = `legs ${rail.finalSeq + 1} to ${rail.seq} of ${id} are not final`;
  need(leg !== undefined, 'LEG_NOT_NEXT', 'seq', due);
  for (const [field, hash] of Object.entries({ digest, transaction, blockHash })) {
    needHash(field, hash);
  }
  const stated = finality === rail.finality;
  need(stated, 'INVALID_SPECIFICATION', 'finality', `${id} is final when ${rail.finality}`);
  const place = { transaction, block, blockHash, blockTime, finality };
  const final = fact(origin, 0, 'SettlementLegFinalized', { rail: id, seq, digest, ...place });
  const settled = leg.withdrawals.map((withdrawalId, i) => {
    const { account, asset, amount } = state.withdrawals.get(withdrawalId)!;
    const postings = [posting(accountBook(account, 'reserved'), house.external, asset, amount)];
    return fact(origin, i + 1, 'WithdrawalSettled', { withdrawalId, rail: id, seq, postings });
  });
  return [final, ...settled];
}

export function recordFinalityViolation(
  state: HouseState,
  command: Of<'record-finality-violation'>,
  origin: Origin,
): AnyNewEvent[] {
  const { rail: id, block, was, is } = command;
  needInForce(state, id);
  needHash('was', was);
  needHash('is', is);
  need(was !== is, 'DUPLICATE', 'is', 'the block is the one it was');
  return [fact(origin, 0, 'FinalityViolated', { rail: id, block, was, is })];
}

export function resumeRail(
  state: HouseState,
  command: Of<'withdraw-rail' | 'resume-rail'>,
  origin: Origin,
): AnyNewEvent[] {
  const { rail: id, reason, actor: by } = command;
  need(railNamed(state, id).frozen, 'DUPLICATE', 'rail', `${id} is not frozen`);
  needReason(reason);
  return [fact(origin, 0, 'RailResumed', { rail: id, by, reason })];
}
