import type { Cut } from '../cut/facts.js';
import { byCode } from '../state.js';

/** Approved models whose timelock ends with this cut take effect, in order of cycle and proposal: the last one stays. */
export function activateModels(cut: Cut): void {
  const { state, cycle } = cut;
  const due = [...state.risk.models.values()]
    .filter(({ status, fromCycle }) => status === 'approved' && fromCycle! <= cycle)
    .sort((a, b) => a.fromCycle! - b.fromCycle! || byCode(a.proposal, b.proposal));
  for (const { proposal } of due) cut.add('RiskModelActivated', { proposal, cycle });
}
