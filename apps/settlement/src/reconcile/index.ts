/** The contracts' balances against the ledger's, figure by figure. */
export { readRail, type RailContracts } from './read.js';
export {
  type AccountExpectation,
  type Difference,
  type RailExpectation,
  type RailOnChain,
  type RailReport,
  reconcile,
} from './reconcile.js';
export {
  checkAnchors,
  journalEvents,
  type RailAnchors,
  replayLegs,
  type ReplayedLegs,
} from './anchors.js';
