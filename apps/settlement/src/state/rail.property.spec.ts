import { describe, expect, it } from '@jest/globals';
import type { RailEvent } from './index.js';
import { FINAL_DEPTH } from './testing/fake-chain.js';
import { randomLegs, seeded, World } from './testing/world.js';

const SEEDS = Number(process.env['FC_RUNS'] ?? 600);
const FIRST_SEED = Number(process.env['FC_SEED'] ?? 1);
const LEGS = 4;
const FAULTY_STEPS = 300;
const CALM_STEPS = 600;

/** Faults first: everything late, lost, twice, and blocks taken back; then calm until everything is reconciled. */
function live(seed: number): World {
  const random = seeded(seed);
  const world = new World(random, randomLegs(random, LEGS));
  world.legs.forEach((_, i) => world.submitters[0].take({ kind: 'leg', seq: i + 1 }));
  for (let step = 0; step < FAULTY_STEPS; step++) faultyStep(world);
  world.isFaulty = false;
  for (let step = 0; step < CALM_STEPS && !isDone(world); step++) calmStep(world);
  return world;
}

function faultyStep(world: World): void {
  const submitter = world.submitters[world.chance(0.5) ? 0 : 1];
  const what = world.random();
  if (what < 0.3) world.mine();
  else if (what < 0.5) world.observe(submitter);
  else if (what < 0.8) {
    world.makePlan(submitter);
    world.act(submitter);
  } else if (what < 0.9) world.act(submitter);
  else if (what < 0.92) submitter.crash();
  else if (what < 0.95) resume(submitter);
  else world.reorg();
}

function resume(submitter: World['submitters'][0]): void {
  for (const { seq, status } of submitter.rail.batches) {
    if (status === 'HALTED') submitter.take({ kind: 'resume', seq, by: 'operator' });
  }
}

function calmStep(world: World): void {
  world.chain.mine(5);
  for (const submitter of world.submitters) {
    world.observe(submitter);
    resume(submitter);
    world.makePlan(submitter);
    while (submitter.plan.length > 0) world.act(submitter);
  }
}

function isDone({ log, submitters, legs }: World): boolean {
  submitters[0].catchUp();
  const { batches, violations } = submitters[0].rail;
  const isReconciled = batches.every(({ status }) => status === 'RECONCILED');
  return (
    isReconciled &&
    violations.length === 0 &&
    batches.length === legs.length &&
    log.events.length > 0
  );
}

const count = (events: readonly RailEvent[], type: RailEvent['type']): number =>
  events.filter((event) => event.type === type).length;

function check(world: World): void {
  expect(isDone(world)).toBe(true);
  const { chain, legs, log, handed, breaches } = world;
  expect(breaches).toEqual([]);
  expect(chain.applied.map(({ seq }) => seq)).toEqual(legs.map((_, i) => i + 1));
  const expected = new Map<number, bigint>();
  for (const [index, delta] of legs.flat()) {
    expected.set(index, (expected.get(index) ?? 0n) + delta);
  }
  expect(chain.latest.balances).toEqual(expected);
  expect([...chain.latest.balances.values()].reduce((sum, each) => sum + each, 0n)).toBe(0n);
  expect(handed.map(({ seq }) => seq)).toEqual(legs.map((_, i) => i + 1));
  expect(
    log.events.some((event) => event.type === 'BatchHalted' && event.code === 'FOREIGN_BATCH'),
  ).toBe(false);
  expect(count(log.events, 'LegHanded')).toBe(legs.length);
  const losses = count(log.events, 'FinalityLost');
  if (chain.deepest < FINAL_DEPTH) expect(losses).toBe(0);
  expect(world.reported).toBeGreaterThanOrEqual(losses);
}

describe('the batches of a rail against a chain that takes blocks back', () => {
  it(`applies every batch once, over ${SEEDS} seeds`, () => {
    const seen = new Map<string, number>();
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      const world = live(seed);
      try {
        check(world);
      } catch (error) {
        throw new Error(`FC_SEED=${seed} FC_RUNS=1: ${String(error)}`, { cause: error });
      }
      for (const { type } of world.log.events) seen.set(type, (seen.get(type) ?? 0) + 1);
    }
    // The faults happened: no seed count should pass that never met them.
    const faults = ['BatchReorged', 'BatchExpired', 'FinalityLost', 'BatchDisputed', 'BatchHalted'];
    if (SEEDS >= 100) expect(faults.filter((type) => !seen.has(type))).toEqual([]);
  }, 120_000);
});
