import { divFloor } from '../decimal.js';
import { HOUSE_INDEX } from './state.js';

/** A withdrawal that asks to be carried out; rail units. */
export interface AskedWithdrawal {
  readonly withdrawalId: string;
  readonly to: string;
  readonly amount: bigint;
}

/** A member's account on a rail before a leg. `target` is what the ledger says it should have, `asked` included. */
export interface RailMember {
  readonly index: number;
  readonly committed: bigint;
  readonly target: bigint;
  /** In order of id. */
  readonly asked: readonly AskedWithdrawal[];
}

export interface PlannedLeg {
  /** In order of index, zero-sum, none zero. */
  readonly entries: readonly (readonly [index: number, delta: bigint])[];
  /** In order of index, each index once. */
  readonly withdrawals: readonly (AskedWithdrawal & { readonly index: number })[];
  readonly houseDelta: bigint;
}

export interface LegLimits {
  readonly legEntries: number;
  readonly legWithdrawals: number;
}

/**
 * What one rail has to do so that every member has what the ledger says, or the part of it that the house can pay there: where
 * `house`, its committed balance, and what losers bring are less than all winnings, each winner gets
 * floor(winnings x available / all winnings), and the rest is due again at the next cut. Losers come first, so the house is never
 * below zero in between; withdrawals come last, each where its account's balance covers it by then.
 */
export function planLegs(
  house: bigint,
  members: readonly RailMember[],
  limits: LegLimits,
): PlannedLeg[] {
  const sorted = [...members].sort((a, b) => a.index - b.index);
  const deltas = deltasOf(house, sorted);
  const groups = chunks(deltas, limits.legEntries - 1);
  const withdrawals = grouped(covered(sorted, deltas), limits.legWithdrawals);
  // The last group of entries carries the first withdrawals: all deltas are applied by then.
  const before = Math.max(groups.length - 1, 0);
  return Array.from({ length: Math.max(groups.length, before + withdrawals.length) }, (_, i) =>
    leg(groups[i] ?? [], withdrawals[i - before] ?? []),
  );
}

type Delta = readonly [index: number, delta: bigint];

function deltasOf(house: bigint, members: readonly RailMember[]): Delta[] {
  const losers: Delta[] = [];
  const winners: Delta[] = [];
  let available = house;
  let wanted = 0n;
  for (const { index, committed, target } of members) {
    const delta = target - committed;
    if (delta < 0n) {
      losers.push([index, delta]);
      available -= delta;
    } else if (delta > 0n) {
      winners.push([index, delta]);
      wanted += delta;
    }
  }
  if (wanted <= available) return [...losers, ...winners];
  const cut = winners.map(([index, delta]): Delta => [index, divFloor(delta * available, wanted)]);
  return [...losers, ...cut.filter(([, delta]) => delta > 0n)];
}

/** Withdrawals the balance after the deltas covers, each account's in order of id. */
function covered(
  members: readonly RailMember[],
  deltas: readonly Delta[],
): PlannedLeg['withdrawals'][number][] {
  const moved = new Map(deltas);
  return members.flatMap(({ index, committed, asked }) => {
    let left = committed + (moved.get(index) ?? 0n);
    return asked.flatMap((withdrawal) => {
      if (withdrawal.amount > left) return [];
      left -= withdrawal.amount;
      return [{ ...withdrawal, index }];
    });
  });
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** Groups of at most `size` in which each index stands once: an account's second withdrawal waits for the next group. */
function grouped<T extends { readonly index: number }>(items: readonly T[], size: number): T[][] {
  const rounds: T[][] = [];
  const taken = new Map<number, number>();
  for (const item of items) {
    const round = taken.get(item.index) ?? 0;
    taken.set(item.index, round + 1);
    (rounds[round] ??= []).push(item);
  }
  return rounds.flatMap((round) => chunks(round, size));
}

function leg(members: readonly Delta[], withdrawals: PlannedLeg['withdrawals']): PlannedLeg {
  const houseDelta = -members.reduce((sum, [, delta]) => sum + delta, 0n);
  const entries: Delta[] = [...members].sort(([a], [b]) => a - b);
  if (houseDelta !== 0n) entries.unshift([HOUSE_INDEX, houseDelta]);
  return { entries, withdrawals, houseDelta };
}
