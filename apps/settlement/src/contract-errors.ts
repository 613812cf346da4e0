import type { SettlementCode } from './codes.js';

/** What each custom error of the contracts means in the list of reason codes. */
const CODES: Readonly<Record<string, SettlementCode>> = {
  // The batch and its bytes
  PayloadVersion: 'UNKNOWN_CODEC',
  PayloadLength: 'PAYLOAD_LENGTH',
  UnsortedPairs: 'ENTRIES_UNSORTED',
  EmptyPair: 'EMPTY_ENTRY',
  UnsortedWithdrawals: 'WITHDRAWALS_UNSORTED',
  ZeroAddress: 'ZERO_ADDRESS',
  ZeroAmount: 'AMOUNT_OUT_OF_RANGE',
  NotZeroSum: 'NOT_ZERO_SUM',
  // The ledger
  WrongSeq: 'WRONG_SEQ',
  WrongPrevHash: 'WRONG_PREV_HASH',
  WrongOrigin: 'WRONG_ORIGIN',
  StaleEpoch: 'STALE_EPOCH',
  DeadlineExpired: 'DEADLINE_EXPIRED',
  DeadlineTooFar: 'DEADLINE_TOO_FAR',
  LogShrank: 'LOG_SHRANK',
  PayloadHashMismatch: 'PAYLOAD_HASH_DIFFERS',
  GrossAboveLimit: 'GROSS_ABOVE_LIMIT',
  BelowFloor: 'BELOW_FLOOR',
  UnopenedAccount: 'UNOPENED_ACCOUNT',
  AlreadyOpened: 'ALREADY_OPENED',
  InvalidOpening: 'INVALID_OPENING',
  UnknownBatch: 'UNKNOWN_BATCH',
  InvalidProof: 'INVALID_PROOF',
  ProofLength: 'INVALID_PROOF',
  InvalidLimit: 'INVALID_SETTING',
  InvalidConfig: 'INVALID_SETTING',
  InvalidCooldown: 'INVALID_SETTING',
  InvalidGrace: 'INVALID_SETTING',
  InvalidGuardians: 'INVALID_SETTING',
  // Operators and rights
  UnsortedSigners: 'SIGNERS_UNSORTED',
  NotOperator: 'NOT_AN_OPERATOR',
  TooFewSigners: 'TOO_FEW_SIGNERS',
  MalleableSignature: 'MALLEABLE_SIGNATURE',
  InvalidSignature: 'INVALID_SIGNATURE',
  InvalidSet: 'INVALID_OPERATOR_SET',
  NoProposal: 'NO_PROPOSAL',
  TooEarly: 'TOO_EARLY',
  NotGuardian: 'NOT_A_GUARDIAN',
  VetoUsed: 'VETO_USED',
  NotOwner: 'NOT_THE_OWNER',
  Unauthorized: 'CALLER_NOT_ALLOWED',
  // The vault
  UnregisteredToken: 'UNREGISTERED_TOKEN',
  AlreadyRegistered: 'ALREADY_REGISTERED',
  DecimalsMismatch: 'DECIMALS_DIFFER',
  NotAMultiple: 'NOT_A_MULTIPLE',
  AboveCap: 'ABOVE_CAP',
  NotClaimable: 'NOT_CLAIMABLE',
  RateLimited: 'RATE_LIMITED',
  UnexpectedTransfer: 'UNEXPECTED_TRANSFER',
  SafeERC20FailedOperation: 'UNEXPECTED_TRANSFER',
  ReentrancyGuardReentrantCall: 'REENTRANT_CALL',
  // Pause and exit
  Paused: 'PAUSED',
  NotPaused: 'NOT_PAUSED',
  CoolingDown: 'COOLING_DOWN',
  LedgerFrozen: 'FROZEN',
  AlreadyFrozen: 'FROZEN',
  NotFrozen: 'NOT_FROZEN',
  NothingToExit: 'NOTHING_TO_EXIT',
  AlreadyRequested: 'ALREADY_REQUESTED',
  NoRequest: 'NO_REQUEST',
  RequestServed: 'REQUEST_SERVED',
  AlreadyEscaped: 'ALREADY_ESCAPED',
  AmountMismatch: 'AMOUNT_DIFFERS',
};

/** All errors that have a meaning of their own: name and code. */
export const contractErrors: readonly (readonly [name: string, code: SettlementCode])[] =
  Object.entries(CODES);

/** The reason code of a contract's custom error, by its name; `CONTRACT_REFUSED` where a contract says something else. */
export function codeOfContractError(name: string): SettlementCode {
  return Object.hasOwn(CODES, name) ? (CODES[name] ?? 'CONTRACT_REFUSED') : 'CONTRACT_REFUSED';
}
