import type { RowSpec } from './statistics.js';

export const settlementRows = {
  gas: {
    id: 'settlement.gas-vs-erc20',
    name: 'Gas of a settled account: warm, 200 to a batch, three signatures',
    unit: 'gas',
    against: 'an ERC-20 transfer to an existing holder, on the same node',
    goal: 0.12,
    better: 'lower',
  },
  changed: {
    id: 'settlement.merkle-vs-oz',
    name: 'Balance root after 200 of 100,000 accounts changed',
    unit: 'accounts/s',
    against: 'StandardMerkleTree of @openzeppelin/merkle-tree, which has to be built anew',
    goal: 500,
  },
  built: {
    id: 'settlement.merkle-root-vs-oz',
    name: 'Balance root of 100,000 accounts from nothing',
    unit: 'accounts/s',
    against: 'StandardMerkleTree of @openzeppelin/merkle-tree',
    goal: 10,
  },
} satisfies Record<string, RowSpec>;
