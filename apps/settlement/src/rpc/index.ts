/** Several providers of one chain, of which a majority has to say the same before money moves. */
export {
  type Agreed,
  agreedValue,
  type Agreement,
  type Disagreed,
  type LeftOut,
  type LeftOutReason,
  NoAgreement,
} from './agreement.js';
export type { CircuitPolicy } from './circuit.js';
export type { ProviderHealth } from './provider.js';
export { type Fixed, type Heights, Quorum, type QuorumOptions } from './quorum.js';
