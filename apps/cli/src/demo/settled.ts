import {
  type Address,
  createPublicClient,
  encodeFunctionData,
  getAbiItem,
  type Hex,
  http,
} from 'viem';
import type { Journal } from '#events';
import type { HouseState } from '#ledger';
import { collateralVaultAbi, settlementLedgerAbi, testTokenAbi } from '#contracts';
import { httpChain } from '../../../settlement/src/chain/index.js';
import {
  type AccountExpectation,
  type RailReport,
  readRail,
  reconcile,
} from '../../../settlement/src/reconcile/index.js';
import { Quorum } from '../../../settlement/src/rpc/index.js';
import {
  checkAnchors,
  confirmBalance,
  journalEvents,
  type RailAnchors,
  replayLegs,
  type ReplayedLegs,
} from '../chain/anchors.js';
import { pretty } from '../render/decimal.js';
import { table } from '../render/table.js';
import type { Progress } from '../terminal/progress.js';
import type { ClearingApi } from './api.js';
import type { LocalChain } from './chains.js';
import type { DemoKeys } from './keys.js';
import { addressOf, places } from './rails.js';
import type { OperatorCommand } from './reference.js';

/** The demo's one withdrawal: whose, and how much. */
export const WITHDRAWAL = {
  withdrawalId: 'demo-withdrawal',
  member: 'M01',
  account: 'M01-H',
  asset: 'USDT',
  amount: '1000',
} as const;
const RECIPIENT = addressOf('M01 cold wallet');

/** A member asks for some of its collateral back: reserved at once, in the first cycle's batch, final with it. */
export async function withdrawOnce(api: ClearingApi, keys: DemoKeys): Promise<void> {
  const { member, ...asked } = WITHDRAWAL;
  const command: OperatorCommand = {
    kind: 'request-withdrawal',
    idempotencyKey: WITHDRAWAL.withdrawalId,
    body: { ...asked, destination: 'cold wallet', to: RECIPIENT },
  };
  await api.commandBy(keys.members.get(member) ?? '', command);
}

/** One rail, after everything: chain against ledger, and what it cost. */
export interface SettledRail {
  readonly rail: string;
  readonly scale: number;
  readonly report: RailReport;
  readonly anchors: RailAnchors;
  readonly batches: number;
  /** Gas of all batches after the first, and the accounts they moved. */
  readonly gas: bigint;
  readonly moved: number;
}

export interface SettledDemo {
  readonly rails: readonly SettledRail[];
  readonly chains: number;
  readonly erc20TransferGas: number;
  /** The contract took the proof of the withdrawing member's balance. */
  readonly proofConfirmed: boolean;
  /** Tokens that arrived at the member's own address. */
  readonly withdrawn: {
    readonly asset: string;
    readonly tokens: bigint;
    readonly decimals: number;
  };
}

/** Asks both chains what is on them, claims the withdrawal, and compares everything with an offline replay. */
export async function examineChains(
  chains: readonly LocalChain[],
  journal: Journal,
  state: HouseState,
  progress: Progress,
): Promise<SettledDemo> {
  const legs = await replayLegs(journalEvents(journal));
  const rails: SettledRail[] = [];
  for (const chain of chains) {
    const anchors = await checkAnchors(chain.url, legs);
    for (const each of anchors) rails.push(await settledRail(chain, each, state, legs));
  }
  const proofConfirmed = await confirmed(chains, legs);
  const withdrawn = await claim(chains);
  const erc20TransferGas = await transferGas(chains[0]!);
  const batches = rails.reduce((sum, rail) => sum + rail.batches, 0);
  progress.step(`compared ${rails.length} rails and ${batches} anchors with their chains`);
  return { rails, chains: chains.length, erc20TransferGas, proofConfirmed, withdrawn };
}

/** One member's own check: leaf and path from the replay, the answer from the contract. */
async function confirmed(chains: readonly LocalChain[], { copy }: ReplayedLegs): Promise<boolean> {
  const { account, asset } = WITHDRAWAL;
  const { chainId, index } = homeOf(account, asset);
  const rail = `${chainId}/${asset}`;
  const { ledger, finalSeq } = copy.state.rails.rails.get(rail)!;
  const proof = copy.proveBalance(rail, index, finalSeq);
  if (proof === undefined) return false;
  const { url } = chains.find((chain) => chain.chainId === chainId)!;
  return confirmBalance(url, ledger as Address, finalSeq, { ...proof, index });
}

const homeOf = (account: string, asset: string) =>
  places.find((place) => place.account === account && place.asset === asset)!;

async function settledRail(
  { url, chainId, contracts }: LocalChain,
  anchors: RailAnchors,
  state: HouseState,
  legs: ReplayedLegs,
): Promise<SettledRail> {
  const { rail } = anchors;
  const terms = state.rails.rails.get(rail)!;
  const place = contracts.find(({ asset }) => asset === terms.asset)!;
  const quorum = new Quorum({ chainId, providers: [httpChain({ url, name: rail })], agree: 1 });
  const own = [...state.rails.byIndex.get(rail)!.values()];
  const reader = createPublicClient({ transport: http(url) });
  const block = await reader.getBlock();
  const at = { blockHash: block.hash };
  const indexes = own.map(({ index }) => index);
  const onChain = await readRail(quorum, place, indexes, at);
  const allotted = withdrawnBy(rail, legs);
  const expected = {
    lastSeq: BigInt(terms.finalSeq),
    accounts: new Map(
      own.map(({ index, posted }): [number, AccountExpectation] => [
        index,
        { posted, pendingDeposits: 0n, inAir: 0n, allotted: allotted.get(index) ?? 0n },
      ]),
    ),
  };
  const report = reconcile(rail, block.number, expected, onChain);
  return { rail, scale: terms.railScale, report, anchors, ...(await costOf(url, place.ledger)) };
}

function withdrawnBy(rail: string, { anchors }: ReplayedLegs): Map<number, bigint> {
  const sums = new Map<number, bigint>();
  for (const { rail: of, data } of anchors) {
    if (of !== rail) continue;
    for (const { index, amount } of data.withdrawals) {
      sums.set(index, (sums.get(index) ?? 0n) + BigInt(amount));
    }
  }
  return sums;
}

/** What the batches of a ledger cost. The first touches every account for the first time, so it is left out. */
async function costOf(
  url: string,
  ledger: Address,
): Promise<Pick<SettledRail, 'batches' | 'gas' | 'moved'>> {
  const reader = createPublicClient({ transport: http(url) });
  const logs = await reader.getLogs({
    address: ledger,
    event: getAbiItem({ abi: settlementLedgerAbi, name: 'BatchSettled' }),
    fromBlock: 0n,
    strict: true,
  });
  let gas = 0n;
  let moved = 0;
  for (const { args, transactionHash } of logs) {
    if (args.seq === 1n) continue;
    gas += (await reader.getTransactionReceipt({ hash: transactionHash })).gasUsed;
    moved += args.count;
  }
  return { batches: logs.length, gas, moved };
}

/** Anybody may claim for a member: the tokens go to the address it named, and to no other. */
async function claim(chains: readonly LocalChain[]): Promise<SettledDemo['withdrawn']> {
  const { account, asset } = WITHDRAWAL;
  const home = homeOf(account, asset);
  const { deployer, contracts } = chains.find(({ chainId }) => chainId === home.chainId)!;
  const rail = contracts.find((each) => each.asset === asset)!;
  const { wallet, reader } = deployer;
  const vault = { address: rail.vault, abi: collateralVaultAbi } as const;
  const owed = await reader.readContract({
    ...vault,
    functionName: 'claimable',
    args: [rail.token, RECIPIENT],
  });
  if (owed > 0n) {
    const args = [rail.token, RECIPIENT, owed] as const;
    const data = encodeFunctionData({ ...vault, functionName: 'claim', args });
    const hash = await wallet.sendTransaction({ to: rail.vault, data });
    await reader.waitForTransactionReceipt({ hash });
  }
  const token = { address: rail.token, abi: testTokenAbi } as const;
  const [tokens, decimals] = await Promise.all([
    reader.readContract({ ...token, functionName: 'balanceOf', args: [RECIPIENT] }),
    reader.readContract({ ...token, functionName: 'decimals' }),
  ]);
  return { asset, tokens, decimals };
}

/** Gas of an ERC-20 transfer to an address that holds some already, measured here and now. */
async function transferGas({ deployer, contracts }: LocalChain): Promise<number> {
  const { wallet, reader } = deployer;
  const { token } = contracts[0]!;
  const to = addressOf('holder');
  const send = async (functionName: 'mint' | 'transfer', who: Hex): Promise<bigint> => {
    const data = encodeFunctionData({ abi: testTokenAbi, functionName, args: [who, 1_000n] });
    const hash = await wallet.sendTransaction({ to: token, data });
    return (await reader.waitForTransactionReceipt({ hash })).gasUsed;
  };
  await send('mint', wallet.account.address);
  await send('mint', to);
  return Number(await send('transfer', to));
}

/** Whether every balance on chain is the ledger's, and every batch there is the one a replay makes. */
export function chainsAgree({ rails, proofConfirmed, withdrawn }: SettledDemo): boolean {
  const paid = BigInt(WITHDRAWAL.amount) * 10n ** BigInt(withdrawn.decimals);
  return (
    rails.length > 0 &&
    withdrawn.tokens === paid &&
    proofConfirmed &&
    rails.every(
      ({ report, anchors }) =>
        report.differences.length === 0 &&
        anchors.differences.length === 0 &&
        anchors.settled === anchors.final &&
        anchors.anchoredRoot === anchors.replayRoot,
    )
  );
}

/** Gas per account moved, over all batches but each rail's first. */
function gasPerAccount({ rails }: SettledDemo): number {
  const gas = rails.reduce((sum, rail) => sum + Number(rail.gas), 0);
  const moved = rails.reduce((sum, rail) => sum + rail.moved, 0);
  return moved === 0 ? 0 : Math.round(gas / moved);
}

const sumOf = (rails: readonly SettledRail[], of: (rail: SettledRail) => number): number =>
  rails.reduce((sum, rail) => sum + of(rail), 0);

/** The object `settlement` of the demo's JSON. */
export function settledJson(settled: SettledDemo): object {
  const { rails, chains, erc20TransferGas, proofConfirmed, withdrawn } = settled;
  return {
    chains,
    batches: sumOf(rails, ({ batches }) => batches),
    ledgerEqualsContract: rails.every(({ report }) => report.differences.length === 0),
    gasPerAccount: gasPerAccount(settled),
    erc20TransferGas,
    anchoredRoot: rails.map(({ anchors }) => anchors.anchoredRoot ?? ''),
    replayRoot: rails.map(({ anchors }) => anchors.replayRoot ?? ''),
    balanceProofConfirmed: proofConfirmed,
    withdrawals: [
      {
        account: WITHDRAWAL.account,
        asset: withdrawn.asset,
        requested: WITHDRAWAL.amount,
        received: pretty(withdrawn.tokens, withdrawn.decimals).replaceAll(',', ''),
      },
    ],
  };
}

/** Ledger against contract, rail by rail, in whole units of the asset. */
export function settledTable({ rails }: SettledDemo): string {
  const right = (title: string): { title: string; align: 'right' } => ({ title, align: 'right' });
  const rows = rails.map(({ rail, scale, report, anchors, batches, gas, moved }) => {
    const { ledgerBalance, contractBalance, accounts, differences } = report;
    const same = anchors.differences.length === 0 && anchors.anchoredRoot === anchors.replayRoot;
    return [
      rail,
      String(accounts),
      pretty(ledgerBalance, scale),
      pretty(contractBalance, scale),
      differences.length === 0 ? '0' : pretty(contractBalance - ledgerBalance, scale),
      String(batches),
      moved === 0 ? '-' : pretty(gas / BigInt(moved), 0),
      same ? `${(anchors.anchoredRoot ?? '').slice(0, 12)}… equal` : 'DIFFERS',
    ];
  });
  return table(
    [
      { title: 'rail' },
      right('accounts'),
      right('ledger balance'),
      right('contract balance'),
      right('difference'),
      right('batches'),
      right('gas per account'),
      { title: 'root anchored = root replayed' },
    ],
    rows,
    { title: 'Settled on chain: every account compared, not only the sums' },
  );
}

/** Lines of the demo's summary. */
export function settledLines(settled: SettledDemo): [name: string, value: string][] {
  const { rails, chains, erc20TransferGas, proofConfirmed, withdrawn } = settled;
  const gas = gasPerAccount(settled);
  const accounts = sumOf(rails, ({ moved }) => moved);
  const batches = sumOf(rails, ({ batches }) => batches);
  const received = pretty(withdrawn.tokens, withdrawn.decimals, 2);
  return [
    ['chains', `${chains}, ${batches} batches final, co-signed 2 of 3`],
    [
      'gas per account',
      `${pretty(BigInt(gas), 0)} over ${accounts} payments; an ERC-20 transfer took ${pretty(BigInt(erc20TransferGas), 0)}`,
    ],
    ['withdrawal', `${received} ${withdrawn.asset} of ${WITHDRAWAL.account} claimed on chain`],
    [
      'balance proof',
      proofConfirmed ? `of ${WITHDRAWAL.account} confirmed by the contract` : 'NOT CONFIRMED',
    ],
  ];
}
