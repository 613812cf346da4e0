/**
 * The closed list of reject codes, by range. A code never changes its meaning and is never reused.
 * 1xxx the message, 2xxx reference data, 3xxx amounts, 4xxx order and sequence, 5xxx limits and suspension,
 * 6xxx money, 7xxx rights. `fix` is what the sender can do about it.
 */
export const rejectCodes = {
  MALFORMED_JSON: [1001, 'Send one UTF-8 JSON object per message.'],
  TOO_LARGE: [1002, 'Keep a message at or below 1 MiB.'],
  TOO_DEEP: [1003, 'Keep JSON nesting at or below 16 levels.'],
  SCHEMA_VIOLATION: [
    1004,
    'Follow the message schema in docs/asyncapi.yaml: names, types, no extra fields.',
  ],
  FORBIDDEN_KEY: [1005, 'Remove the keys __proto__, constructor and prototype.'],
  ID_NOT_ASCII: [
    1006,
    'Use ASCII letters only: a look-alike letter of another alphabet is another id.',
  ],
  INVALID_ID: [
    1007,
    'Use 1 to 64 characters out of A-Z a-z 0-9 . _ - and begin with a letter or digit.',
  ],
  MISSING_ENVELOPE: [
    1008,
    'Set the CloudEvents attributes type, source, subject, sequence and window.',
  ],
  UNKNOWN_TYPE: [1009, 'Send the message type that belongs to this topic.'],
  BAD_SIGNATURE: [1010, 'Sign with the key of the role that owns this topic.'],
  INVALID_ENCODING: [1011, 'Encode the value as UTF-8.'],
  UNKNOWN_VENUE: [2001, 'Register the venue first, or correct its id.'],
  UNKNOWN_INSTRUMENT: [2002, 'List the instrument first, or correct its id.'],
  UNKNOWN_ACCOUNT: [2003, 'Open the account first, or correct its id.'],
  UNKNOWN_MEMBER: [2004, 'Register the member first, or correct its id.'],
  UNKNOWN_ASSET: [2005, 'Register the asset first, or correct its id.'],
  NOT_LISTED_AT_VENUE: [2006, 'Send it from a venue the instrument is listed at.'],
  ALREADY_EXISTS: [2007, 'Ids are never reused: choose another.'],
  CONFUSABLE_ID: [
    2008,
    'Choose an id that cannot be mistaken for an existing one (0/O, 1/I/l, letter case).',
  ],
  NOT_A_CUSTODIAN: [2009, 'Only a custodian may credit a deposit.'],
  KEY_MISMATCH: [
    2010,
    'The stream key must be the instrument (trades, marks, funding), asset (deposits) or venue (windows).',
  ],
  INVALID_SPECIFICATION: [2011, 'Correct the named field of the specification.'],
  UNKNOWN_HISTORY: [2012, 'Record the factor history first, or correct its id.'],
  UNKNOWN_RISK_MODEL: [2013, 'Propose the risk model first, or correct the id of the proposal.'],
  HISTORY_TOO_SHORT: [2014, 'Record at least 181 days, 180 returns, before a model may use them.'],
  TOO_MANY: [2015, 'The house holds no more of these: withdraw one, or use what is there.'],
  MODEL_NOT_RUNNABLE: [
    2016,
    'Propose a kernel this house has, and a parameter document within its bounds.',
  ],
  NOTHING_SEALED: [
    2017,
    'No key to destroy: what was recorded in plain text before sealing began cannot be erased.',
  ],
  UNKNOWN_RAIL: [2018, 'Propose the rail first, or correct its id: `<chainId>/<asset>`.'],
  RAIL_NOT_IN_FORCE: [2019, 'Let the role risk approve the rail, and wait for its first window.'],
  NO_SETTLEMENT_ACCOUNT: [
    2020,
    'Ask the operator for a settlement account on a rail of the asset.',
  ],
  NOT_ON_CHAIN: [
    2021,
    "Deposit into the vault: a rail's custodian credits what is final on its chain, in the order of the vault's numbers.",
  ],
  NOT_A_NUMBER: [
    3001,
    'Send a plain decimal string, e.g. "61837.63": no exponent, sign +, NaN or Infinity.',
  ],
  OVER_PRECISE: [3002, 'Send no more decimals than the scale of the instrument or asset.'],
  NOT_POSITIVE: [3003, 'Send a value above zero.'],
  OUT_OF_RANGE: [3004, 'Values are bounded by 2^127 minor units; check the magnitude.'],
  OFF_TICK: [3005, "Round the price to the instrument's tick."],
  OFF_LOT: [3006, "Round the quantity to the instrument's lot."],
  NEGATIVE_PRICE: [3007, 'This instrument does not allow a price at or below zero.'],
  OFF_UNIT: [3008, "Use no more decimals than the asset's rail has."],
  INVALID_ADDRESS: [3009, 'Send 0x and lower-case hex digits: 40 for an address, 64 for a hash.'],
  ZERO_ADDRESS: [3010, 'Name an address somebody holds the key of.'],
  DUPLICATE: [4001, 'Nothing to do: this was accepted before.'],
  TRADE_ID_CONFLICT: [
    4002,
    'An id is used once; to change a trade send a correction, for a new deposit choose a new id.',
  ],
  SEQUENCE_GAP: [4003, 'Send the missing sequence numbers, or ask the operator to accept the gap.'],
  SEQUENCE_REUSED: [4004, 'Continue at the sequence number after the last one accepted.'],
  WINDOW_NOT_OPEN: [4005, 'Send it again once the window before it has been cut.'],
  UNKNOWN_TRADE: [
    4007,
    'Check venue, instrument and trade id, and that it lies within the horizon.',
  ],
  TRADE_TERMS_DIFFER: [4008, 'Repeat the original terms exactly.'],
  ALREADY_BUSTED: [4009, 'Nothing to do: this trade was busted before.'],
  NOTHING_TO_WAIT_FOR: [4010, 'The stream has no gap there, or the window is not the open one.'],
  WINDOW_CLOSED: [
    4011,
    'The first closing of a window counts. If it was wrong, ask the operator to end the wait.',
  ],
  DAY_NOT_NEXT: [4012, 'Send days in order, each once; a wrong day needs a new history.'],
  ALREADY_DECIDED: [4013, 'Nothing to do: the proposal was approved or withdrawn before.'],
  NO_ERASURE_ASKED: [4014, 'Let the operator ask for the erasure first, or correct the member.'],
  LEG_NOT_NEXT: [
    4015,
    'Legs of a rail become final in order of their sequence, each once it is due.',
  ],
  ORDER_SIZE_LIMIT: [5001, "Split the trade below the instrument's maximum order quantity."],
  POSITION_LIMIT: [5002, 'Reduce the position, or ask for a higher limit.'],
  VENUE_SUSPENDED: [5003, 'Only trades that reduce both sides pass while the venue is suspended.'],
  MEMBER_SUSPENDED: [
    5004,
    'Only trades that reduce the position pass while the member is suspended.',
  ],
  INSTRUMENT_SUSPENDED: [
    5005,
    'Only trades that reduce both sides pass while the instrument is suspended.',
  ],
  ISOLATED_ACCOUNT: [5006, 'An isolated account holds its one instrument only.'],
  SELF_TRADE: [5007, 'Buyer and seller must be different accounts.'],
  INSTRUMENT_EXPIRED: [5008, 'The instrument has expired.'],
  NO_SETTLED_MARK: [5009, 'Wait for the first settlement price of the instrument.'],
  NO_NEW_RISK: [
    5010,
    'The member has an unpaid obligation: only trades that reduce pass until it is paid.',
  ],
  NOT_TRANSFERABLE: [
    5011,
    'Transfer at most the quantity held, of an instrument that carries positions.',
  ],
  WITHDRAWAL_PENDING: [
    5012,
    "Wait for the cut: a pending withdrawal's destination has to be readable.",
  ],
  RAIL_FROZEN: [5013, 'Wait until the role risk has resumed the rail: its finality was violated.'],
  INSUFFICIENT_CASH: [6001, 'Ask for at most the cash left after the cycle.'],
  UNKNOWN_GIVE_UP: [6002, 'Propose the give-up first, or correct its id.'],
  INSUFFICIENT_MARGIN: [6003, 'Ask for at most what equity exceeds the initial margin by.'],
  UNAUTHENTICATED: [7001, 'Send a valid API key.'],
  FORBIDDEN: [7002, 'Use a key of a role that may do this.'],
  FOUR_EYES: [7003, 'Let somebody other than the proposer approve it.'],
} as const satisfies Record<string, readonly [number, string]>;

export type RejectName = keyof typeof rejectCodes;

export interface Rejection {
  /** `NNNN_NAME`, stable. */
  readonly code: string;
  readonly field: string;
  readonly reason: string;
  readonly fix: string;
}

/** Builds a rejection: which field, what is wrong with it, and from the catalogue how to mend it. */
export function reject(name: RejectName, field: string, reason: string): Rejection {
  const [number, fix] = rejectCodes[name];
  const code = `${number}_${name}`;
  return { code, field: quotable(field), reason: quotable(reason), fix };
}

/**
 * What a sender wrote may be quoted in a rejection: half a surrogate pair has no canonical bytes, and U+0000 is no text to
 * Postgres.
 */
function quotable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}
