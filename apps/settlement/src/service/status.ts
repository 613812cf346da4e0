import { isFinal, sealingOf } from '../state/index.js';
import type { ExitWatch } from '../exit/index.js';
import type { RailRunner } from './rail-runner.js';
import type { Settlement } from './settlement.js';

/** How a rail stands, for people and monitors. */
export interface RailStatus {
  readonly rail: string;
  readonly ledger: string;
  /** Legs the house has decided, and the last that is final in its journal. */
  readonly due: number;
  readonly final: number;
  /** Finality was violated: nothing is withdrawn until the risk officer resumes the rail. */
  readonly frozen: boolean;
  /** Members who asked the contract for their money and were not answered. */
  readonly exitRequests: readonly {
    readonly number: number;
    readonly index: number;
    readonly amount: string;
    /** Block time, seconds: from then on anyone may freeze the ledger. */
    readonly serveBy: number;
  }[];
  /** Batches that are not final, oldest first. */
  readonly open: readonly {
    readonly seq: number;
    readonly status: string;
    readonly digest?: string;
    readonly signatures: number;
    readonly refusals: readonly string[];
    readonly halt?: string;
  }[];
}

const MOST_OPEN = 20;

/** What is asked of a running service to say how it stands. */
export interface SettlementStanding {
  readonly ready: boolean;
  readonly copy: Pick<Settlement['copy'], 'size' | 'lastSeq' | 'state'>;
  readonly chains: readonly {
    readonly rails: ReadonlyMap<string, Pick<RailRunner, 'terms' | 'state' | 'resume'>>;
    readonly exits: Pick<ExitWatch, 'open'>;
  }[];
}

/** How every rail stands, in the order of their chains. */
export function railReports({ chains, copy }: SettlementStanding): RailStatus[] {
  return chains.flatMap((chain) =>
    [...chain.rails.values()].map(({ terms, state }): RailStatus => {
      const open = state.batches.filter((batch) => !isFinal(batch)).slice(0, MOST_OPEN);
      const rail = copy.state.rails.rails.get(terms.rail);
      return {
        ...{ rail: terms.rail, ledger: terms.ledger, due: copy.lastSeq(terms.rail) },
        final: rail?.finalSeq ?? 0,
        frozen: rail?.frozen ?? false,
        exitRequests: chain.exits.open
          .filter((request) => request.rail === terms.rail)
          .map(({ number, index, amount, serveBy }) => ({
            ...{ number, index, serveBy },
            amount: `${amount}`,
          })),
        open: open.map((batch) => {
          const digest = sealingOf(batch)?.digest;
          const { seq, status, signatures, refusals, halt } = batch;
          return {
            ...{ seq, status, signatures: signatures.size },
            refusals: [...refusals].map(([signer, code]) => `${signer}: ${code}`),
            ...(digest !== undefined && { digest }),
            ...(halt !== undefined && { halt: `${halt.code}: ${halt.reason}` }),
          };
        }),
      };
    }),
  );
}
