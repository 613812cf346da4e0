import { amount, flag, integer, list, object, oneOf, text, time } from './schema.js';
import type { Schema } from './schema.js';

const units = (description: string) => amount(`${description}, at the rail's scale.`);
const address = (description: string) => text(`${description}, 0x and 40 lower-case hex digits`);

/** Answers of the routes of settlement on chains. */
export const settlementSchemas = {
  Rail: object({
    rail: text('<chainId>/<asset>'),
    chainId: integer(),
    asset: text(),
    railScale: integer('Decimals that both the token and the asset have'),
    tokenDecimals: integer(),
    token: address('Token'),
    ledger: address('SettlementLedger'),
    vault: address('CollateralVault'),
    registry: address('OperatorRegistry'),
    custodian: text('The venue id of the chain watcher'),
    finality: oneOf('finalized', 'safe', 'latest'),
    treasury: address('Owner of index 0'),
    status: oneOf('proposed', 'approved', 'withdrawn'),
    proposer: text(),
    'approver?': text(),
    'fromWindow?': integer('In force from this window on'),
    frozen: flag('Finality was violated: withdrawals stand still'),
    seq: integer('Last leg that is due'),
    finalSeq: integer('Last leg that is final'),
  }),
  SettlementAccount: object({
    account: text('An account, or guarantee: the house itself'),
    'member?': text(),
    rail: text(),
    asset: text(),
    index: integer("Place in the contract's balances"),
    owner: address('Who may exit with it'),
    credited: units('Sum of its deposits'),
    committed: units('On the chain once every leg is final'),
    posted: units('On the chain by the legs that are final'),
    inFlight: units('Committed less posted'),
    dust: amount("Of its cash, what is below a unit of the rail, at the asset's scale."),
  }),
  SettlementLeg: object({
    rail: text(),
    seq: integer("The contract's sequence"),
    cycle: integer(),
    leg: integer('Its number in the cycle'),
    legs: integer('Legs of the cycle'),
    status: oneOf('due', 'final'),
    houseDelta: units("Change of the house's balance"),
    'digest?': text('EIP-712 digest of the batch'),
    'transaction?': text(),
    'block?': integer(),
    'blockHash?': text(),
    'blockTime?': time('Settlement finality is of this block'),
    entries: list(
      object({
        account: text(),
        index: integer(),
        amount: units('Change of its balance'),
        'withdrawalId?': text('Where a withdrawal takes it'),
        'to?': address('Paid'),
      }),
    ),
  }),
  Withdrawal: object({
    withdrawalId: text(),
    account: text(),
    asset: text(),
    amount: amount("Asked, at the asset's scale."),
    'destination?': text('Absent where it was erased'),
    'erased?': flag('True where the key of a personal field was destroyed'),
    status: oneOf(
      ...['pending', 'completed', 'rejected'],
      ...['reserved', 'settling', 'settled', 'released'],
    ),
    'to?': address('Paid'),
    'rail?': text(),
    'seq?': integer('The leg that carries it'),
    'cycle?': integer(),
    'code?': text('Why it was rejected or released'),
  }),
} as const satisfies Record<string, Schema>;
