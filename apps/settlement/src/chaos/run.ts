import { setTimeout as sleep } from 'node:timers/promises';
import { converged, findings, lastFindings } from './audit.js';
import { type Fault, faults, type Heal, longFaults } from './faults.js';
import { keyOf, MEMBERS } from './keys.js';
import { Random } from './random.js';
import { ChaosWorld } from './world.js';

export interface ChaosPlan {
  readonly seed: number;
  /** Batches after which no new fault strikes. */
  readonly batches: number;
  /** Names of faults; each strikes once, in an order the seed decides, and then again until there are enough batches. */
  readonly faults: readonly string[];
  /** Faults that strike before the house is left to come to rest and is audited. */
  readonly atOnce: number;
  readonly log: (line: string) => void;
}

export interface ChaosReport {
  readonly batches: number;
  readonly struck: Readonly<Record<string, number>>;
  /** Processes that ended, of all programs: by name, and how. */
  readonly ends: Readonly<Record<string, number>>;
  readonly deposits: number;
  readonly withdrawals: number;
  /** Withdrawals that were refused, for whatever reason, and of those as the rail was frozen. */
  readonly refused: number;
  readonly frozen: number;
  /** Forced exits that were asked of the contract. */
  readonly exits: number;
  readonly violations: number;
  readonly events: number;
  readonly seconds: number;
}

/** A house under fire. @throws Error with everything that does not hold, at the first fault after which something does not */
export async function chaosRun(plan: ChaosPlan): Promise<ChaosReport> {
  const started = performance.now();
  const random = new Random(plan.seed);
  const world = await ChaosWorld.start(random);
  const struck: Record<string, number> = {};
  try {
    plan.log(`up after ${seconds(started)} s`);
    await round(world, []);
    let queue = random.shuffled(plan.faults);
    const allStruck = (): boolean => plan.faults.every((fault) => fault in struck);
    while (!allStruck() || batchesOf(world) < plan.batches) {
      if (queue.length === 0) queue = random.shuffled(plan.faults);
      const together = queue.splice(0, plan.atOnce);
      const before = performance.now();
      await round(world, together);
      for (const fault of together) struck[fault] = (struck[fault] ?? 0) + 1;
      plan.log(`${batchesOf(world)} batches, ${seconds(before)} s: ${together.join(' + ')}`);
    }
    await everybodyLeaves(world);
    complain('at the end', await lastFindings(world));
    return reportOf(world, struck, seconds(started));
  } finally {
    await world.stop();
  }
}

/** Most cycles fed before the house is left to come to rest: faults beyond it strike into what is under way. */
const CYCLES = 2;

/** A cycle, and a fault into it, and again; until everything is settled; then every figure is compared. */
async function round(world: ChaosWorld, together: readonly string[]): Promise<void> {
  const { feed, random, chains } = world;
  const audited = new Map(chains.map(({ rail }) => [rail, world.journal.lastSeq(rail)]));
  const heals: Heal[] = [];
  for (const [n, fault] of together.entries()) {
    if (n < CYCLES) await feed.cycle();
    await moneyMoves(world);
    await sleep(random.below(1_200));
    const strike: Fault = (faults[fault] ?? longFaults[fault])!;
    const heal = await strike(world);
    if (heal !== undefined) heals.push(heal);
  }
  await converged(world);
  complain(`after ${together.join(' + ')}`, await findings(world, audited));
  await resume(world);
  for (const heal of heals) await heal();
}

/** Cycles a forced exit may take until nothing is left of it: to be heard, to be paid, and one more. */
const LAST_CYCLES = 5;

/** Who asked the contract for its money has it, or the house has said why not. */
async function everybodyLeaves(world: ChaosWorld): Promise<void> {
  const { feed } = world;
  for (let n = 0; n < LAST_CYCLES && (await feed.leaving()).length > 0; n += 1) {
    await feed.cycle();
    await converged(world);
  }
  complain('forced exits not served', await feed.leaving());
}

async function moneyMoves({ feed, random, ...world }: ChaosWorld): Promise<void> {
  if (feed.accounts.length < MEMBERS / 2 && random.chance(0.2)) await feed.openAccount();
  await feed.bringNew();
  if (random.chance(0.6)) await feed.deposit();
  if (random.chance(0.6)) await feed.withdraw(random.pick(world.chains));
  if (random.chance(0.5)) await feed.claim();
  if (random.chance(0.3)) await feed.leave();
}

/** Of a frozen rail nobody gets money back, until the risk officer says so. */
async function resume({ feed, journal, chains, door }: ChaosWorld): Promise<void> {
  for (const chain of chains) {
    const { rail } = chain;
    if (journal.state.rails.rails.get(rail)?.frozen !== true) continue;
    const code = await feed.withdraw(chain);
    if (code?.includes('RAIL_FROZEN') !== true) {
      throw new Error(`a withdrawal of ${rail}, which is frozen, was answered ${code}`);
    }
    feed.asked.frozen += 1;
    const body = { rail, reason: 'the chain was looked at' };
    await door.must('resume-rail', `resume-${rail}-${journal.size}`, body, keyOf('risk'));
  }
}

function complain(when: string, found: readonly string[]): void {
  if (found.length > 0) throw new Error(`${when}:\n  ${found.join('\n  ')}`);
}

const seconds = (since: number): number => Math.round((performance.now() - since) / 100) / 10;

const batchesOf = ({ journal, chains }: ChaosWorld): number =>
  chains.reduce((sum, { rail }) => sum + journal.finalSeq(rail), 0);

function reportOf(
  world: ChaosWorld,
  struck: Readonly<Record<string, number>>,
  took: number,
): ChaosReport {
  const { feed, journal } = world;
  const ends: Record<string, number> = {};
  const programs = [world.clearing, world.service, ...world.seconds];
  for (const { spec, ends: own } of [...programs, ...world.coSigners.map((c) => c.program)]) {
    for (const how of own) {
      const key = `${spec.name.replace(/ \d$/, '')}: ${how}`;
      ends[key] = (ends[key] ?? 0) + 1;
    }
  }
  const { deposits, withdrawals, refused, frozen, exits } = feed.asked;
  return {
    ...{ batches: batchesOf(world), struck, ends, deposits, withdrawals, refused, frozen, exits },
    violations: journal.count('FinalityViolated'),
    events: journal.size,
    seconds: took,
  };
}

/** Says with a failure how to see it again. */
export const failedWith =
  (seed: number, batches: number) =>
  (error: unknown): never => {
    const settings = `NOVATE_SOAK_SEED=${seed} NOVATE_SOAK_BATCHES=${batches}`;
    const again = `${settings} npm run soak -- settlement/src/chaos`;
    throw new Error(`${String(error)}\nseed ${seed}; again: ${again}`, { cause: error });
  };
