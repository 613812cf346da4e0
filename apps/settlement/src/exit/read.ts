import { forcedExitAbi, settlementLedgerAbi } from '#contracts';
import type { Address, Hex } from 'viem';
import { agreedValue, type Fixed, type Quorum } from '../rpc/index.js';

/** A forced exit as its chain has it at one block. Amounts in rail units. */
export interface ExitOnChain {
  readonly forcedExit: Address;
  /** Of the last request of the index that nobody has answered; 0: there is none. */
  readonly number: bigint;
  /**
   * What was asked for and not withdrawn since. The contract takes a request for served while the balance is zero, too; a later deposit
   * would revive it, so it counts as open here until it is paid or answered.
   */
  readonly left: bigint;
}

/** The exit contract of a ledger: it never changes. @throws NoAgreement, ChainError */
export async function forcedExitOf(quorum: Quorum, ledger: Address, at: Fixed): Promise<Address> {
  const view = { address: ledger, abi: settlementLedgerAbi, functionName: 'forcedExit' } as const;
  return agreedValue(await quorum.read(view, at)).toLowerCase() as Hex;
}

/** @throws NoAgreement, ChainError where the providers do not answer alike */
export async function readExit(
  quorum: Quorum,
  { ledger, forcedExit }: { readonly ledger: Address; readonly forcedExit: Address },
  index: number,
  at: Fixed,
): Promise<ExitOnChain> {
  const exits = { address: forcedExit, abi: forcedExitAbi } as const;
  const account = { address: ledger, abi: settlementLedgerAbi, args: [index] } as const;
  const [request, withdrawn] = await Promise.all([
    quorum.read({ ...exits, functionName: 'requestOf', args: [index] }, at),
    quorum.read({ ...account, functionName: 'withdrawnBy' }, at),
  ]);
  const [number, , amount, withdrawnBefore] = agreedValue(request);
  const open = amount - (agreedValue(withdrawn) - withdrawnBefore);
  return { forcedExit, number, left: open > 0n ? open : 0n };
}

/** All that was ever deposited for an index, rail units. @throws NoAgreement, ChainError */
export async function creditedOn(
  quorum: Quorum,
  ledger: Address,
  index: number,
  at: Fixed,
): Promise<bigint> {
  const args = [index] as const;
  const view = { abi: settlementLedgerAbi, functionName: 'creditedOf', args } as const;
  return agreedValue(await quorum.read({ ...view, address: ledger }, at));
}
