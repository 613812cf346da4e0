/** The settlement service: the house's legs in, final batches out. */
export { Settlement, type ChainSettings, type SettlementSettings } from './settlement.js';
export { railReports, type RailStatus, type SettlementStanding } from './status.js';
