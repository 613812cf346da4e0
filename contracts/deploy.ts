import { createHash } from 'node:crypto';
import {
  type Account,
  type Address,
  type Chain,
  encodeDeployData,
  encodeFunctionData,
  getContractAddress,
  type Hex,
  type PublicClient,
  type Transport,
  type WalletClient,
} from 'viem';
import { artifact, type ContractName } from './artifact.js';
import { collateralVaultAbi } from './generated/abi.js';
import { minedReceipt } from './receipt.js';
import { domainOf, type OperatorSigner, quorumOf } from './typed-data.js';

/** Who pays for and sends the deployment: one account, used by nobody else meanwhile. */
export interface Deployer {
  readonly wallet: WalletClient<Transport, Chain, Account>;
  readonly reader: PublicClient<Transport, Chain>;
}

/** A token and its limits, amounts in rail units (10^-railScale). */
export interface RailOptions {
  readonly token: Address;
  readonly tokenDecimals: number;
  /** The smaller of the token's decimals and the asset's scale in the ledger. */
  readonly railScale: number;
  /** Most the vault holds. Default: 2^95 - 1, the most there can be. */
  readonly cap?: bigint;
  /** Claims per hour and per day, in 1/10,000 of what is held. Default: 100 and 1,000. */
  readonly hourlyBps?: number;
  readonly dailyBps?: number;
  /** Can be claimed per hour and per day whatever the share. Default: 0. */
  readonly claimFloor?: bigint;
  /** Most one batch may move. Default: the cap. */
  readonly maxGross?: bigint;
  /** Lowest balance of a house account, at most 0. Default: 0. */
  readonly houseFloor?: bigint;
}

export interface DeployOptions extends Deployer {
  /** Name of the log whose batches are settled there: its checkpoint origin. */
  readonly origin: string;
  /** The first operators, in any order; `threshold` of them sign the registration of the tokens. */
  readonly operators: readonly OperatorSigner[];
  /** More than half of the operators. */
  readonly threshold: number;
  readonly guardians: readonly Address[];
  readonly tokens: readonly RailOptions[];
  /** Seconds a new set of operators waits. Default: 14 days, longer than two graces. */
  readonly setDelay?: number;
  /** Seconds between two pauses, at least 72 hours. Default: 72 hours. */
  readonly cooldown?: number;
  /** Seconds the operators have to serve a forced exit, more than 72 hours. Default: 7 days. */
  readonly grace?: number;
}

export interface DeployedRail {
  readonly token: Address;
  readonly ledger: Address;
  readonly forcedExit: Address;
}

export interface DeployedChain {
  readonly chainId: number;
  readonly registry: Address;
  readonly guardian: Address;
  readonly vault: Address;
  /** In the order of the tokens. */
  readonly rails: readonly DeployedRail[];
}

const MAX_CAP = 2n ** 95n - 1n;
const DAY_SECONDS = 86_400;

/** Sends transactions of one account one after the other and knows the address of the next contract. */
class Lane {
  private constructor(
    private readonly deployer: Deployer,
    private nonce: number,
  ) {}

  static async open(deployer: Deployer): Promise<Lane> {
    const { address } = deployer.wallet.account;
    return new Lane(deployer, await deployer.reader.getTransactionCount({ address }));
  }

  /** Address of the contract made by the transaction `ahead` of the next one. */
  addressOf(ahead = 0): Address {
    const from = this.deployer.wallet.account.address;
    return getContractAddress({ from, nonce: BigInt(this.nonce + ahead) });
  }

  async deploy(name: ContractName, args: readonly unknown[]): Promise<Address> {
    const { abi, bytecode } = artifact(name);
    const expected = this.addressOf();
    await this.send(encodeDeployData({ abi, bytecode, args: [...args] }));
    return expected;
  }

  async send(data: Hex, to?: Address): Promise<void> {
    const { wallet, reader } = this.deployer;
    const request = { data, nonce: this.nonce, ...(to === undefined ? {} : { to }) };
    const hash = await wallet.sendTransaction(request);
    this.nonce += 1;
    await minedReceipt(reader, hash);
  }
}

/** An ordinary token with a public `mint`, for local chains. */
export async function deployTestToken(
  deployer: Deployer,
  token: { readonly name: string; readonly symbol: string; readonly decimals: number },
): Promise<Address> {
  const lane = await Lane.open(deployer);
  return await lane.deploy('TestToken', [token.name, token.symbol, token.decimals]);
}

/**
 * Deploys a chain's contracts and registers its tokens. Contracts that name each other are given the addresses the
 * deployer's next transactions will have. Throws where a transaction reverts.
 */
export async function deployChain(options: DeployOptions): Promise<DeployedChain> {
  const lane = await Lane.open(options);
  const operators = options.operators
    .map(({ address }) => address)
    .toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  const guardian = lane.addressOf(1);
  const setDelay = BigInt(options.setDelay ?? 14 * DAY_SECONDS);
  const registry = await lane.deploy('OperatorRegistry', [
    operators,
    options.threshold,
    setDelay,
    guardian,
  ]);
  const cooldown = BigInt(options.cooldown ?? 3 * DAY_SECONDS);
  await lane.deploy('Guardian', [options.guardians, cooldown, registry]);
  const vault = await lane.deploy('CollateralVault', [registry, guardian]);
  const core = { registry, guardian, vault };
  const rails: DeployedRail[] = [];
  for (const token of options.tokens) rails.push(await deployRail(lane, options, core, token));
  return { chainId: options.wallet.chain.id, ...core, rails };
}

type Core = Pick<DeployedChain, 'registry' | 'guardian' | 'vault'>;

async function deployRail(
  lane: Lane,
  options: DeployOptions,
  { registry, guardian, vault }: Core,
  rail: RailOptions,
): Promise<DeployedRail> {
  const { token, cap = MAX_CAP } = rail;
  const forcedExit = lane.addressOf(1);
  const ledger = await lane.deploy('SettlementLedger', [
    {
      ...{ registry, guardian, vault, forcedExit, token },
      origin: `0x${createHash('sha256').update(options.origin).digest('hex')}`,
      maxGross: rail.maxGross ?? cap,
      houseFloor: rail.houseFloor ?? 0n,
    },
  ]);
  const grace = BigInt(options.grace ?? 7 * DAY_SECONDS);
  await lane.deploy('ForcedExit', [registry, ledger, vault, grace]);
  const config = {
    ...{ token, ledger, cap },
    tokenDecimals: rail.tokenDecimals,
    railScale: rail.railScale,
    hourlyBps: rail.hourlyBps ?? 100,
    dailyBps: rail.dailyBps ?? 1_000,
    claimFloor: rail.claimFloor ?? 0n,
  };
  const { timestamp } = await options.reader.getBlock();
  const deadline = timestamp + BigInt(DAY_SECONDS);
  const domain = domainOf('CollateralVault', options.wallet.chain.id, vault);
  const signers = options.operators.slice(0, options.threshold);
  const sigs = await quorumOf(signers, domain, 'TokenRegistration', { ...config, deadline });
  await lane.send(
    encodeFunctionData({
      abi: collateralVaultAbi,
      functionName: 'registerToken',
      args: [config, deadline, sigs],
    }),
    vault,
  );
  return { token, ledger, forcedExit };
}
