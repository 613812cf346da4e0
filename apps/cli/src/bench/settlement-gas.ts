import { startAnvil } from '#infra';
import {
  ACCOUNTS,
  batchesPerSecond,
  largestBatch,
  measureGas,
  MEASURED_CHAIN,
  TRANSACTION_GAS,
} from '../../../../contracts/testing/gas.js';
import type { Cleanup } from '../terminal/cleanup.js';
import { settlementRows } from './settlement-rows.js';
import { type BenchRow, rowOf } from './statistics.js';

/** Batches behind the rate. */
const BATCHES = 100;

/** What settling costs on a local chain. Gas is the same in every run, so one sample is all there is. */
export async function benchGas(cleanup: Cleanup): Promise<BenchRow> {
  const { warmBatch, erc20Transfer } = await onChain(cleanup, measureGas);
  const largest = await onChain(cleanup, largestBatch);
  const rate = await onChain(cleanup, (url) => batchesPerSecond(url, BATCHES));
  const count = (value: number): string => value.toLocaleString('en');
  const note = [
    `the largest batch tried under the ${count(TRANSACTION_GAS)} gas of a transaction has`,
    `${count(largest.accounts)} accounts and uses ${count(largest.gas)};`,
    `the local chain takes ${Math.round(rate)} batches of ${ACCOUNTS} accounts a second`,
  ];
  return rowOf(settlementRows.gas, [warmBatch / ACCOUNTS], [erc20Transfer], note.join(' '));
}

async function onChain<T>(cleanup: Cleanup, work: (url: string) => Promise<T>): Promise<T> {
  const starting = startAnvil({ ...MEASURED_CHAIN, signal: cleanup.signal });
  cleanup.add(async () => (await starting.catch(() => undefined))?.stop());
  const chain = await starting;
  try {
    return await work(chain.url);
  } finally {
    await chain.stop();
  }
}
