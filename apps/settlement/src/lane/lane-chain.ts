import type { Abi, Address, Hex } from 'viem';
import { ChainError, type ChainErrorKind } from '../chain/index.js';
import { agreedValue, type LeftOut, type Quorum } from '../rpc/index.js';
import type { Job } from './plan.js';

/** What became of a transaction that was handed over. `unknown`: it may have arrived. */
export type SendOutcome =
  | 'accepted'
  | 'already-known'
  | 'nonce-too-low'
  | 'underpriced'
  | 'insufficient-funds'
  | 'refused'
  | 'unknown';

/** The chain as a lane needs it. Questions fail where not enough providers agree. */
export interface LaneChain {
  readonly chainId: number;
  transactionCount(address: Address): Promise<number>;
  /** Wei per gas. */
  baseFee(): Promise<bigint>;
  /** Never fails: what is not known is `unknown`. */
  send(raw: Hex): Promise<SendOutcome>;
  /** `undefined` where it would succeed, else the name of the contract's error. */
  wouldRevert(from: Address, job: Job): Promise<string | undefined>;
}

/** The most telling of what several providers said; one that took it is enough. */
const ORDER: readonly SendOutcome[] = [
  'accepted',
  'already-known',
  'insufficient-funds',
  'underpriced',
  'nonce-too-low',
  'refused',
];

const KINDS: ReadonlyMap<ChainErrorKind, SendOutcome> = new Map([
  ['already-known', 'already-known'],
  ['nonce-too-low', 'nonce-too-low'],
  ['underpriced', 'underpriced'],
  ['insufficient-funds', 'insufficient-funds'],
]);

/** @param abi errors a job's contract may answer with */
export function laneChain(quorum: Quorum, abi: Abi): LaneChain {
  return {
    chainId: quorum.chainId,
    transactionCount: async (address) => agreedValue(await quorum.transactionCount(address)),
    baseFee: async () => agreedValue(await quorum.baseFee()),
    send: async (raw) => {
      const answers = await quorum.each((port) => port.sendRaw(raw));
      const said = new Set(answers.map(outcome));
      return ORDER.find((each) => said.has(each)) ?? 'unknown';
    },
    wouldRevert: async (from, { to, data, gas }) => {
      const call = { from, to, data, gas };
      try {
        const asked = await quorum.ask('simulation', (port) => port.simulate(call, 'latest', abi));
        return void agreedValue(asked);
      } catch (error) {
        if (!(error instanceof ChainError) || error.kind !== 'reverted') throw error;
        return error.errorName ?? error.message;
      }
    },
  };
}

function outcome(answer: { is: Hex } | { refusal: ChainError } | LeftOut): SendOutcome {
  if ('is' in answer) return 'accepted';
  if ('refusal' in answer) return KINDS.get(answer.refusal.kind) ?? 'refused';
  return answer.reason === 'refused' ? 'refused' : 'unknown';
}
