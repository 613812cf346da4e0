import type { Address } from 'viem';
import { collateralVaultAbi, settlementLedgerAbi, testTokenAbi } from '#contracts';
import { agreedValue, type Fixed, type Quorum } from '../rpc/index.js';
import type { RailOnChain } from './reconcile.js';

export interface RailContracts {
  readonly token: Address;
  readonly ledger: Address;
  readonly vault: Address;
}

/** Accounts asked about at once. */
const AT_ONCE = 100;

/**
 * What the contracts of a rail say of these accounts at one block: what m providers agree on, figure by figure. Throws
 * `NoAgreement` where they do not.
 */
export async function readRail(
  quorum: Quorum,
  { token, ledger, vault }: RailContracts,
  indices: readonly number[],
  at: Fixed,
): Promise<RailOnChain> {
  const ofVault = { address: vault, abi: collateralVaultAbi, args: [token] } as const;
  const config = agreedValue(await quorum.read({ ...ofVault, functionName: 'config' }, at));
  const [lastSeq, held, claimable, tokenBalance] = await Promise.all([
    quorum.read({ address: ledger, abi: settlementLedgerAbi, functionName: 'lastSeq' }, at),
    quorum.read({ ...ofVault, functionName: 'held' }, at),
    quorum.read({ ...ofVault, functionName: 'totalClaimable' }, at),
    // Every token has this view; its own ABI is not needed for it.
    quorum.read(
      { address: token, abi: testTokenAbi, functionName: 'balanceOf', args: [vault] },
      at,
    ),
  ]);
  const accounts = new Map<number, { balance: bigint; withdrawn: bigint }>();
  for (let from = 0; from < indices.length; from += AT_ONCE) {
    const some = indices.slice(from, from + AT_ONCE);
    const read = await Promise.all(some.map((index) => readAccount(quorum, ledger, index, at)));
    for (const [n, index] of some.entries()) {
      const account = read[n];
      if (account) accounts.set(index, account);
    }
  }
  return {
    accounts,
    lastSeq: agreedValue(lastSeq),
    held: agreedValue(held),
    claimable: agreedValue(claimable),
    tokenBalance: agreedValue(tokenBalance),
    tokenUnit: 10n ** BigInt(config.tokenDecimals - config.railScale),
  };
}

async function readAccount(
  quorum: Quorum,
  ledger: Address,
  index: number,
  at: Fixed,
): Promise<{ balance: bigint; withdrawn: bigint }> {
  const view = { address: ledger, abi: settlementLedgerAbi, args: [index] } as const;
  const [balance, withdrawn] = await Promise.all([
    quorum.read({ ...view, functionName: 'balanceOf' }, at),
    quorum.read({ ...view, functionName: 'withdrawnBy' }, at),
  ]);
  return { balance: agreedValue(balance), withdrawn: agreedValue(withdrawn) };
}
