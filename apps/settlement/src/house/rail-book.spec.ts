import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RailTerms } from '#events';
import type { Hex } from 'viem';
import { type BalanceLeaf, BalanceTree, verifyBalanceProof } from '../tree/index.js';
import { naiveRoot } from '../tree/testing/naive-tree.js';
import { KEPT_LEGS, RailBook } from './rail-book.js';

const TREASURY: Hex = `0x${'aa'.repeat(20)}`;
const terms: RailTerms = {
  rail: '1/USDT',
  chainId: 1,
  asset: 'USDT',
  railScale: 6,
  tokenDecimals: 6,
  token: `0x${'01'.repeat(20)}`,
  ledger: `0x${'02'.repeat(20)}`,
  vault: `0x${'03'.repeat(20)}`,
  registry: `0x${'04'.repeat(20)}`,
  custodian: 'chain-1',
  finality: 'finalized',
  treasury: TREASURY,
};
const UNIT = 100n;
const ownerOf = (index: number): Hex => `0x${index.toString(16).padStart(40, '0')}`;

function chain(number: number) {
  const hash = `0x${'00'.repeat(32)}`;
  return { rail: terms.rail, number, transaction: hash, block: 1, blockHash: hash, logIndex: 0 };
}

type Step =
  | { readonly do: 'open' }
  | { readonly do: 'deposit'; readonly who: number; readonly amount: number }
  | { readonly do: 'leg'; readonly who: number; readonly part: number; readonly pay: boolean }
  | { readonly do: 'final'; readonly behind: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('open' as const) }),
    fc.record({
      do: fc.constant('deposit' as const),
      who: fc.nat(20),
      amount: fc.integer({ min: 1, max: 1e6 }),
    }),
    fc.record({
      do: fc.constant('leg' as const),
      who: fc.nat(20),
      part: fc.integer({ min: 1, max: 3 }),
      pay: fc.boolean(),
    }),
    fc.record({ do: fc.constant('final' as const), behind: fc.nat(3) }),
  ),
  { maxLength: 25 },
);

/** Whole snapshots of the leaves at every leg, and nothing clever. */
class NaiveBook {
  readonly held = new Map<number, { balance: bigint; credited: bigint }>([
    [0, { balance: 0n, credited: 0n }],
  ]);
  readonly legs: Map<number, BalanceLeaf>[] = [];

  leg(): Map<number, BalanceLeaf> {
    const leaves = [...this.held].map(([index, { balance, credited }]) => {
      const owner = index === 0 ? TREASURY : ownerOf(index);
      return [index, { index, owner, balance: balance < 0n ? 0n : balance, credited }] as const;
    });
    this.legs.push(new Map(leaves));
    return this.legs.at(-1)!;
  }
}

const newTree = await BalanceTree.opener();

describe('a rail’s balances', () => {
  it('has the roots and proofs that whole snapshots have, at every leg, final or not', () => {
    fc.assert(
      fc.property(steps, (plan) => {
        const book = new RailBook(terms, UNIT, newTree());
        const naive = new NaiveBook();
        let deposits = 0;
        let final = 0;
        for (const step of plan) {
          const who = 16 + ('who' in step ? step.who % Math.max(1, naive.held.size - 1) : 0);
          const held = naive.held.get(who);
          if (step.do === 'open') {
            const index = 15 + naive.held.size;
            book.open(`A${index}`, index, ownerOf(index));
            naive.held.set(index, { balance: 0n, credited: 0n });
          } else if (step.do === 'deposit' && held) {
            deposits += 1;
            const amount = BigInt(step.amount);
            const made = book.deposit(`A${who}`, amount * UNIT, chain(deposits), 7);
            expect(made).toEqual({ ...chain(deposits), position: 7, index: who, amount });
            held.balance += amount;
            held.credited += amount;
          } else if (step.do === 'leg' && held) {
            const delta = step.pay ? -held.balance / BigInt(step.part) : BigInt(step.part);
            held.balance += delta;
            naive.held.get(0)!.balance -= delta;
            const amount = held.balance / 2n;
            held.balance -= amount;
            const leaves = naive.leg();
            const root = book.post({
              cycle: 1,
              rail: terms.rail,
              seq: naive.legs.length,
              leg: 1,
              legs: 1,
              entries: [
                [0, `${-delta}`],
                [who, `${delta}`],
              ],
              withdrawals: [{ withdrawalId: 'W', index: who, to: TREASURY, amount: `${amount}` }],
              houseDelta: `${-delta}`,
            });
            expect(root).toBe(naiveRoot([...leaves.values()]));
          } else if (step.do === 'final' && naive.legs.length - step.behind > final) {
            final = naive.legs.length - step.behind;
            book.finalized(final);
          }
        }
        naive.legs.forEach((leaves, i) => {
          const seq = i + 1;
          for (const index of naive.held.keys()) {
            const proof = book.prove(index, seq);
            const leaf = leaves.get(index);
            if (leaf === undefined) expect(proof).toBeUndefined();
            else {
              const { path, ...said } = proof!;
              const root = naiveRoot([...leaves.values()]);
              expect(said).toEqual({ rail: terms.rail, seq, ...leaf, root });
              expect(verifyBalanceProof(root, leaf, path)).toBe(true);
            }
          }
        });
      }),
      { numRuns: 40 },
    );
  });

  it('leaves legs behind that were final a hundred legs ago', () => {
    const book = new RailBook(terms, UNIT, newTree());
    const leg = { ...legOf([]), leg: 1 };
    for (let seq = 1; seq <= KEPT_LEGS + 2; seq += 1) book.post({ ...leg, seq });
    book.finalized(KEPT_LEGS + 1);
    expect(book.prove(0, 1)).toBeUndefined();
    expect(book.prove(0, 2)).toMatchObject({ seq: 2, balance: 0n });
    expect(book.finalSeq).toBe(KEPT_LEGS + 1);
  });

  it('credits the guarantee to the house, and shows what the house owes as nothing', () => {
    const book = new RailBook(terms, UNIT, newTree());
    book.open('A', 16, ownerOf(16));
    book.deposit('guarantee', 500n, chain(1), 0);
    const leg = { cycle: 1, rail: terms.rail, leg: 1, legs: 1, withdrawals: [] };
    const entries = [
      [0, '-9'],
      [16, '9'],
    ] as const;
    book.post({ ...leg, seq: 1, entries, houseDelta: '-9' });
    expect(book.prove(0, 1)).toMatchObject({ owner: TREASURY, balance: 0n, credited: 5n });
    expect(book.prove(16, 1)).toMatchObject({ balance: 9n, credited: 0n });
  });

  it.each([
    [
      'a deposit to an account that is not there',
      (b: RailBook) => b.deposit('B', 100n, chain(1), 0),
    ],
    ['a deposit of part of a unit', (b: RailBook) => b.deposit('A', 150n, chain(1), 0)],
    [
      'a leg that takes more than there is',
      (b: RailBook) =>
        b.post(
          legOf([
            [0, '1'],
            [16, '-1'],
          ]),
        ),
    ],
    ['a leg of an index that is not there', (b: RailBook) => b.post(legOf([[17, '1']]))],
  ])('refuses %s', (_what, act) => {
    const book = new RailBook(terms, UNIT, newTree());
    book.open('A', 16, ownerOf(16));
    expect(() => act(book)).toThrow('1/USDT');
  });
});

function legOf(entries: readonly (readonly [number, string])[]) {
  const leg = { cycle: 1, rail: terms.rail, seq: 1, leg: 1, legs: 1, withdrawals: [] };
  return { ...leg, entries, houseDelta: '0' };
}
