import type { EventData, RiskEventData } from '#events';
import { LedgerBroken } from '../broken.js';
import type { HouseState } from '../state.js';
import { historyRoot, nextRoot } from './history.js';
import type { FactorHistory, RiskModel } from './state.js';

type Appliers = {
  readonly [T in keyof RiskEventData]: (state: HouseState, data: EventData[T]) => void;
};

/** What the facts of the risk standard do to the state. None of them moves money. */
export const riskAppliers: Appliers = {
  FactorHistoryRecorded({ risk }, { history, numeraire, factors, dates, values }) {
    const root = historyRoot(numeraire, factors);
    const kept: FactorHistory = { history, numeraire, factors, dates: [], values: [], root };
    risk.histories.set(history, kept);
    dates.forEach((date, i) => addDay(kept, date, values[i]!));
  },
  FactorDayRecorded({ risk }, { history, date, values }) {
    addDay(risk.histories.get(history)!, date, values);
  },
  RiskModelProposed({ risk }, data) {
    risk.models.set(data.proposal, { ...data, status: 'proposed' });
  },
  RiskModelApproved(state, { proposal, approver, fromCycle }) {
    Object.assign(modelOf(state, proposal), { status: 'approved', approver, fromCycle });
  },
  RiskModelWithdrawn(state, { proposal }) {
    modelOf(state, proposal).status = 'withdrawn';
  },
  RiskModelActivated(state, { proposal }) {
    const { risk } = state;
    if (risk.active !== undefined) modelOf(state, risk.active).status = 'retired';
    modelOf(state, proposal).status = 'active';
    risk.active = proposal;
  },
  MarginAssessed({ risk }, data) {
    const { cycle, account, asset, modelId, markSetId, status } = data;
    risk.requirements.set(account, {
      ...{ cycle, asset, modelId, markSetId, status },
      equity: BigInt(data.equity),
      initialMargin: BigInt(data.initialMargin),
      maintenanceMargin: BigInt(data.maintenanceMargin),
    });
  },
};

function addDay(history: FactorHistory, date: string, values: readonly string[]): void {
  history.root = nextRoot(history.root, date, values);
  history.dates.push(date);
  history.values.push(values);
}

function modelOf(state: HouseState, proposal: string): RiskModel {
  const model = state.risk.models.get(proposal);
  if (model === undefined) throw new LedgerBroken(`risk model ${proposal} is not known`);
  return model;
}
