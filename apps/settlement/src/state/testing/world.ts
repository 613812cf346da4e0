import type { Hex } from 'viem';
import {
  type ChainView,
  type Effect,
  initialRail,
  next,
  railDecider,
  type RailEvent,
  type RailInput,
  type RailState,
  type Sealing,
  watched,
} from '../index.js';
import { FakeCosigner } from './cosigners.js';
import { FakeChain, type FakeBatch, fakeHash, FINAL_DEPTH, isDead } from './fake-chain.js';

export type Random = () => number;
type Leg = FakeBatch['deltas'];

const POLICY = { finality: 'finalized' } as const;
const OPERATORS = 3;
const THRESHOLD = 2;
const MEMBERS = 5;
const PLANS = 4;

/** Mulberry32 (T. Ettinger, public domain). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The rail's event log, shared by all submitters: an append on an old version fails. */
class SharedLog {
  readonly events: RailEvent[] = [];
  append(version: number, events: readonly RailEvent[]): boolean {
    if (version !== this.events.length) return false;
    this.events.push(...events);
    return true;
  }
}

/** A submitter: what it believes, which may be old, and what it means to do, which may be older. */
class Submitter {
  #version = 0;
  rail: RailState = initialRail;
  plan: Effect[] = [];

  constructor(readonly log: SharedLog) {}

  catchUp(): void {
    for (const event of this.log.events.slice(this.#version)) {
      this.rail = railDecider.evolve(this.rail, event);
    }
    this.#version = this.log.events.length;
  }

  /** Records what an input means; on a conflict it reads what the other wrote and decides again. */
  take(input: RailInput): void {
    for (;;) {
      const events = railDecider.decide(this.rail, input, POLICY);
      const isAppended = this.log.append(this.#version, events);
      this.catchUp();
      if (isAppended) return;
    }
  }

  crash(): void {
    this.#version = 0;
    this.rail = initialRail;
    this.plan = [];
    this.catchUp();
  }
}

/** Two submitters that nothing keeps apart, three co-signers, one chain, and a house that counts what it is told. */
export class World {
  readonly chain = new FakeChain();
  readonly log = new SharedLog();
  readonly submitters = [new Submitter(this.log), new Submitter(this.log)] as const;
  readonly handed: { seq: number; digest: Hex }[] = [];
  reported = 0;
  /** What should not have been done, as the chain stood; empty while nothing final was taken back. */
  readonly breaches: string[] = [];
  isFaulty = true;
  readonly #cosigners: readonly FakeCosigner[];
  readonly #batches = new Map<Hex, FakeBatch>();
  readonly #signatures = new Map<Hex, Set<Hex>>();

  constructor(
    readonly random: Random,
    readonly legs: readonly Leg[],
  ) {
    this.#cosigners = Array.from({ length: OPERATORS }, (_, i) => {
      return new FakeCosigner(`0x${String(i + 1).repeat(40)}`, this.chain);
    });
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  observe(submitter: Submitter): void {
    const lag =
      this.isFaulty && this.chance(0.3) ? Math.floor(this.random() * 1.5 * FINAL_DEPTH) : 0;
    const view: ChainView = this.chain.view(watched(submitter.rail), lag);
    submitter.take({ kind: 'observed', view });
  }

  mine(): void {
    const seconds = 1 + Math.floor(this.random() * 12);
    this.chain.mine(seconds, () => this.chance(0.3));
  }

  /** One in thirty goes past what is final. */
  reorg(): void {
    const beyond = this.chance(1 / 30) ? FINAL_DEPTH : 0;
    const depth = beyond + 1 + Math.floor(this.random() * (FINAL_DEPTH - 1));
    this.chain.reorg(depth, this.chance(0.5));
  }

  makePlan(submitter: Submitter): void {
    const blockTime = this.chain.latest.time;
    const plan = next(submitter.rail, { blockTime, gateOpen: () => true });
    // What it meant to do before is mostly still there: old plans are carried out after new ones.
    submitter.plan = [...plan, ...submitter.plan].slice(0, PLANS);
  }

  /** Does one thing of a plan, perhaps long after it was made. */
  act(submitter: Submitter): void {
    const at = Math.floor(this.random() * submitter.plan.length);
    const [effect] = submitter.plan.splice(at, 1);
    if (effect !== undefined) this.#do(submitter, effect);
  }

  #do(submitter: Submitter, effect: Effect): void {
    switch (effect.do) {
      case 'seal':
        return this.#seal(submitter, effect.seq, effect.prevHash);
      case 'ask':
        return this.#ask(submitter, effect.seq, effect.digest);
      case 'submit':
        return this.#submit(submitter, effect.seq, effect.digest);
      case 'hand': {
        const { seq, digest } = effect;
        const { finalized } = this.chain.view([seq]);
        this.#must(finalized.hashes.get(seq) === digest, `handed ${seq}, which is not final`);
        // The house takes a leg as final once; the answer may be lost, and then it is told again.
        if (!this.handed.some((each) => each.seq === seq)) this.handed.push({ seq, digest });
        if (!this.#isLost()) submitter.take({ kind: 'handed', seq });
        return;
      }
      case 'compare':
        return submitter.take({ kind: 'compared', seq: effect.seq });
      case 'report':
        this.reported += 1;
        return submitter.take({ kind: 'reported', seq: effect.seq });
      case 'alarm':
        return;
    }
  }

  #seal(submitter: Submitter, seq: number, prevHash: Hex): void {
    const deadline =
      this.chain.latest.time + (this.chance(0.3) ? 20 : 100) + Math.floor(this.random() * 100);
    const digest = fakeHash(seq, prevHash, deadline);
    const deltas = this.legs[seq - 1]!;
    const signers = this.#signatures.get(digest) ?? new Set();
    this.#signatures.set(digest, signers);
    this.#batches.set(digest, { seq, prevHash, deadline, deltas, digest, signers });
    const sealing: Sealing = {
      digest,
      prevHash,
      deadline,
      threshold: THRESHOLD,
      operators: OPERATORS,
    };
    const before = this.log.events.length;
    submitter.take({ kind: 'sealed', seq, sealing });
    if (this.log.events.length > before) this.#checkSealing(submitter, seq);
  }

  /** The batch before is final, and no earlier sealing of this one can be applied any more. */
  #checkSealing({ rail }: Submitter, seq: number): void {
    const { finalized } = this.chain.view([]);
    this.#must(finalized.lastSeq >= seq - 1, `sealed ${seq} over a batch that is not final`);
    for (const { deadline } of rail.batches[seq - 1]!.sealings.slice(0, -1)) {
      this.#must(isDead(this.chain, { seq, deadline }), `sealed ${seq} twice, both alive`);
    }
  }

  #must(holds: boolean, breach: string): void {
    if (!holds && this.chain.deepest < FINAL_DEPTH) this.breaches.push(breach);
  }

  #ask(submitter: Submitter, seq: number, digest: Hex): void {
    submitter.take({ kind: 'asked', seq, digest });
    const batch = this.#batches.get(digest)!;
    for (const cosigner of this.#cosigners) {
      if (this.#isLost()) continue;
      const { address: signer } = cosigner;
      if (this.isFaulty && this.chance(0.01)) {
        submitter.take({ kind: 'refusal', seq, digest, signer, code: 'ANOTHER_ROOT' });
        continue;
      }
      if (cosigner.answer(batch) !== 'signed' || this.#isLost()) continue;
      submitter.take({ kind: 'signature', seq, digest, signer, signature: '0x51' });
    }
  }

  #submit(submitter: Submitter, seq: number, digest: Hex): void {
    submitter.take({ kind: 'attempt', seq, digest, transaction: fakeHash('tx', digest) });
    const known = submitter.rail.batches[seq - 1]?.signatures ?? new Map<Hex, Hex>();
    const signers = this.#signatures.get(digest)!;
    // It sends what it knows of: signatures of another sealing are none of this one's.
    if (submitter.rail.batches[seq - 1]?.sealings.at(-1)?.digest === digest) {
      for (const signer of known.keys()) signers.add(signer);
    }
    if (this.#isLost()) return;
    this.chain.send({ ...this.#batches.get(digest)!, signers: new Set(signers) });
  }

  /** A message that does not arrive. */
  #isLost(): boolean {
    return this.isFaulty && this.chance(0.25);
  }
}

/** Legs of a few members that each sum to zero. */
export function randomLegs(random: Random, count: number): Leg[] {
  return Array.from({ length: count }, () => {
    const deltas = Array.from({ length: MEMBERS }, (_, i) => {
      return [16 + i, BigInt(Math.floor(random() * 2_001) - 1_000)] as const;
    });
    const house = -deltas.reduce((sum, [, delta]) => sum + delta, 0n);
    return [[0, house], ...deltas];
  });
}
