import {
  type Chain,
  createPublicClient,
  createWalletClient,
  defineChain,
  encodeFunctionData,
  type Hex,
  http,
  maxUint256,
} from 'viem';
import { mnemonicToAccount, privateKeyToAccount } from 'viem/accounts';
import {
  collateralVaultAbi,
  deployChain,
  deployTestToken,
  type Deployer,
  settlementLedgerAbi,
  testTokenAbi,
} from '#contracts';
import { ANVIL_MNEMONIC, type AnvilServer, startAnvil } from '../../../../infra/local/index.js';
import type { Cleanup } from '../terminal/cleanup.js';
import type { Progress } from '../terminal/progress.js';
import {
  demoKey,
  type DemoDeposit,
  openingDeposits,
  type RailContracts,
  railScaleOf,
  tokenDecimals,
} from './rails.js';
import { assets, chains } from './reference.js';

/** Milliseconds between two blocks that nobody asked for: they make the ones before them final. */
const BLOCK_MS = 300;
/** Operators, and how many of them have to sign. */
export const OPERATORS = 3;
export const THRESHOLD = 2;

/** A local chain with the house's contracts on it. */
export interface LocalChain {
  readonly chainId: number;
  readonly url: string;
  readonly deployer: Deployer;
  readonly contracts: readonly RailContracts[];
}

/** Keys of the operators' co-signers: known to everybody, for this is a demo. */
export const operatorKeys: readonly Hex[] = Array.from({ length: OPERATORS }, (_, i) =>
  demoKey(`operator ${i + 1}`),
);
/** Sends the batches; holds gas and nothing else. */
export const submitterKey: Hex = demoKey('submitter');

/** Starts two real nodes, each with its own operators' registry, vault, and a ledger per asset. */
export async function startChains(
  origin: string,
  progress: Progress,
  cleanup: Cleanup,
): Promise<readonly LocalChain[]> {
  const local = await Promise.all(
    chains.map(async ({ chainId }) => {
      const server = await startAnvil({
        ...{ chainId, slotsInAnEpoch: 1, signal: cleanup.signal },
        progress: (line) => progress.step(line),
      });
      cleanup.add(() => server.stop());
      return await deploy(server, origin);
    }),
  );
  for (const { url } of local) keepMining(url, cleanup);
  const contracts = local.reduce((sum, each) => sum + each.contracts.length, 0);
  progress.step(
    `${local.length} local chains, ${contracts} settlement ledgers, operators ${THRESHOLD} of ${OPERATORS}`,
  );
  return local;
}

async function deploy({ url, chainId }: AnvilServer, origin: string): Promise<LocalChain> {
  const chain = localChain(chainId, url);
  const transport = http(url);
  const deployer: Deployer = {
    wallet: createWalletClient({ account: mnemonicToAccount(ANVIL_MNEMONIC), chain, transport }),
    reader: createPublicClient({ chain, transport, pollingInterval: 20 }),
  };
  const { address: submitter } = privateKeyToAccount(submitterKey);
  const hash = await deployer.wallet.sendTransaction({ to: submitter, value: 10n ** 21n });
  await deployer.reader.waitForTransactionReceipt({ hash });
  const tokens = [];
  for (const { asset, scale, opening, guarantee } of assets) {
    const decimals = tokenDecimals[asset]!;
    const token = await deployTestToken(deployer, { name: asset, symbol: asset, decimals });
    const railScale = railScaleOf({ asset, scale, opening, guarantee });
    tokens.push({ token, tokenDecimals: decimals, railScale });
  }
  const { registry, vault, rails } = await deployChain({
    ...deployer,
    ...{ origin, tokens, threshold: THRESHOLD },
    operators: operatorKeys.map((key) => privateKeyToAccount(key)),
    guardians: [privateKeyToAccount(demoKey('guardian')).address],
  });
  const lower = (address: Hex): Hex => address.toLowerCase() as Hex;
  const contracts = rails.map(({ token, ledger, forcedExit }, i): RailContracts => ({
    ...{ chainId, asset: assets[i]!.asset, token: lower(token), ledger: lower(ledger) },
    ...{ vault: lower(vault), registry: lower(registry), forcedExit: lower(forcedExit) },
  }));
  return { chainId, url, deployer, contracts };
}

function localChain(id: number, url: string): Chain {
  return defineChain({
    ...{ id, name: `local chain ${id}` },
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
}

function keepMining(url: string, cleanup: Cleanup): void {
  const timer = setInterval(() => void mine(url), BLOCK_MS);
  cleanup.add(() => clearInterval(timer));
}

/** A node that is being stopped does not answer, and need not. */
async function mine(url: string): Promise<void> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'evm_mine', params: [] });
  const headers = { 'content-type': 'application/json' };
  await fetch(url, { method: 'POST', headers, body }).catch(() => undefined);
}

/**
 * Makes the opening deposits of a chain, in their order: the vault numbers them, and the numbers are part of the house's
 * state. One account pays for all; whom a deposit is for is what it says.
 */
export async function depositAll(chain: LocalChain): Promise<number> {
  const { deployer } = chain;
  const deposits = openingDeposits(chain.chainId);
  let nonce = await deployer.reader.getTransactionCount({
    address: deployer.wallet.account.address,
  });
  let last: Hex | undefined;
  const send = async (to: Hex, data: Hex): Promise<void> => {
    last = await deployer.wallet.sendTransaction({ to, data, nonce, gas: 500_000n });
    nonce += 1;
  };
  for (const rail of chain.contracts) {
    const own = deposits.filter(({ asset }) => asset === rail.asset);
    await fund(rail, own, deployer.wallet.account.address, send);
    for (const { index, amount } of own) {
      const args = [rail.token, index, tokenUnits(rail.asset, amount)] as const;
      const call = { abi: collateralVaultAbi, functionName: 'deposit', args } as const;
      await send(rail.vault, encodeFunctionData(call));
    }
  }
  if (last !== undefined) await deployer.reader.waitForTransactionReceipt({ hash: last });
  return deposits.length;
}

async function fund(
  { asset, token, vault }: RailContracts,
  deposits: readonly DemoDeposit[],
  payer: Hex,
  send: (to: Hex, data: Hex) => Promise<void>,
): Promise<void> {
  const all = deposits.reduce((sum, { amount }) => sum + tokenUnits(asset, amount), 0n);
  const minted = { abi: testTokenAbi, functionName: 'mint', args: [payer, all] } as const;
  const approved = {
    abi: testTokenAbi,
    functionName: 'approve',
    args: [vault, maxUint256],
  } as const;
  await send(token, encodeFunctionData(minted));
  await send(token, encodeFunctionData(approved));
}

/** Rail units as the token counts. */
function tokenUnits(asset: string, amount: bigint): bigint {
  const scale = railScaleOf(assets.find((each) => each.asset === asset)!);
  return amount * 10n ** BigInt(tokenDecimals[asset]! - scale);
}

/** Whether every place of a chain is open on it: only then can money be brought there. */
export async function allOpen(
  { deployer, contracts }: LocalChain,
  asset: string,
  index: number,
): Promise<boolean> {
  const rail = contracts.find((each) => each.asset === asset)!;
  const owner = await deployer.reader.readContract({
    address: rail.ledger,
    abi: settlementLedgerAbi,
    functionName: 'ownerOf',
    args: [index],
  });
  return BigInt(owner) !== 0n;
}
