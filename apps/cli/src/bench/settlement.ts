import type { StandardMerkleTree } from '@openzeppelin/merkle-tree';
import {
  type BalanceLeaf,
  BalanceTree,
  verifyBalanceProof,
} from '../../../settlement/src/tree/index.js';
import type { Cleanup } from '../terminal/cleanup.js';
import { uniform } from './risk-load.js';
import { benchGas } from './settlement-gas.js';
import { settlementRows } from './settlement-rows.js';
import { interleave, median, rateOf, rowOf, type BenchRow, type SampleHook } from './statistics.js';

const ACCOUNTS = 100_000;
const CHANGED = 200;
/** The peer takes ten seconds for one. */
const MOST_SAMPLES = 3;
/** Updates behind one sample of ours: one alone is over in milliseconds. */
const UPDATES = 50;
const SHAPE = ['uint32', 'address', 'uint128', 'uint128'];

interface OpenZeppelin {
  readonly StandardMerkleTree: typeof StandardMerkleTree;
}

/** Rows of the contracts and of the balance tree; of the tree none where the peer, which only developers install, is absent. */
export async function benchSettlement(
  wanted: readonly string[],
  samples: number,
  onSample: SampleHook,
  cleanup: Cleanup,
): Promise<BenchRow[]> {
  const { gas, ...tree } = settlementRows;
  const rows = wanted.includes(gas.id) ? [await benchGas(cleanup)] : [];
  if (!Object.values(tree).some(({ id }) => wanted.includes(id))) return rows;
  return [...rows, ...(await benchTrees(wanted, samples, onSample))];
}

async function benchTrees(
  wanted: readonly string[],
  samples: number,
  onSample: SampleHook,
): Promise<BenchRow[]> {
  const peer = await import('@openzeppelin/merkle-tree').catch(() => undefined);
  if (peer === undefined) return [];
  const rows = await benchTree(peer, Math.min(samples, MOST_SAMPLES), onSample);
  return rows.filter(({ id }) => wanted.includes(id));
}

async function benchTree(
  { StandardMerkleTree }: OpenZeppelin,
  samples: number,
  onSample: SampleHook,
): Promise<BenchRow[]> {
  const leaves = Array.from({ length: ACCOUNTS }, (_, index) => leafOf(index, 1n));
  const values = leaves.map(({ index, owner, balance, credited }) => {
    return [index, owner, balance, credited];
  });
  const changes = changedLeaves();
  const tree = await BalanceTree.open();
  tree.set(leaves);
  const rates = await interleave(
    {
      changed: () => rateOf(CHANGED * UPDATES, () => changes.forEach((each) => update(tree, each))),
      built: async () => {
        const fresh = await BalanceTree.open();
        return rateOf(ACCOUNTS, () => update(fresh, leaves));
      },
      peer: () => rateOf(ACCOUNTS, () => StandardMerkleTree.of(values, SHAPE).root),
    },
    samples,
    onSample,
  );
  checkRoot(tree, changes.flat());
  const anew = rates.peer.map((rate) => (rate * CHANGED) / ACCOUNTS);
  const milliseconds = (1000 * CHANGED) / median(rates.changed);
  const note = `one update of 200 leaves takes ${milliseconds.toFixed(1)} ms`;
  return [
    rowOf(settlementRows.changed, rates.changed, anew, note),
    rowOf(settlementRows.built, rates.built, rates.peer),
  ];
}

function update(tree: BalanceTree, leaves: readonly BalanceLeaf[]): string {
  tree.set(leaves);
  return tree.root();
}

/** What was timed was done: the changed leaves are in the root, which a second implementation checks. */
function checkRoot(tree: BalanceTree, changes: readonly BalanceLeaf[]): void {
  const last = new Map(changes.map((leaf) => [leaf.index, leaf]));
  for (const leaf of [...last.values()].slice(0, CHANGED)) {
    if (!verifyBalanceProof(tree.root(), leaf, tree.prove(leaf.index))) {
      throw new Error(`leaf ${leaf.index} is not in the root`);
    }
  }
}

function changedLeaves(): BalanceLeaf[][] {
  const next = uniform(11);
  const change = (): BalanceLeaf =>
    leafOf(Math.floor(next() * ACCOUNTS), BigInt((1e9 * next()) | 0));
  return Array.from({ length: UPDATES }, () => Array.from({ length: CHANGED }, change));
}

function leafOf(index: number, balance: bigint): BalanceLeaf {
  const owner = `0x${(index + 1).toString(16).padStart(40, '0')}` as const;
  return { index, owner, balance, credited: 1n };
}
