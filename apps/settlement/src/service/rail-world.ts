import type { Hex } from 'viem';
import { type ChainRunner, MICROS } from './chain-runner.js';
import type { ClearingClient } from './clearing-client.js';
import type { HouseTold } from './house-told.js';
import type { RailWorld } from './rail-runner.js';

/** What the parts of a rail's world are made of. */
export interface WorldParts extends Pick<
  RailWorld,
  'copy' | 'store' | 'coSigners' | 'origin' | 'deadlineSeconds' | 'gasLimit' | 'compare' | 'log'
> {
  readonly clearing: ClearingClient;
  readonly told: Pick<HouseTold, 'recorded' | 'anchor' | 'gateOpen'>;
  /** Hash of the block at a height now; zero where there is none. */
  readonly hashAt: (block: number) => Promise<Hex>;
}

/** How a rail's runner speaks to the house. */
export function railWorld(chain: ChainRunner, parts: WorldParts): RailWorld {
  const { clearing, told } = parts;
  return {
    ...parts,
    recorded: (rail, seq) => told.recorded(rail, seq),
    anchor: (rail, seq) => told.anchor(rail, seq),
    seen: (rail, seq) => chain.seen(rail, seq),
    gateOpen: (rail, seq) => told.gateOpen(rail, seq),
    hand: async (rail, seq, digest) => {
      const fact = chain.batch(rail, seq);
      // The watcher tells a batch once its block is final by its own reading: soon.
      if (fact?.digest !== digest) return;
      const { finality } = chain.rails.get(rail)!.terms;
      await clearing.command('finalize-leg', `${rail}#${seq}#${digest}`, {
        ...{ rail, seq, digest, finality },
        transaction: fact.transaction,
        block: Number(fact.block),
        blockHash: fact.blockHash,
        blockTime: Number(fact.blockTime) * MICROS,
      });
    },
    report: async (rail, block, was) => {
      const is = await parts.hashAt(block);
      const id = `${rail}#${block}#${was.slice(0, 18)}#${is.slice(0, 18)}`;
      await clearing.command('record-finality-violation', id, { rail, block, was, is });
      return true;
    },
  };
}
