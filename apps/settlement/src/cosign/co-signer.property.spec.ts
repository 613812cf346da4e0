import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CoSigner } from './co-signer.js';
import { fakeParts, legOf, MemoryStore, requestFor } from './testing/parts.js';

/** What happens to a co-signer; seconds are of block time. */
type Step =
  | { readonly do: 'ask'; readonly ahead: number; readonly dies: boolean }
  | { readonly do: 'blocks'; readonly seconds: number }
  | { readonly do: 'finality'; readonly seconds: number }
  | { readonly do: 'lose the database' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      ahead: fc.integer({ min: 1, max: 900 }),
      dies: fc.constantFrom(true, false, false),
    }),
  },
  {
    weight: 16,
    arbitrary: fc.record({
      do: fc.constantFrom('blocks' as const, 'finality' as const),
      seconds: fc.integer({ min: 100, max: 2_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose the database' as const) }) },
);

it('never gives two signatures of one seq that could both settle, killed, restarted or robbed of its database', async () => {
  let second = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 60 }), async (steps) => {
      const { parts, chain } = fakeParts();
      const given = new Map<string, bigint>();
      let store = new MemoryStore();
      let dies = false;
      const beforeSigning = (): void => {
        if (dies) throw new Error('killed');
      };
      // Every request finds a process that has just started.
      const start = (): CoSigner => new CoSigner({ ...parts, store, newKey: false, beforeSigning });
      chain.operator = false;
      await start().begin();
      chain.operator = true;
      for (const each of steps) {
        if (each.do === 'blocks') {
          chain.newest = { ...chain.newest, time: chain.newest.time + BigInt(each.seconds) };
        } else if (each.do === 'finality') {
          const time = chain.finality.time + BigInt(each.seconds);
          const { time: newest } = chain.newest;
          chain.finality = { ...chain.finality, time: time < newest ? time : newest };
        } else if (each.do === 'lose the database') store = new MemoryStore();
        else if (each.do === 'ask') {
          dies = each.dies;
          const deadline = chain.newest.time + BigInt(each.ahead);
          const answer = await start()
            .batch(requestFor(legOf(), { deadline }))
            .catch(() => undefined);
          if (answer === undefined) continue;
          // Whatever was signed before is past its deadline on final blocks.
          for (const [digest, until] of given) {
            if (digest !== answer.digest) expect(until).toBeLessThan(chain.finality.time);
          }
          given.set(answer.digest, deadline);
        }
      }
      if (given.size > 1) second += 1;
    }),
    { numRuns: 100, seed: 20261126 },
  );
  // The runs were not idle: in many a second digest was signed, after the first was dead.
  expect(second).toBeGreaterThan(20);
});
