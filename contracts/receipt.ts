import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Chain,
  type Hex,
  type PublicClient,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
  type Transport,
} from 'viem';

const POLL_MS = 20;
const PATIENCE_MS = 60_000;

/**
 * The receipt of a transaction once it is mined. viem's own `waitForTransactionReceipt` looks again only when there is a
 * new block: where a node shows a block before its receipts, and no block follows, it waits in vain.
 * Throws where the transaction reverted, or is not mined within a minute.
 */
export async function minedReceipt(
  reader: PublicClient<Transport, Chain>,
  hash: Hex,
): Promise<TransactionReceipt> {
  for (let waited = 0; waited < PATIENCE_MS; waited += POLL_MS) {
    const receipt = await reader.getTransactionReceipt({ hash }).catch(unlessMissing);
    if (receipt?.status === 'reverted') throw new Error(`transaction ${hash} reverted`);
    if (receipt !== undefined) return receipt;
    await sleep(POLL_MS);
  }
  throw new Error(`transaction ${hash} was not mined within ${PATIENCE_MS / 1000} s`);
}

function unlessMissing(error: unknown): undefined {
  if (!(error instanceof TransactionReceiptNotFoundError)) throw error;
}
