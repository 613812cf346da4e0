import { type Hex, parseEther } from 'viem';
import { ChainHouse } from '../../../../contracts/testing/house.js';
import { settlementLedgerAbi } from '#contracts';
import type { StartAnvilOptions } from '#infra';
import type { FeePolicy, Fees, Job } from '../lane/index.js';
import { startNode, type TestNode } from './node.js';

/** Batches sealed beforehand, and which of them the chain still lacks. */
export interface Batches {
  readonly jobs: readonly Job[];
  /** What a service would want now: the next batch, from the contract's own state. */
  wanted(): Promise<readonly Job[]>;
  /** Batches the contract has applied. */
  lastSeq(): Promise<bigint>;
}

export interface SettledChain {
  readonly node: TestNode;
  readonly house: ChainHouse;
  /** Seals `count` batches that move 1 from account 16 to 17 each. */
  seal(count: number): Promise<Batches>;
  balanceOf(index: number): Promise<bigint>;
}

/**
 * A real local chain with the contracts on it: accounts 16 and 17 opened, 1,000 rail units deposited for 16. From then
 * on blocks come only when they are asked for.
 */
export async function startSettledChain(
  options: Partial<StartAnvilOptions> = {},
): Promise<SettledChain> {
  const node = await startNode({ chainId: 31337, ...options });
  const house = await ChainHouse.open(node.url);
  const { ledger } = house.rail;
  await house.open([16, 17]);
  await house.mint(house.self, 1_000_000n);
  await house.approve();
  await house.deposit(16, 1_000n);
  await node.rpc('evm_setAutomine', [false]);
  const view = { address: ledger, abi: settlementLedgerAbi } as const;
  const lastSeq = (): Promise<bigint> =>
    node.chain.read({ ...view, functionName: 'lastSeq' }, 'latest');
  return {
    node,
    house,
    balanceOf: (index) =>
      node.chain.read({ ...view, functionName: 'balanceOf', args: [index] }, 'latest'),
    seal: async (count) => {
      const before = await lastSeq();
      const jobs: Job[] = [];
      for (let n = 0; n < count; n += 1) {
        const { data, digest } = await house.seal({
          entries: [
            [16, -1n],
            [17, 1n],
          ],
        });
        jobs.push({ id: `batch ${digest}`, to: ledger, data, gas: 500_000n });
      }
      const wanted = async (): Promise<readonly Job[]> => {
        const next = jobs[Number((await lastSeq()) - before)];
        return next === undefined ? [] : [next];
      };
      return { jobs, wanted, lastSeq };
    },
  };
}

const GWEI = 10n ** 9n;

/** Twice the base fee and a tip; an eighth more to replace; never above the cap. */
export function plainFees(cap = 1_000n * GWEI): FeePolicy {
  const within = (fees: Fees): Fees | undefined => (fees.maxFee > cap ? undefined : fees);
  const more = (fee: bigint): bigint => fee + fee / 8n + 1n;
  return {
    fresh: (baseFee) => within({ maxFee: 2n * baseFee + GWEI, tip: GWEI }),
    replacing: (previous, baseFee) => {
      const tip = more(previous.tip);
      const [least, fitting] = [more(previous.maxFee), 2n * baseFee + tip];
      return within({ maxFee: least > fitting ? least : fitting, tip });
    },
  };
}

export async function setEther(node: TestNode, address: Hex, ether: string): Promise<void> {
  await node.rpc('anvil_setBalance', [address, `0x${parseEther(ether).toString(16)}`]);
}
