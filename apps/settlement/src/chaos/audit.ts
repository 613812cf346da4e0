import { postgresJournal } from '#events';
import { createPublicClient, getAbiItem, http } from 'viem';
import { settlementLedgerAbi } from '#contracts';
import {
  type AccountExpectation,
  checkAnchors,
  journalEvents,
  readRail,
  reconcile,
  replayLegs,
} from '../reconcile/index.js';
import { Quorum } from '../rpc/index.js';
import type { ChaosChain } from './chain.js';
import type { ChaosWorld } from './world.js';

/**
 * Waits until nothing is under way any more: every deposit recorded, every window cut, every leg final. A rail that was
 * frozen meanwhile is tried and then resumed by the risk officer.
 */
export async function converged(world: ChaosWorld): Promise<void> {
  const { feed, journal, chains } = world;
  let standing = '';
  await world.until(
    'every leg final',
    async () => {
      await journal.refresh();
      const { state } = journal;
      const rails = await Promise.all(
        chains.map(async (chain) => {
          const { rail, chainId } = chain;
          const due = journal.lastSeq(rail);
          const recorded = state.streams.get(`chain-${chainId}|deposits|USDT`)?.lastSequence ?? 0;
          const [onChain, deposits, isPaid] = await Promise.all([
            chain.lastSeq(),
            chain.deposits(),
            chain.isPaid(),
          ]);
          const line = `${rail}: ${due} due, ${onChain} on chain, ${journal.finalSeq(rail)} final, ${recorded}/${deposits} deposits, paid ${isPaid}`;
          const done = due === journal.finalSeq(rail) && due === onChain && recorded === deposits;
          return { line, done: done && isPaid };
        }),
      );
      standing = `window ${state.openWindow} of ${feed.window}; ${rails.map(({ line }) => line).join('; ')}`;
      return state.openWindow > feed.window && rails.every(({ done }) => done);
    },
    () => standing,
  );
}

/** What does not hold of a house at rest; nothing where all of it does. */
export async function findings(
  world: ChaosWorld,
  from: ReadonlyMap<string, number>,
): Promise<string[]> {
  const each = await Promise.all(
    world.chains.map((chain) => railFindings(world, chain, from.get(chain.rail) ?? 0)),
  );
  return each.flat();
}

async function railFindings(world: ChaosWorld, chain: ChaosChain, from: number): Promise<string[]> {
  const { journal } = world;
  const { rail, chainId, node, contracts } = chain;
  const found: string[] = [];
  for (let seq = from + 1; seq <= journal.lastSeq(rail); seq += 1) {
    const [own, recorded] = [await chain.batchHash(seq), journal.final.get(`${rail} ${seq}`)];
    if (own !== recorded) found.push(`${rail} ${seq}: ${own} on chain, ${recorded} in the journal`);
  }
  const quorum = new Quorum({ chainId, providers: [node.chain], agree: 1 });
  const accounts = [...journal.state.rails.byIndex.get(rail)!.values()];
  const block = await chain.height();
  const indexes = accounts.map(({ index }) => index);
  const onChain = await readRail(quorum, contracts, indexes, block);
  const expected = accounts.map(({ index, posted }): [number, AccountExpectation] => {
    const allotted = journal.withdrawn.get(`${rail} ${index}`) ?? 0n;
    return [index, { posted, pendingDeposits: 0n, inAir: 0n, allotted }];
  });
  const lastSeq = BigInt(journal.lastSeq(rail));
  const report = reconcile(rail, block, { lastSeq, accounts: new Map(expected) }, onChain);
  for (const { what, index, ledger, chain: has } of report.differences) {
    found.push(`${rail} ${what} ${index ?? ''}: ledger ${ledger}, chain ${has}`);
  }
  const posted = accounts.reduce((sum, account) => sum + account.posted, 0n);
  const credited = accounts.reduce((sum, account) => sum + account.credited, 0n);
  const out = expected.reduce((sum, [, { allotted }]) => sum + allotted, 0n);
  if (posted !== credited - out) {
    found.push(`${rail}: ${posted} posted of ${credited} brought and ${out} withdrawn`);
  }
  for (const { index, committed, posted: has } of accounts) {
    if (committed !== has) found.push(`${rail} index ${index}: ${committed - has} still in flight`);
  }
  return found;
}

/** The whole of it once more, from nothing: the journal replayed against every anchor, and who signed and sent what. */
export async function lastFindings(world: ChaosWorld): Promise<string[]> {
  const found = await findings(world, new Map());
  const journal = postgresJournal({ url: world.houseUrl });
  try {
    const legs = await replayLegs(journalEvents(journal));
    for (const chain of world.chains) {
      for (const anchors of await checkAnchors(chain.node.url, legs)) {
        const { rail, differences, settled, final, anchoredRoot, replayRoot } = anchors;
        found.push(...differences.map((each) => `${rail}: ${each}`));
        if (settled !== final) found.push(`${rail}: ${settled} settled, ${final} final`);
        if (anchoredRoot !== replayRoot) found.push(`${rail}: the last roots differ`);
      }
    }
  } finally {
    await journal.close();
  }
  for (const { database } of world.coSigners) found.push(...(await signedTwice(world, database)));
  for (const chain of world.chains) found.push(...(await unjournaled(world, chain)));
  return found;
}

/** Digests of one seq that a co-signer let stand beside each other. */
async function signedTwice(world: ChaosWorld, database: string): Promise<string[]> {
  const rows = await world.postgres.query<{ ledger: string; seq: string }>(
    database,
    `SELECT ledger, seq FROM cosign.signed WHERE NOT dead
      GROUP BY chain_id, ledger, seq HAVING count(*) > 1`,
  );
  return rows.map(({ ledger, seq }) => `${database} signed two batches ${seq} of ${ledger}`);
}

/** Batches on chain whose transaction no service had written down. */
async function unjournaled(world: ChaosWorld, chain: ChaosChain): Promise<string[]> {
  const known = new Set<string>();
  for (const memory of world.memories) {
    const rows = await world.postgres.query<{ tx_hash: string }>(
      memory,
      `SELECT tx_hash FROM settlement.tx_attempt WHERE chain_id = ${chain.chainId}`,
    );
    for (const { tx_hash: hash } of rows) known.add(hash);
  }
  const logs = await createPublicClient({ transport: http(chain.node.url) }).getLogs({
    address: chain.contracts.ledger,
    event: getAbiItem({ abi: settlementLedgerAbi, name: 'BatchSettled' }),
    fromBlock: 0n,
  });
  return logs
    .filter(({ transactionHash }) => !known.has(transactionHash))
    .map(({ transactionHash }) => `${chain.rail}: ${transactionHash} was sent and not journaled`);
}
