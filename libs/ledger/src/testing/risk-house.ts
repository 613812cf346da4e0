import type { RiskFactor } from '#events';
import { type Assess, type Assessment, type Command, type HouseState, step } from '../index.js';
import { openHouse, type TestHouse } from './given.js';

/** BTC daily closes of 181 days, just enough for a model: 60,000 and a cent more every day. */
export const days = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, i) => {
    const day = new Date(Date.UTC(2024, 0, 1 + from + i));
    return day.toISOString().slice(0, 10);
  });

export const btcFactor: RiskFactor = {
  factor: 'BTC',
  kind: 'price',
  move: 'relative',
  instruments: ['BTC-PERP'],
  assets: ['BTC'],
  market: { group: 'crypto', tier: 'large', spread: '0.0001', adv: '20000000000' },
};

export const history = (count = 181, more: Record<string, unknown> = {}) => ({
  kind: 'record-factor-history',
  history: 'crypto',
  numeraire: 'USDT',
  factors: [btcFactor],
  dates: days(count),
  values: days(count).map((_, i) => [`${60000 + i / 100}`]),
  ...more,
});

export const proposal = (id: string, more: Record<string, unknown> = {}) => ({
  kind: 'propose-risk-model',
  proposal: id,
  name: 'urs',
  version: '2.0.0',
  wasmHash: 'a'.repeat(64),
  parameters: '{"k":1}',
  history: 'crypto',
  actor: 'operator:operator',
  ...more,
});

export const approval = (id: string, more: Record<string, unknown> = {}) => ({
  kind: 'approve-risk-model',
  proposal: id,
  actor: 'risk:risk',
  ...more,
});

/** A house with an active model, once its first window is cut. */
export function riskHouse(assess: Assess = flatAssess): TestHouse {
  const house = openHouse();
  house.assess = assess;
  for (const command of [history(), proposal('P1'), approval('P1')]) {
    const code = house.ask(command);
    if (code !== undefined) throw new Error(`${command.kind}: ${code}`);
  }
  return house;
}

/** The same in a house that knows USDT and BTC. */
export function activateModel(state: HouseState): void {
  [history(), proposal('P1'), approval('P1')].forEach((command, i) => {
    const base = { commandId: `risk-${i}`, actor: 'operator:test', occurredAt: 1 };
    const { rejection } = step(state, { ...base, ...command } as unknown as Command);
    if (rejection !== undefined) throw new Error(`${command.kind}: ${rejection.reason}`);
  });
}

const HASH = 'b'.repeat(64);

/** A stand-in for the risk standard: a hundredth of the contracts held, whatever they are; equity is the cash. */
export const flatAssess: Assess = (state, _moment, accounts) => {
  const model = state.risk.models.get(state.risk.active!)!;
  const { root, dates, numeraire } = state.risk.histories.get(model.history)!;
  return accounts.map((account): Assessment => {
    let held = 0n;
    for (const position of state.positions.values()) {
      if (position.account !== account) continue;
      held += position.quantity < 0n ? -position.quantity : position.quantity;
    }
    const margin = (held + 99n) / 100n;
    const cash = state.books.get(numeraire)?.get(`A/${account}/cash`) ?? 0n;
    const parts = [{ name: 'core', amount: `${margin}` }];
    return {
      ...{ account, asset: numeraire, equity: `${cash}` },
      ...{ initialMargin: `${margin}`, maintenanceMargin: `${margin}` },
      ...{ modelId: HASH, scenarioRoot: HASH, markSetId: HASH },
      ...{ historyRoot: root, days: dates.length },
      parts: {
        equity: [{ name: numeraire, amount: `${cash}` }],
        initialMargin: parts,
        maintenanceMargin: parts,
      },
      ...{ status: 'ok', notes: [], greeks: [] },
    };
  });
};
