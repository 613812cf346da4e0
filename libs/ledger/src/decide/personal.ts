import {
  type AnyNewEvent,
  memberSubject,
  parseSealed,
  type PersonalType,
  personalPlace,
  type SealedPlace,
} from '#events';
import { type Rejection, reject } from '../codes.js';
import type { Command } from '../commands.js';
import { checkId } from '../ids.js';
import type { HouseState } from '../state.js';
import { fact, known, need, type Origin, Refusal } from './context.js';

type Of<K extends Command['kind']> = Extract<Command, { kind: K }>;
type Field = 'name' | 'destination';

/** Most UTF-16 code units of a personal field in plain. */
const LIMITS: Readonly<Record<Field, number>> = { name: 200, destination: 128 };

/** The personal field of a command: what whoever gives it to the engine seals first. */
export interface PersonalPart {
  readonly field: Field;
  readonly text: string;
  readonly place: SealedPlace;
  /** Whose data it is. */
  readonly member: string;
}

/** The personal field of a command, or undefined where it has none; throws nothing and knows no key. */
export function personalOf(state: HouseState, command: Command): PersonalPart | undefined {
  const part = (type: PersonalType, id: string, field: Field, text: string, member: string) => {
    return { field, text, place: personalPlace(type, id), member };
  };
  if (command.kind === 'register-member') {
    const { member, name } = command;
    return part('MemberRegistered', member, 'name', name, member);
  }
  if (command.kind !== 'request-withdrawal' && command.kind !== 'serve-exit') return undefined;
  const { withdrawalId, destination } = command;
  const account =
    command.kind === 'serve-exit'
      ? (state.rails.byIndex.get(command.rail)?.get(command.index)?.account ?? '')
      : command.account;
  const member = state.accounts.get(account)?.member ?? '';
  return part('WithdrawalRequested', withdrawalId, 'destination', destination, member);
}

/** Checks a personal field while it is plain: once it is sealed nobody can. */
export function checkPersonal({ field, text, place, member }: PersonalPart): Rejection | undefined {
  const malformed = checkId('member', member) ?? checkId('withdrawalId', place.id);
  if (malformed !== undefined) return malformed;
  if (!text.isWellFormed()) {
    return reject('INVALID_ENCODING', field, `${field} has half a surrogate pair`);
  }
  return fits(field, text) ? undefined : refusal(field);
}

const fits = (field: Field, text: string): boolean =>
  text.length >= 1 && text.length <= LIMITS[field];
const refusal = (field: Field): Rejection => {
  const name = field === 'name' ? 'INVALID_SPECIFICATION' : 'SCHEMA_VIOLATION';
  return reject(name, field, `a ${field} has 1 to ${LIMITS[field]} characters`);
};

/** Refuses a field that is neither sealed for this member nor, in a house that seals nothing, plain text that fits. */
export function needPersonal(field: Field, text: string, member: string): void {
  const sealed = parseSealed(text);
  const ok = sealed ? sealed.subject === memberSubject(member) : fits(field, text);
  if (!ok) throw new Refusal(refusal(field));
}

export function requestErasure(
  state: HouseState,
  command: Of<'request-erasure' | 'withdraw-erasure'>,
  origin: Origin,
): AnyNewEvent[] {
  const { member, reason, actor: by } = command;
  const { erasure } = known(state.members.get(member), 'UNKNOWN_MEMBER', 'member', member);
  need(erasure === undefined, 'DUPLICATE', 'member', `${erasure} has asked for it already`);
  return [fact(origin, 0, 'ErasureRequested', { member, by, reason })];
}

export function withdrawErasure(
  state: HouseState,
  command: Of<'request-erasure' | 'withdraw-erasure'>,
  origin: Origin,
): AnyNewEvent[] {
  const { member, reason, actor: by } = command;
  requesterOf(state, member);
  return [fact(origin, 0, 'ErasureWithdrawn', { member, by, reason })];
}

/** Four eyes: what is erased never comes back. A withdrawal to be paid keeps its destination until the cut. */
export function approveErasure(
  state: HouseState,
  command: Of<'approve-erasure'>,
  origin: Origin,
): AnyNewEvent[] {
  const { member, throughKey, actor: approver } = command;
  const requester = requesterOf(state, member);
  need(approver !== requester, 'FOUR_EYES', 'member', `${requester} asked for it`);
  need(throughKey > 0, 'NOTHING_SEALED', 'member', `nothing of ${member} is sealed`);
  const pending = [...state.withdrawals.values()].find(
    ({ account }) => state.accounts.get(account)?.member === member,
  );
  const waits = `withdrawal ${pending?.withdrawalId} is not paid yet`;
  need(pending === undefined, 'WITHDRAWAL_PENDING', 'member', waits);
  const data = { member, requester, approver, throughKey };
  return [fact(origin, 0, 'SubjectKeyDestroyed', data)];
}

function requesterOf(state: HouseState, member: string): string {
  const { erasure } = known(state.members.get(member), 'UNKNOWN_MEMBER', 'member', member);
  need(erasure !== undefined, 'NO_ERASURE_ASKED', 'member', `nobody asked to erase ${member}`);
  return erasure;
}
