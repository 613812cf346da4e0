import type { StateEntry } from '../canonical-entry.js';
import type { RiskState } from './state.js';

/** Histories and parameter documents by their hashes: they are long, never change, and are whole in the journal. */
export function riskEntries(risk: RiskState, out: StateEntry[]): void {
  for (const [id, { root, dates }] of risk.histories) {
    out.push(['factor-history', id, { root, days: dates.length, last: dates.at(-1) ?? '' }]);
  }
  for (const [id, model] of risk.models) {
    const { parameters: _, proposal: __, ...kept } = model;
    out.push(['risk-model', id, kept]);
  }
  for (const [id, r] of risk.requirements) {
    out.push([
      'requirement',
      id,
      {
        ...r,
        equity: `${r.equity}`,
        initialMargin: `${r.initialMargin}`,
        maintenanceMargin: `${r.maintenanceMargin}`,
      },
    ]);
  }
}
