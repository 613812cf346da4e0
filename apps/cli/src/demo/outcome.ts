import type { HouseState } from '#ledger';
import { decimal } from '../render/decimal.js';
import type { CycleMargin, Facts } from './facts.js';
import { type MarginComparison, marginTotals } from './margin.js';
import { USDT_SCALE, notionals } from './notional.js';
import { chainsAgree, type SettledDemo, settledJson } from './settled.js';

/** Everything a run of the demo found out. */
export interface Outcome {
  readonly input: { readonly trades: number; readonly venues: number; readonly members: number };
  readonly state: HouseState;
  readonly facts: Facts;
  /** Absent where no cycle was cut under a risk model. */
  readonly margin?: MarginComparison;
  /** What the chains say. */
  readonly settlement: SettledDemo;
  /** Live, from the clearing app. */
  readonly stateHash: string;
  readonly chainHash: string;
  readonly replayHash: string;
  readonly verify: { readonly ok: boolean; readonly batches: number };
  /** The last signed checkpoint; `verified` over the whole journal, which it has to cover. */
  readonly checkpoint: {
    readonly size: number;
    readonly root: string;
    readonly verified: boolean;
    readonly note: string;
  };
  /** Where each service came from. */
  readonly services: {
    readonly postgres: string;
    readonly kafka: string;
    readonly journal: string;
  };
  /** Wall clock of the whole run. */
  readonly seconds: number;
}

/** True where replay and verify agree with the live house and nothing was left unmatched. */
export function holds(outcome: Outcome): boolean {
  const { stateHash, replayHash, verify, checkpoint, facts, input, margin } = outcome;
  return (
    stateHash === replayHash &&
    verify.ok &&
    checkpoint.verified &&
    facts.accepted === input.trades &&
    facts.unmatchedWindows === 0 &&
    margin?.recomputed !== false &&
    chainsAgree(outcome.settlement)
  );
}

export function totals(outcome: Outcome): { gross: bigint; net: bigint; ratio: number } {
  const all = notionals(outcome.state, outcome.facts);
  const gross = all.reduce((sum, each) => sum + each.gross, 0n);
  const net = all.reduce((sum, each) => sum + each.net, 0n);
  // Six decimals, truncated in integers: a float would do, but would differ in its last digit between machines.
  const ratio = gross === 0n ? 0 : Number(((gross - net) * 1_000_000n) / gross) / 1_000_000;
  return { gross, net, ratio };
}

export function tradesPerSecond({ accepted, clearingSeconds }: Facts): number {
  return clearingSeconds === 0 ? 0 : Math.round(accepted / clearingSeconds);
}

/** The object `--json` prints as its last line. Amounts are decimal strings. */
export function asJson(outcome: Outcome): object {
  const { input, facts, state, stateHash, replayHash, verify, services, seconds } = outcome;
  const { size, root, verified } = outcome.checkpoint;
  const { gross, net, ratio } = totals(outcome);
  return {
    input,
    clearing: {
      accepted: facts.accepted,
      rejected: facts.rejected,
      perSecond: tradesPerSecond(facts),
      grossNotional: decimal(gross, USDT_SCALE),
      netNotional: decimal(net, USDT_SCALE),
      nettingRatio: ratio,
    },
    variationMargin: marginRows(outcome).map(({ cycle, asset, ...amounts }) => {
      const scale = state.assets.get(asset)?.scale ?? 0;
      const sum = amounts.received - amounts.paid + amounts.rounding;
      return {
        cycle,
        asset,
        paid: decimal(amounts.paid, scale),
        received: decimal(amounts.received, scale),
        rounding: decimal(amounts.rounding, scale),
        sum: sum === 0n ? '0' : decimal(sum, scale),
      };
    }),
    ...(outcome.margin && { margin: marginJson(outcome.margin) }),
    settlement: settledJson(outcome.settlement),
    stale: Object.fromEntries(facts.stale),
    shortfalls: facts.shortfalls.length,
    journal: { head: facts.events - 1, events: facts.events, chainHash: outcome.chainHash },
    stateHash,
    replay: { stateHash: replayHash, equal: replayHash === stateHash },
    verify,
    checkpoint: { size, root, verified },
    services,
    seconds: Math.round(seconds * 10) / 10,
  };
}

function marginJson(margin: MarginComparison): object {
  const { modelId, rows, scale, recomputed } = margin;
  const all = marginTotals(margin);
  return {
    modelId,
    accounts: rows.length,
    im: decimal(all.initialMargin, scale),
    mm: decimal(all.maintenanceMargin, scale),
    isolatedIm: decimal(all.isolated, scale),
    gridIm: decimal(all.grid, scale),
    equity: decimal(all.equity, scale),
    recomputed,
  };
}

/** Variation margin of every cycle in every asset it is paid in, in order; nothing to pay is a row of zeros. */
export function marginRows({ facts, state }: Outcome): readonly CycleMargin[] {
  const assets = new Set([...facts.margins.values()].map(({ asset }) => asset));
  const rows: CycleMargin[] = [];
  for (let cycle = 1; cycle < state.openWindow; cycle += 1) {
    for (const asset of [...assets].sort()) {
      const nothing = { cycle, asset, paid: 0n, received: 0n, rounding: 0n };
      rows.push(facts.margins.get(`${cycle}|${asset}`) ?? nothing);
    }
  }
  return rows;
}
