import { currentKernel, type RiskKernel, type ScenarioArray, type ScenarioSet } from '#risk';
import { ALPHA, POSITIONS, randomArrays, randomLegs, randomSet, SCENARIOS } from './risk-load.js';
import { plainLosses, PlainShortfall } from './risk-plain.js';
import { riskRows } from './risk-rows.js';
import { interleave, rateOf, rowOf, type BenchRow, type SampleHook } from './statistics.js';

/** One account after another over as many instruments as one venue lists on one underlying. */
const INSTRUMENTS = 40;
const ACCOUNTS = 2_000;

/** A book as the kernel takes it, and as plain TypeScript does: same arrays, same order. */
interface Account {
  readonly arrays: readonly ScenarioArray[];
  readonly values: readonly Float64Array[];
  readonly quantities: Float64Array;
}

export async function benchAccounts(samples: number, onSample: SampleHook): Promise<BenchRow[]> {
  const kernel = currentKernel();
  const set = randomSet(kernel);
  const accounts = randomAccounts(randomArrays(kernel, set, INSTRUMENTS));
  const plain = plainly(set);
  const [extra] = randomArrays(kernel, set, 1);
  const [first] = accounts;
  if (extra === undefined || first === undefined) throw new RangeError('no account to measure');
  if (full(kernel, set, first) !== plain(first)) throw new Error('the two do not agree');
  const before = accounts.slice(0, 64).map((each) => kernel.losses(each.arrays, each.quantities));
  const added = (a: number): number => {
    const losses = kernel.addLeg(before[a % before.length] ?? extra, extra, a);
    const { value } = kernel.shortfall(losses, set, ALPHA);
    losses.release();
    return value;
  };
  const rates = await interleave(
    {
      kernel: () => rateOf(ACCOUNTS, () => accounts.forEach((each) => full(kernel, set, each))),
      typescript: () => rateOf(ACCOUNTS, () => accounts.forEach((each) => plain(each))),
      incremental: () => rateOf(ACCOUNTS, () => accounts.forEach((_, a) => added(a))),
    },
    samples,
    onSample,
  );
  return [
    rowOf(riskRows.account, rates.kernel, rates.typescript),
    rowOf(riskRows.incremental, rates.incremental, rates.kernel),
  ];
}

function randomAccounts(arrays: readonly ScenarioArray[]): Account[] {
  const values = arrays.map((each) => each.values());
  const legs = randomLegs(ACCOUNTS, POSITIONS, arrays.length);
  return Array.from({ length: ACCOUNTS }, (_, a) => {
    const [from, to] = [a * POSITIONS, (a + 1) * POSITIONS];
    const held = [...legs.instruments.subarray(from, to)];
    return {
      arrays: held.flatMap((i) => arrays.slice(i, i + 1)),
      values: held.flatMap((i) => values.slice(i, i + 1)),
      quantities: legs.quantities.slice(from, to),
    };
  });
}

function full(kernel: RiskKernel, set: ScenarioSet, { arrays, quantities }: Account): number {
  const losses = kernel.losses(arrays, quantities);
  const { value } = kernel.shortfall(losses, set, ALPHA);
  losses.release();
  return value;
}

function plainly(set: ScenarioSet): (account: Account) => number {
  const losses = new Float64Array(SCENARIOS);
  const shortfall = new PlainShortfall(set.weights());
  return ({ values, quantities }) => {
    plainLosses(values, quantities, losses);
    return shortfall.of(losses, ALPHA);
  };
}
