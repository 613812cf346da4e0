import type { RowSpec } from './statistics.js';

const perAccount = { unit: 'accounts/s' };

export const riskRows = {
  kernel: {
    ...perAccount,
    id: 'risk.kernel-vs-ts',
    name: 'Grid of 32 scenarios over 1,000,000 accounts of 10 positions',
    against: 'the same loop in plain TypeScript over typed arrays',
    goal: 5,
  },
  account: {
    ...perAccount,
    id: 'risk.account-vs-ts',
    name: 'One account of 20 positions, 3,000 weighted scenarios, expected shortfall',
    against: 'the same algorithm in plain TypeScript over typed arrays',
    goal: 3,
  },
  incremental: {
    ...perAccount,
    id: 'risk.incremental-vs-full',
    name: 'One leg added to that account, expected shortfall',
    against: 'the full account in the kernel',
    goal: 2.5,
  },
  black76: {
    id: 'risk.black76-vs-quantlib',
    name: 'Black-76 in batches of 100,000 options',
    unit: 'prices/s',
    against: 'blackFormula of npm @quantlib/ql, option by option',
    goal: 5,
  },
  python: {
    id: 'risk.black76-vs-python',
    name: 'Black-76 in batches of 100,000 options',
    unit: 'prices/s',
    against: 'blackFormula of PyPI QuantLib, option by option in Python',
    goal: 5,
  },
  memory: {
    id: 'risk.memory',
    name: 'Arrays of 2,000 instruments x 3,000 scenarios in memory',
    unit: 'bytes',
    against: 'at most 50 MB',
    goal: 1,
  },
  linear: {
    ...perAccount,
    id: 'risk.accounts-linear',
    name: '100,000 accounts of 20 positions, 3,000 weighted scenarios, 2,000 instruments',
    against: 'the rate at 25,000 accounts: cost is linear in accounts',
    goal: 0.9,
  },
} satisfies Record<string, RowSpec>;
