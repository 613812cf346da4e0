import type { AnyRecordedEvent } from '#events';
import type { Hex } from 'viem';
import type { Anchor } from '../house/index.js';
import { type GateLeg, gateOpen } from '../state/index.js';

/** How the house recorded a leg as final. */
export interface RecordedLeg {
  readonly digest: Hex;
  /** Of the block that holds it, seconds. */
  readonly blockTime: number;
}

/** Final legs whose anchors are still known: a chain may lose what it called final. */
const KEPT_LEGS = 100;
const MICROS = 1_000_000;

interface ToldLeg extends GateLeg {
  readonly seq: number;
  /** Indexes it moves. */
  readonly indexes: readonly number[];
  isFinal: boolean;
  anchor?: Anchor;
  recorded?: RecordedLeg;
}

/** What the journal says of legs, as it goes by: which were due, and which are final under which digest. */
export class HouseTold {
  private readonly legs = new Map<string, ToldLeg>();
  private readonly assets = new Map<string, string>();
  /** Legs by cycle and asset, for the gate looks at one cycle only. */
  private readonly cycles = new Map<string, ToldLeg[]>();

  private readonly violations = new Set<string>();
  /** The last cycle whose legs have all been heard. */
  private completed = 0;

  /** @param anchor of the leg that became due, where one did */
  hear({ type, data }: AnyRecordedEvent, anchor?: Anchor): void {
    if (type === 'CycleCompleted') this.completed = data.cycle;
    if (type === 'FinalityViolated') {
      this.violations.add(`${data.rail} ${data.block} ${data.was}`);
    }
    if (type === 'RailProposed') this.assets.set(data.rail, data.asset);
    if (type === 'SettlementLegDue') {
      const { rail, seq, cycle, entries, withdrawals } = data;
      const asset = this.assets.get(rail)!;
      const moved = [...entries.map(([index]) => index), ...withdrawals.map(({ index }) => index)];
      const leg: ToldLeg = {
        ...{ rail, seq, cycle, asset, isFinal: false },
        indexes: [...new Set(moved)],
        houseDelta: BigInt(data.houseDelta),
        ...(anchor !== undefined && { anchor }),
      };
      this.legs.set(`${rail} ${seq}`, leg);
      const key = `${cycle} ${asset}`;
      this.cycles.set(key, [...(this.cycles.get(key) ?? []), leg]);
    }
    if (type === 'SettlementLegFinalized') {
      const leg = this.legs.get(`${data.rail} ${data.seq}`);
      if (leg === undefined) return;
      leg.isFinal = true;
      const blockTime = Math.floor(data.blockTime / MICROS);
      leg.recorded = { digest: data.digest as Hex, blockTime };
      delete this.legs.get(`${data.rail} ${data.seq - KEPT_LEGS}`)?.anchor;
    }
  }

  /** How a leg was recorded as final. */
  recorded(rail: string, seq: number): RecordedLeg | undefined {
    return this.legs.get(`${rail} ${seq}`)?.recorded;
  }

  /** What a leg commits to; undefined of one that has long been final. */
  anchor(rail: string, seq: number): Anchor | undefined {
    return this.legs.get(`${rail} ${seq}`)?.anchor;
  }

  /** Whether the house has recorded that this block was final and is gone. */
  knowsViolation(rail: string, block: number, was: string): boolean {
    return this.violations.has(`${rail} ${block} ${was}`);
  }

  indexes(rail: string, seq: number): readonly number[] {
    return this.legs.get(`${rail} ${seq}`)?.indexes ?? [];
  }

  gateOpen(rail: string, seq: number): boolean {
    const leg = this.legs.get(`${rail} ${seq}`);
    // A leg it has to wait for may stand behind it in the journal.
    if (leg === undefined || leg.cycle > this.completed) return false;
    return gateOpen(leg, this.cycles.get(`${leg.cycle} ${leg.asset}`) ?? []);
  }
}
