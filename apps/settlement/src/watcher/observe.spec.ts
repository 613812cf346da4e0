import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { numberToHex } from 'viem';
import { type Fact, idOf, streamOf, type WatchedRail } from './fact.js';
import { type Known, type Observation, observe, type Reading } from './observe.js';

const ADDRESS = `0x${'1'.repeat(40)}` as const;
const rail: WatchedRail = {
  rail: '1/USD',
  token: ADDRESS,
  ledger: ADDRESS,
  vault: ADDRESS,
  finality: 'finalized',
  fromBlock: 0n,
};

/** The chain has taken `fork` blocks back so far: another block of the same height has another hash. */
const hashAt = (block: bigint, fork: number) =>
  numberToHex(block * 1_000n + BigInt(fork), { size: 32 });

const deposit = (number: bigint, block: bigint, fork: number): Fact => ({
  kind: 'deposit',
  rail: rail.rail,
  number,
  index: 16,
  from: ADDRESS,
  amount: number * 10n,
  transaction: hashAt(block, fork),
  block,
  blockHash: hashAt(block, fork),
  blockTime: block,
  logIndex: 0,
});

/** What a watcher remembers, in memory. */
class Memory {
  private readonly facts = new Map<string, { fact: Fact; final: boolean }>();
  readonly told: Observation[] = [];

  turn(reading: Reading): readonly Fact[] {
    const outcome = observe(this.known(reading), reading, [rail]);
    for (const fact of outcome.drop) this.facts.delete(idOf(fact));
    for (const { fact, final } of outcome.keep) this.facts.set(idOf(fact), { fact, final });
    this.told.push(...outcome.observations);
    return outcome.held;
  }

  private known({ facts }: Reading): Known {
    const all = [...this.facts.values()];
    const ids = new Set(facts.map(idOf));
    const told = new Map<string, bigint>();
    for (const { fact, final } of all) {
      const last = told.get(streamOf(fact)) ?? 0n;
      if (final && fact.number > last) told.set(streamOf(fact), fact.number);
    }
    return {
      open: all.filter(({ final }) => !final).map(({ fact }) => fact),
      final: all.filter(({ fact, final }) => final && ids.has(idOf(fact))).map(({ fact }) => fact),
      told,
    };
  }

  of(type: 'Seen' | 'Retracted' | 'Final'): readonly Fact[] {
    return this.told.flatMap((each) => (each.type === type ? [each.fact] : []));
  }
}

const still: Reading = { ancestor: 10n, lost: 0n, facts: [], marks: {}, broken: [] };

describe('what a watcher tells', () => {
  it('tells nothing as final behind a number that is missing', () => {
    const memory = new Memory();
    const marks = { finalized: { number: 20n, hash: hashAt(20n, 0) } };
    expect(memory.turn({ ...still, facts: [deposit(2n, 12n, 0)], marks })).toHaveLength(1);
    expect(memory.of('Final')).toEqual([]);
    memory.turn({ ...still, ancestor: 12n, facts: [deposit(1n, 13n, 0)], marks });
    expect(memory.turn({ ...still, ancestor: 13n, marks })).toEqual([]);
    expect(memory.of('Final').map(({ number }) => number)).toEqual([1n, 2n]);
  });

  it('tells every deposit of the chain final once, in order, through any reorganisations above finality', () => {
    const step = fc.record({
      // Blocks taken back, blocks added, and which of the added hold a deposit.
      back: fc.nat(6),
      add: fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
        const memory = new Memory();
        let chain: { block: bigint; fork: number; has: boolean }[] = [];
        let final = 0n;
        const facts = (): Fact[] => {
          const holding = chain.filter(({ has }) => has);
          return holding.map(({ block, fork }, n) => deposit(BigInt(n + 1), block, fork));
        };
        for (const [fork, { back, add }] of steps.entries()) {
          const before = chain.length;
          // Finality holds in this property: nothing final is taken back.
          const kept = Math.max(Number(final), before - back);
          chain = chain.slice(0, kept);
          for (const has of add) chain.push({ block: BigInt(chain.length + 1), fork, has });
          const height = BigInt(Math.max(Number(final), chain.length - 6));
          final = height;
          const ancestor = BigInt(kept);
          const held = memory.turn({
            ancestor,
            lost: BigInt(before - kept),
            facts: facts().filter(({ block }) => block > ancestor),
            marks: { finalized: { number: height, hash: hashAt(height, fork) } },
            broken: [],
          });
          expect(held).toEqual([]);
          // At every moment: seen and not retracted is what the chain says.
          const retracted = memory.of('Retracted').map(({ blockHash }) => blockHash);
          const seen = memory.of('Seen').filter(({ blockHash }) => !retracted.includes(blockHash));
          expect(seen).toEqual(facts());
          expect(memory.of('Final')).toEqual(facts().filter(({ block }) => block <= height));
        }
      }),
      { numRuns: 100 },
    );
  });
});
