/**
 * The closed list of settlement's reason codes, range 8xxx; docs/errors.md holds those of the ledger, 1xxx to 7xxx. A code
 * never changes its meaning and is never reused. 80xx the batch and its bytes, 86xx what a co-signer refuses. `fix` is
 * what mends it.
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
} as const satisfies Record<string, readonly [number, string]>;

export type SettlementCode = keyof typeof settlementCodes;

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
    const [number, fix] = settlementCodes[name];
    super(`${number}_${name}: ${field}: ${reason}. ${fix}`);
    this.code = `${number}_${name}`;
    this.fix = fix;
  }
}
