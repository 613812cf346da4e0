import type { Hash } from 'viem';
import type { BlockTag } from '../chain/index.js';
import { type Fact, idOf, inChainOrder, streamOf, substance, type WatchedRail } from './fact.js';

/** A height, and the block there. */
export interface Mark {
  readonly number: bigint;
  readonly hash: Hash;
}

/** By tag: the highest block that was ever called so. */
export type Marks = Readonly<Partial<Record<BlockTag, Mark>>>;

export type Observation =
  /** The chain took blocks back, down to `ancestor`. */
  | { readonly type: 'Reorganised'; readonly ancestor: bigint; readonly lost: bigint }
  /** In a block, not yet final: nothing may rest on it. */
  | { readonly type: 'Seen'; readonly fact: Fact }
  /** What was seen is not in the chain any more, or in another block of it. */
  | { readonly type: 'Retracted'; readonly fact: Fact }
  /** Final by its rail's rule; told once, in the order of its number. */
  | { readonly type: 'Final'; readonly fact: Fact }
  /** The chain took back what it had called final. `is` is zero where it has no block of that height (yet). */
  | {
      readonly type: 'FinalityViolated';
      readonly rail: string;
      readonly block: bigint;
      readonly was: Hash;
      readonly is: Hash;
    }
  /** What was final once is said otherwise now. It is not told as final again; a human has to look. */
  | { readonly type: 'Contradicted'; readonly was: Fact; readonly is: Fact };

/** What is known of the chain's facts. */
export interface Known {
  /** Seen, not final. */
  readonly open: readonly Fact[];
  /** Final, as far as `Reading.facts` says something of the same id. */
  readonly final: readonly Fact[];
  /** By stream: the number last told as final. */
  readonly told: ReadonlyMap<string, bigint>;
}

/** What the providers agreed on this time. */
export interface Reading {
  /** The last block that is as it was; above it everything was read again. */
  readonly ancestor: bigint;
  /** Blocks above the ancestor that are gone. */
  readonly lost: bigint;
  /** What is said above the ancestor, or anywhere of a rail that is new. */
  readonly facts: readonly Fact[];
  readonly marks: Marks;
  /** Marks of before that are not in the chain any more, and what is there now. */
  readonly broken: readonly { readonly tag: BlockTag; readonly was: Mark; readonly is: Hash }[];
}

/** What follows: told, and remembered. */
export interface Outcome {
  readonly observations: readonly Observation[];
  /** Facts to remember as they are now, by id. */
  readonly keep: readonly { readonly fact: Fact; readonly final: boolean }[];
  /** Facts to forget. */
  readonly drop: readonly Fact[];
  /** Final by height but behind a number that is missing, which is told to nobody. */
  readonly held: readonly Fact[];
}

/** Compares what is known with what the chain says now. */
export function observe(known: Known, reading: Reading, rails: readonly WatchedRail[]): Outcome {
  const retracted = known.open.filter(({ block }) => block > reading.ancestor);
  const before = new Map(known.final.map((fact) => [idOf(fact), fact]));
  const there = new Set(known.open.filter((fact) => !retracted.includes(fact)).map(idOf));
  const fresh: Fact[] = [];
  const moved: Fact[] = [];
  const contradictions: Observation[] = [];
  for (const fact of [...reading.facts].sort(inChainOrder)) {
    const was = before.get(idOf(fact));
    if (was === undefined) {
      if (!there.has(idOf(fact))) fresh.push(fact);
      there.add(idOf(fact));
    } else if (substance(was) === substance(fact)) moved.push(fact);
    else contradictions.push({ type: 'Contradicted', was, is: fact });
  }
  const open = [...known.open.filter((fact) => !retracted.includes(fact)), ...fresh];
  const { final, held } = becomeFinal(open, known.told, reading.marks, rails);
  const isFinal = new Set(final);
  return {
    observations: [
      ...(reading.lost > 0n
        ? [{ type: 'Reorganised' as const, ancestor: reading.ancestor, lost: reading.lost }]
        : []),
      ...violations(reading, rails),
      ...retracted.map((fact) => ({ type: 'Retracted' as const, fact })),
      ...fresh.map((fact) => ({ type: 'Seen' as const, fact })),
      ...contradictions,
      ...final.map((fact) => ({ type: 'Final' as const, fact })),
    ],
    keep: [
      ...fresh.filter((fact) => !isFinal.has(fact)).map((fact) => ({ fact, final: false })),
      ...[...moved, ...final].map((fact) => ({ fact, final: true })),
    ],
    drop: retracted,
    held,
  };
}

function violations({ broken }: Reading, rails: readonly WatchedRail[]): readonly Observation[] {
  return rails.flatMap(({ rail, finality }) =>
    broken
      .filter(({ tag }) => tag === finality)
      .map(({ was, is }) => ({
        type: 'FinalityViolated' as const,
        rail,
        block: was.number,
        was: was.hash,
        is,
      })),
  );
}

/** Facts at or below their rail's final height, in the order of their numbers and without a hole. */
function becomeFinal(
  open: readonly Fact[],
  told: ReadonlyMap<string, bigint>,
  marks: Marks,
  rails: readonly WatchedRail[],
): { final: readonly Fact[]; held: readonly Fact[] } {
  const heights = new Map(rails.map(({ rail, finality }) => [rail, marks[finality]?.number]));
  const last = new Map(told);
  const final: Fact[] = [];
  const held: Fact[] = [];
  for (const fact of [...open].sort(inChainOrder)) {
    const height = heights.get(fact.rail);
    if (height === undefined || fact.block > height) continue;
    if (fact.number === (last.get(streamOf(fact)) ?? 0n) + 1n) {
      last.set(streamOf(fact), fact.number);
      final.push(fact);
    } else held.push(fact);
  }
  return { final, held };
}
