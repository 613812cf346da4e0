import type { EntryValue, StateEntry } from '../canonical-entry.js';
import type { FactorHistory, Requirement, RiskModel, RiskState } from './state.js';

/** As `valueOf` of the rest of the state. Histories and parameter documents by their hashes: they are long and never change. */
export const riskValueOf = {
  history: ({ root, dates }: FactorHistory): EntryValue => ({
    root,
    days: dates.length,
    last: dates.at(-1) ?? '',
  }),
  model: (model: RiskModel): EntryValue => {
    const { parameters: _, proposal: __, ...kept } = model;
    return kept;
  },
  requirement: (r: Requirement): EntryValue => ({
    ...r,
    equity: `${r.equity}`,
    initialMargin: `${r.initialMargin}`,
    maintenanceMargin: `${r.maintenanceMargin}`,
  }),
};

export function riskEntries(risk: RiskState, out: StateEntry[]): void {
  for (const [id, history] of risk.histories) {
    out.push(['factor-history', id, riskValueOf.history(history)]);
  }
  for (const [id, model] of risk.models) out.push(['risk-model', id, riskValueOf.model(model)]);
  for (const [id, requirement] of risk.requirements) {
    out.push(['requirement', id, riskValueOf.requirement(requirement)]);
  }
}
