import type { EventData } from '../vocabulary.js';
import type { SealedPlace } from './sealed.js';

/** A personal field of an event type: sealed before the event is decided, opened only where it is read. */
interface PersonalField<T extends keyof EventData> {
  readonly field: keyof EventData[T] & string;
  /** Where the id of the fact stands, which binds the sealed text to it. */
  readonly id: keyof EventData[T] & string;
}

/**
 * The fields that may name or lead to a natural person. Everything else is ids, amounts and terms of contracts, and free text of
 * the operator (reasons), where personal data has no place. Evidence of rejected inputs is as its sender sent it, on
 * topics whose schemas have no field for a person.
 */
export const personalFields = {
  MemberRegistered: { field: 'name', id: 'member' },
  WithdrawalRequested: { field: 'destination', id: 'withdrawalId' },
} as const satisfies { readonly [T in keyof EventData]?: PersonalField<T> };

export type PersonalType = keyof typeof personalFields;

/** The place of the personal field of one fact. */
export function personalPlace(type: PersonalType, id: string): SealedPlace {
  return { type, field: personalFields[type].field, id };
}

/** Whose personal data a member's facts are, as sealed text names it. */
export const memberSubject = (member: string): string => `member:${member}`;
