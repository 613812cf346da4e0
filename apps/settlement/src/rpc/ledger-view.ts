import type { Address, Hash, Hex } from 'viem';
import { settlementLedgerAbi } from '#contracts';
import type { BlockTag } from '../chain/index.js';
import { type Agreement, agreedValue } from './agreement.js';
import type { Fixed, Quorum } from './quorum.js';

/** How far a rail's ledger contract is. */
export interface LedgerView {
  /** Seq of the batch applied last; 0 before the first. */
  readonly lastSeq: bigint;
  /** Its digest: the prevHash of the next. */
  readonly lastHash: Hash;
  readonly lastBalanceRoot: Hex;
  readonly lastLogSize: bigint;
  readonly frozen: boolean;
}

/** A ledger's state at a block, all of it as m providers say together. */
export async function readLedger(
  quorum: Quorum,
  ledger: Address,
  at: Fixed,
): Promise<Agreement<LedgerView>> {
  const view = { address: ledger, abi: settlementLedgerAbi } as const;
  return quorum.ask('ledger', async (port) => {
    const [lastSeq, lastHash, lastBalanceRoot, lastLogSize, frozen] = await Promise.all([
      port.read({ ...view, functionName: 'lastSeq' }, at),
      port.read({ ...view, functionName: 'lastHash' }, at),
      port.read({ ...view, functionName: 'lastBalanceRoot' }, at),
      port.read({ ...view, functionName: 'lastLogSize' }, at),
      port.read({ ...view, functionName: 'frozen' }, at),
    ]);
    return { lastSeq, lastHash, lastBalanceRoot, lastLogSize, frozen };
  });
}

/** Digest of the batch a ledger applied with this seq; zero where it has not. */
export async function readBatchHash(
  quorum: Quorum,
  ledger: Address,
  seq: bigint,
  at: Fixed,
): Promise<Agreement<Hash>> {
  const view = { address: ledger, abi: settlementLedgerAbi, functionName: 'batchHash' } as const;
  return quorum.read({ ...view, args: [seq] }, at);
}

/**
 * A ledger's state at the newest, the newest safe and the newest final block: what a batch's state follows from, rather
 * than from receipts. Throws `NoAgreement`.
 */
export async function readLedgerByTag(
  quorum: Quorum,
  ledger: Address,
): Promise<Readonly<Record<BlockTag, LedgerView & { readonly block: bigint }>>> {
  const heights = agreedValue(await quorum.heights());
  const at = async (tag: BlockTag): Promise<LedgerView & { readonly block: bigint }> => {
    const block = heights[tag];
    return { ...agreedValue(await readLedger(quorum, ledger, block)), block };
  };
  const [latest, safe, finalized] = await Promise.all([at('latest'), at('safe'), at('finalized')]);
  return { latest, safe, finalized };
}
