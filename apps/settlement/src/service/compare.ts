import { settlementLedgerAbi } from '#contracts';
import type { Address } from 'viem';
import type { HouseCopy } from '../house/index.js';
import { agreedValue, type Quorum } from '../rpc/index.js';

/** Accounts of a rail up to which all are compared after every leg, and not only those it moved. */
const ALL_UP_TO = 100;

/**
 * Compares a rail's contract with the house at the final block: an account has there what the house has posted, and what
 * came in since the house recorded its deposits.
 * @returns what differs, undefined where nothing does
 * @throws NoAgreement where the chain cannot be read now; Error where contract and house are not at the same leg just now
 */
export async function compareWithChain(
  quorum: Quorum,
  copy: HouseCopy,
  id: string,
  moved: readonly number[],
): Promise<string | undefined> {
  const rail = copy.state.rails.rails.get(id)!;
  const heights = agreedValue(await quorum.heights());
  const at = { blockHash: agreedValue(await quorum.block(heights[rail.finality])).hash };
  const contract = { address: rail.ledger as Address, abi: settlementLedgerAbi } as const;
  const lastSeq = agreedValue(await quorum.read({ ...contract, functionName: 'lastSeq' }, at));
  if (Number(lastSeq) !== rail.finalSeq) {
    throw new Error(`the contract is at leg ${lastSeq}, the house at ${rail.finalSeq}`);
  }
  const accounts = copy.state.rails.byIndex.get(id)!;
  const indexes = accounts.size <= ALL_UP_TO ? [...accounts.keys()] : moved;
  const differences = await Promise.all(
    indexes.map(async (index) => {
      const { posted, credited } = accounts.get(index)!;
      const args = [index] as const;
      const [balance, deposits] = await Promise.all([
        quorum.read({ ...contract, functionName: 'balanceOf', args }, at),
        quorum.read({ ...contract, functionName: 'creditedOf', args }, at),
      ]);
      const expected = posted + (agreedValue(deposits) - credited);
      const has = agreedValue(balance);
      return has === expected ? [] : [`index ${index} has ${has}, the house posted ${expected}`];
    }),
  );
  return differences.flat()[0];
}
