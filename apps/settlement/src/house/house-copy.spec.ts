import { describe, expect, it } from '@jest/globals';
import type { Hex } from 'viem';
import { type AnyRecordedEvent, canonicalLine, Frontier, hashLine } from '#events';
import { evolve, type HouseState, initialState, stateHash } from '#ledger';
import { recorded, recordedDay, settledDay } from '../testing/recorded-day.js';
import { type BalanceLeaf, verifyBalanceProof } from '../tree/index.js';
import { naiveRoot } from '../tree/testing/naive-tree.js';
import { HouseCopy } from './house-copy.js';

const leafOf = (event: AnyRecordedEvent): Buffer => hashLine(canonicalLine(event));
const RAIL = '1/USDT';
/** Ledger scale 8, rail scale 6. */
const UNIT = 100n;

async function copyOf(events: readonly AnyRecordedEvent[]): Promise<HouseCopy> {
  const copy = await HouseCopy.open();
  for (const event of events) copy.apply(event, leafOf(event));
  return copy;
}

/** The leaves of a rail as the ledger's own state has them, deposits summed from the events. */
function leavesOf(state: HouseState, events: readonly AnyRecordedEvent[]): BalanceLeaf[] {
  const owners = new Map([['guarantee', state.rails.rails.get(RAIL)!.treasury]]);
  const credited = new Map<string, bigint>();
  for (const { type, data } of events) {
    if (type === 'SettlementAccountOpened') owners.set(data.account, data.owner);
    if (type !== 'DepositRecorded') continue;
    credited.set(data.account, (credited.get(data.account) ?? 0n) + BigInt(data.amount) / UNIT);
  }
  return [...owners].map(([account, owner]) => {
    const { index, committed } = state.rails.accounts.get(`${account}|${RAIL}`)!;
    const balance = committed < 0n ? 0n : committed;
    return { index, owner: owner as Hex, balance, credited: credited.get(account) ?? 0n };
  });
}

describe('a copy of the house', () => {
  it('has the log root and the state root of a replay, after every event', async () => {
    const copy = await HouseCopy.open();
    const state = initialState();
    const log = new Frontier();
    for (const event of recordedDay()) {
      copy.apply(event, leafOf(event));
      evolve(state, event);
      log.append(leafOf(event));
      expect(copy.logRoot()).toBe(log.root().toString('hex'));
      expect(stateHash(copy.state)).toBe(stateHash(state));
    }
    expect(copy.size).toBe(recordedDay().length);
  });

  it('anchors every leg in exactly the log and the state that decided it', async () => {
    const day = recorded(settledDay().events);
    const copy = await copyOf(day);
    const due = day.filter(({ type }) => type === 'SettlementLegDue');
    expect(copy.openLegs().map(({ seq }) => seq)).toEqual([2, 3]);
    expect(copy.anchor(RAIL, 4)).toBeUndefined();
    expect([copy.finalSeq(RAIL), copy.lastSeq(RAIL)]).toEqual([1, 3]);
    for (const [i, { position, data }] of due.entries()) {
      const state = initialState();
      const log = new Frontier();
      const before = day.slice(0, position + 1);
      for (const event of before) {
        evolve(state, event);
        log.append(leafOf(event));
      }
      const leaves = leavesOf(state, before);
      const anchor = copy.anchor(RAIL, i + 1)!;
      expect(anchor).toEqual({
        rail: RAIL,
        seq: i + 1,
        cycle: anchor.data.cycle,
        leg: anchor.data.leg,
        legs: anchor.data.legs,
        logSize: position + 1,
        logRoot: log.root().toString('hex'),
        stateRoot: stateHash(state),
        balanceRoot: naiveRoot(leaves),
        data,
      });
      for (const leaf of leaves) {
        const { path, root } = copy.proveBalance(RAIL, leaf.index, anchor.seq)!;
        expect(root).toBe(anchor.balanceRoot);
        expect(verifyBalanceProof(root, leaf, path)).toBe(true);
      }
    }
    expect(leavesOf(copy.state, day).map(({ credited }) => credited)).not.toContain(0n);
  });

  it('shows deposits of chains as they are credited, in rail units', async () => {
    const seen: (readonly [number, number, bigint])[] = [];
    const copy = await HouseCopy.open(({ number, index, amount }) => {
      seen.push([number, index, amount]);
    });
    for (const event of recorded(settledDay().events)) copy.apply(event, leafOf(event));
    const units = (usdt: bigint): bigint => usdt * 1_000_000n;
    expect(seen).toEqual([
      [1, 16, units(1_000n)],
      [2, 17, units(1_000n)],
      [3, 17, units(500n)],
      [4, 0, units(7n)],
    ]);
  });

  it('refuses an event that is not the next one', async () => {
    const [first, , third] = recordedDay();
    const copy = await HouseCopy.open();
    copy.apply(first!, leafOf(first!));
    expect(() => copy.apply(third!, leafOf(third!))).toThrow('position 2 follows 0');
    expect(copy.size).toBe(1);
  });
});
