/**
 * The closed list of settlement's reason codes, range 8xxx; docs/errors.md holds those of the ledger, 1xxx to 7xxx. A code
 * never changes its meaning and is never reused. 80xx the batch and its bytes, 81xx the ledger contract, 82xx operators and
 * rights, 83xx the vault, pause and exit, 84xx keys, 86xx what a co-signer refuses. `fix` is what mends it.
 */
export const settlementCodes = {
  UNKNOWN_CODEC: [8001, 'Encode the payload with version 1 of the codec.'],
  PAYLOAD_LENGTH: [8002, 'Send as many bytes as the counts at the head of the payload say.'],
  ENTRIES_UNSORTED: [8003, 'List every index once, in ascending order.'],
  EMPTY_ENTRY: [8004, 'Leave out entries, and pairs of entries, whose delta is zero.'],
  DELTA_OUT_OF_RANGE: [8005, 'A delta fits into 96 bits with its sign.'],
  WITHDRAWALS_UNSORTED: [8006, 'List withdrawals by ascending index.'],
  AMOUNT_OUT_OF_RANGE: [8007, 'An amount is above zero and below 2^128 units of the rail.'],
  ZERO_ADDRESS: [8008, 'Name an address that somebody can hold.'],
  INVALID_ADDRESS: [8009, 'Write an address as 0x and 40 lower-case hexadecimal digits.'],
  INDEX_OUT_OF_RANGE: [8010, 'An index is a whole number below 2^20.'],
  BATCH_TOO_LARGE: [8011, 'Split the leg: a transaction carries at most 120,000 bytes of payload.'],
  NOT_ZERO_SUM: [8012, 'The deltas of a batch sum to zero: let the house account balance them.'],
  EMPTY_BATCH: [8013, 'A leg without entries and withdrawals takes no sequence number.'],
  HOUSE_DELTA_DIFFERS: [8014, 'The delta of index 0 is the house delta of the leg.'],
  BALANCE_OUT_OF_RANGE: [8015, 'A balance of a member is at least zero and below 2^128 units.'],
  WRONG_SEQ: [8101, 'Send the batch that follows the last one on chain.'],
  WRONG_PREV_HASH: [8102, 'Build the batch on the digest of the last one on chain.'],
  WRONG_ORIGIN: [8103, 'This contract settles for another log: use the one deployed for yours.'],
  DEADLINE_EXPIRED: [
    8105,
    'Seal it again once a final block past the deadline shows that it was not applied.',
  ],
  DEADLINE_TOO_FAR: [8106, 'Choose a deadline at most 30 minutes after the block.'],
  LOG_SHRANK: [8107, 'A batch cannot come from less of the log than the one before.'],
  PAYLOAD_HASH_DIFFERS: [8108, 'Send the payload the header was signed for.'],
  GROSS_ABOVE_LIMIT: [8109, 'Split the leg: its debits exceed what one batch may move.'],
  BELOW_FLOOR: [8110, 'Nobody may owe the contract: fund the account, or take less from it.'],
  UNOPENED_ACCOUNT: [8111, 'Open the index on chain first.'],
  ALREADY_OPENED: [8112, 'An index is opened once: use the next free one.'],
  INVALID_OPENING: [8113, 'Open an index below 2^20 for an address that somebody can hold.'],
  UNKNOWN_BATCH: [8114, 'Send the header exactly as it was settled.'],
  INVALID_PROOF: [8115, 'Take leaf and proof from the same root.'],
  INVALID_SETTING: [8116, 'Deploy or set it within the bounds the contract documents.'],
  SIGNERS_UNSORTED: [8201, 'Send each signer once, in ascending order of address.'],
  NOT_AN_OPERATOR: [8202, 'Only operators of the epoch count.'],
  TOO_FEW_SIGNERS: [8203, 'Ask more operators to sign.'],
  MALLEABLE_SIGNATURE: [8204, 'Send the signature with the lower of its two s values.'],
  INVALID_SIGNATURE: [8205, 'Sign this digest with the key of the address.'],
  INVALID_OPERATOR_SET: [
    8206,
    'Propose at most 16 distinct operators and a threshold above half of them.',
  ],
  NO_PROPOSAL: [8207, 'Propose a set first.'],
  TOO_EARLY: [8208, 'Wait until the delay is over.'],
  NOT_A_GUARDIAN: [8209, 'Call it with the key of a guardian.'],
  VETO_USED: [8210, 'A guardian vetoes once per epoch.'],
  NOT_THE_OWNER: [8211, 'Call it with the address that owns the index.'],
  CALLER_NOT_ALLOWED: [8212, 'Only the contract it belongs to may call this.'],
  UNREGISTERED_TOKEN: [8301, 'Register the token with the vault first.'],
  ALREADY_REGISTERED: [8302, 'A token and a ledger are registered once.'],
  DECIMALS_DIFFER: [8303, 'Register the token with the decimals it reports.'],
  NOT_A_MULTIPLE: [8304, 'Send a multiple of the smallest unit of the rail.'],
  ABOVE_CAP: [8305, 'The vault holds no more of this token: deposit less.'],
  NOT_CLAIMABLE: [8306, 'Claim at most what was allotted to the address.'],
  RATE_LIMITED: [8307, 'Claim less, or later: so much leaves the vault in an hour and in a day.'],
  UNEXPECTED_TRANSFER: [8308, 'The token did not move what it said: it is not fit for the vault.'],
  PAUSED: [8309, 'Wait until the pause ends, at most 72 hours.'],
  NOT_PAUSED: [8310, 'Nothing to do: it is not paused.'],
  COOLING_DOWN: [8311, 'Wait until the guardians may pause again.'],
  FROZEN: [8312, 'The ledger is frozen for good: leave with your proof.'],
  NOT_FROZEN: [8313, 'Freeze the ledger first, after the grace period.'],
  NOTHING_TO_EXIT: [8314, 'Nothing to do: the balance is zero.'],
  ALREADY_REQUESTED: [8315, 'Nothing to do: an exit of the index is under way.'],
  NO_REQUEST: [8316, 'Request the exit first.'],
  REQUEST_SERVED: [8317, 'Nothing to do: the request was served or answered.'],
  ALREADY_ESCAPED: [8318, 'Nothing to do: the index has left.'],
  AMOUNT_DIFFERS: [
    8319,
    'Prove the balance of the last root; deposits since then are added to it.',
  ],
  REENTRANT_CALL: [8320, 'Nothing may call back into a contract that is being called.'],
  CONTRACT_REFUSED: [8399, 'Look up the error the reason names in the ABI of the contract.'],
  KEYSTORE_INVALID: [8401, 'Use a key file this program wrote, unaltered.'],
  KEYSTORE_PASSWORD: [8402, 'Give the password the key file was written with.'],
  KEYSTORE_MODE: [8403, 'Let nobody but its owner read the key file: chmod 600.'],
  KEYSTORE_EXISTS: [8404, 'A key file is never overwritten: choose another name.'],
  SIGNER_UNAVAILABLE: [8405, 'Start the signer, or correct its address; asking again is harmless.'],
  SIGNER_REFUSED: [8406, 'Give the token or certificate the signer expects.'],
  SIGNER_ANSWER: [8407, 'Let the signer answer {"signature": "0x..."} of 64 or 65 bytes.'],
  SIGNER_WRONG_KEY: [8408, 'Configure the address of the key the signer holds.'],
  COSIGN_MALFORMED: [8601, 'Send the request as docs/settlement.md shows it.'],
  COSIGN_UNAUTHENTICATED: [
    8602,
    'Send Authorization: Bearer and the key of the settlement service.',
  ],
  RAIL_NOT_SIGNED: [8603, 'Ask for a rail and contract in the configuration of this co-signer.'],
  COPY_BEHIND: [
    8604,
    'Ask again: this co-signer has not seen so much of the log under a checkpoint.',
  ],
  COPY_ALTERED: [8605, 'Give this co-signer an empty database: its copy of the log was changed.'],
  LOG_FORKED: [
    8606,
    'Compare the logs: the house shows another one than it signed, or than before.',
  ],
  LEG_UNKNOWN: [8607, 'Ask for a leg that is in the log and not final.'],
  BATCH_DIFFERS: [8608, 'Derive the batch from the log: this one is not what the log says.'],
  SEQ_NOT_NEXT: [8609, 'Ask for the batch that follows the last one on chain.'],
  STALE_EPOCH: [8610, 'Seal the batch for the set of operators that is in force.'],
  DEADLINE_OUT_OF_RANGE: [8611, 'Set a deadline that is ahead of the block time, and not too far.'],
  DEPOSIT_NOT_FINAL: [8612, 'Ask again when the deposit is final.'],
  GATE_CLOSED: [8613, 'Wait until the legs that collect for this cycle are final on their chains.'],
  LIMIT_EXCEEDED: [
    8614,
    'Have the owner of this co-signer look at it: it passes a limit set there.',
  ],
  ALREADY_SIGNED: [
    8615,
    'Use the batch that was signed, or wait until it is proven dead on chain.',
  ],
  KEY_RETIRED: [8616, 'Wait until nothing this key may have signed is valid, or use another key.'],
  CHAIN_UNKNOWN: [8617, 'Ask again: the providers of this co-signer do not answer alike.'],
  COSIGNER_UNAVAILABLE: [
    8618,
    'Ask again: its database, its copy of the log or its key is not there.',
  ],
  OPENING_DIFFERS: [8619, 'Open accounts as the log opened them.'],
  DEPOSIT_DIFFERS: [8620, 'Find out who had the deposit credited: the chain does not show it.'],
  EXIT_UNKNOWN: [8621, 'Answer a request that stands on chain and is not served.'],
  EXIT_PAYABLE: [8622, 'Pay it, or wait: the log does not say that it is bound by this.'],
  SERVICE_MALFORMED: [8701, 'Send {"rail": "1/USDT", "seq": 7}.'],
  SERVICE_UNAUTHENTICATED: [
    8702,
    'Send Authorization: Bearer and a key of the role the route is for.',
  ],
  NOT_HALTED: [8703, 'Nothing to do: GET /v1/rails shows which batches are halted, and why.'],
} as const satisfies Record<string, readonly [number, string]>;

export type SettlementCode = keyof typeof settlementCodes;

/** `NNNN_NAME`, as it leaves. */
export const codeText = (name: SettlementCode): string => `${settlementCodes[name][0]}_${name}`;

/** Something settlement does not do, with the code, the field at fault, what is wrong with it and what mends it. */
export class SettlementRefused extends Error {
  override readonly name = 'SettlementRefused';
  /** `NNNN_NAME`, stable. */
  readonly code: string;
  readonly fix: string;

  constructor(
    name: SettlementCode,
    readonly field: string,
    readonly reason: string,
  ) {
    const code = codeText(name);
    const [, fix] = settlementCodes[name];
    super(`${code}: ${field}: ${reason}. ${fix}`);
    this.code = code;
    this.fix = fix;
  }
}
