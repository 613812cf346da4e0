import {
  type Address,
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  type Hex,
  http,
  type TransactionReceipt,
} from 'viem';
import { foundry } from 'viem/chains';
import {
  collateralVaultAbi,
  deployChain,
  type DeployedChain,
  deployTestToken,
  forcedExitAbi,
  settlementLedgerAbi,
  testTokenAbi,
} from '#contracts';
import { type Batch, legToBatch, type Opening } from '../../batch/index.js';
import { HouseCopy, readLine } from '../../house/index.js';
import { houseKey, HouseServer, keyEvent } from '../../testing/house-server.js';
import { openAs, RailHouse, spec, terms } from '../../testing/house.js';
import { funded, startNode, type TestNode } from '../../testing/node.js';
import { recorded } from '../../testing/recorded-day.js';
import type { Contracts } from '../quorum-view.js';

export const CHAIN = 31_337;
export const RAIL = `${CHAIN}/USDT`;
const UNITS = 1_000_000n;

export const lower = (address: string): Hex => address.toLowerCase() as Hex;

/** A request answered by co-signers, as the contract takes it. */
export interface Sig {
  readonly signer: Hex;
  readonly data: Hex;
}

/**
 * A house with a rail on a real local chain, and its log as a server shows it. Operators are anvil's accounts 1 to 3, two of
 * whom have to sign; accounts M1-H and M2-H have the indices 16 and 17 in the log, and on chain once they are opened there.
 */
export class RealRail {
  private constructor(
    readonly node: TestNode,
    readonly feed: HouseServer,
    readonly house: RailHouse,
    private readonly chain: DeployedChain,
  ) {}

  static async start(): Promise<RealRail> {
    const node = await startNode({ chainId: CHAIN });
    const deployer = {
      wallet: createWalletClient({ ...via(node), account: funded(0) }),
      reader: createPublicClient(via(node)),
    };
    const token = await deployTestToken(deployer, { name: 'D', symbol: 'D', decimals: 6 });
    const chain = await deployChain({
      ...deployer,
      origin: houseKey.verifier.name,
      operators: [1, 2, 3].map(funded),
      threshold: 2,
      guardians: [funded(4).address],
      tokens: [{ token, tokenDecimals: 6, railScale: 6 }],
    });
    const feed = new HouseServer();
    await feed.start();
    feed.record([keyEvent()]);
    const rail = new RealRail(node, feed, openAs(new RailHouse(), [spec()]), chain);
    rail.settleThere();
    rail.publish();
    return rail;
  }

  async stop(): Promise<void> {
    await this.feed.stop();
    await this.node.stop();
  }

  get ledger(): Hex {
    return lower(this.chain.rails[0]!.ledger);
  }

  get contracts(): Contracts {
    const { registry, vault, rails } = this.chain;
    return { registry: lower(registry), vault: lower(vault), token: lower(rails[0]!.token) };
  }

  /** Puts what the house decided since into its log. */
  publish(): void {
    const from = this.feed.lines.length;
    this.feed.record(recorded(this.house.events.slice(from - 1), from));
  }

  /** What the house does for a leg: the mark moves, the window is cut. */
  cut(mark: string): void {
    this.house.mark(mark);
    this.house.cut();
    this.publish();
  }

  async now(): Promise<{ readonly time: bigint; readonly block: number }> {
    const { timestamp, number } = await createPublicClient(via(this.node)).getBlock();
    return { time: timestamp, block: Number(number) };
  }

  /** Openings of both accounts, as the log has them. */
  get openings(): Opening[] {
    return [16, 17].map((index) => ({
      index,
      owner: lower(`0x${`${100 + index}`.padStart(40, '0')}`),
    }));
  }

  open(deadline: bigint, sigs: readonly Sig[]): Promise<TransactionReceipt> {
    const args = [this.openings, 1n, deadline, sigs] as const;
    const call = { abi: settlementLedgerAbi, functionName: 'openAccounts', args } as const;
    return this.send(this.ledger, encodeFunctionData(call));
  }

  settle({ header, payload }: Batch, sigs: readonly Sig[]): Promise<TransactionReceipt> {
    const bytes: Hex = `0x${Buffer.from(payload).toString('hex')}`;
    const args = [header, bytes, sigs] as const;
    const call = { abi: settlementLedgerAbi, functionName: 'settle', args } as const;
    return this.send(this.ledger, encodeFunctionData(call));
  }

  /** Mints, approves and deposits on chain, and has the house credit it. */
  async deposit(account: string, index: number, usdt: bigint): Promise<void> {
    const { token, vault } = this.contracts;
    const amount = usdt * UNITS;
    const mint = [funded(0).address, amount] as const;
    await this.send(
      token,
      encodeFunctionData({ abi: testTokenAbi, functionName: 'mint', args: mint }),
    );
    const approve = { abi: testTokenAbi, functionName: 'approve', args: [vault, amount] } as const;
    await this.send(token, encodeFunctionData(approve));
    const args = [token, index, amount] as const;
    const call = { abi: collateralVaultAbi, functionName: 'deposit', args } as const;
    const { transactionHash, blockNumber, blockHash } = await this.send(
      vault,
      encodeFunctionData(call),
    );
    const place = { transaction: transactionHash, block: Number(blockNumber), blockHash };
    const refused = this.house.chainDeposit(account, String(usdt), CHAIN, {}, place);
    if (refused !== undefined) throw new Error(`deposit: ${refused}`);
  }

  /** The owner of an index asks for its money: an address nobody has the key of, so the node speaks for it. */
  async requestExit(index: number): Promise<void> {
    const { owner } = this.openings.find((each) => each.index === index)!;
    await this.node.rpc('anvil_setBalance', [owner, '0xde0b6b3a7640000']);
    await this.node.rpc('anvil_impersonateAccount', [owner]);
    const args = [index] as const;
    const data = encodeFunctionData({ abi: forcedExitAbi, functionName: 'requestExit', args });
    const asked = { from: owner, to: this.chain.rails[0]!.forcedExit, data };
    const hash = (await this.node.rpc('eth_sendTransaction', [asked])) as Hex;
    await createPublicClient(via(this.node)).waitForTransactionReceipt({ hash });
  }

  /** The log so far, folded. */
  async folded(): Promise<HouseCopy> {
    const copy = await HouseCopy.open();
    for (const [i, line] of this.feed.lines.entries()) {
      const { event, leaf } = readLine(line, i);
      copy.apply(event, leaf);
    }
    return copy;
  }

  /** The batch of a leg as an honest settlement service seals it, and the fold it came from. */
  async sealed(
    seq: number,
    prevHash: Hex,
    ahead = 600n,
  ): Promise<{ batch: Batch; copy: HouseCopy }> {
    const copy = await this.folded();
    const anchor = copy.anchor(RAIL, seq);
    if (anchor === undefined) throw new Error(`the house decided no leg ${seq}`);
    const { data, logSize, logRoot, stateRoot, balanceRoot } = anchor;
    const batch = legToBatch(data, {
      chainId: CHAIN,
      ledger: this.ledger,
      origin: houseKey.verifier.name,
      prevHash,
      logSize,
      logRoot: `0x${logRoot}`,
      stateRoot: `0x${stateRoot}`,
      balanceRoot,
      epoch: 1n,
      deadline: (await this.now()).time + ahead,
    });
    return { batch, copy };
  }

  async send(to: Address, data: Hex): Promise<TransactionReceipt> {
    const wallet = createWalletClient({ ...via(this.node), account: funded(0) });
    const hash = await wallet.sendTransaction({ to, data });
    return createPublicClient(via(this.node)).waitForTransactionReceipt({ hash });
  }

  private settleThere(): void {
    const rail = terms(CHAIN, 6, { finality: 'latest', ledger: this.ledger, ...this.contracts });
    const venue = { venue: rail.custodian, venueKind: 'custodian', mode: 'novation' };
    this.house.must({ kind: 'register-venue', ...venue });
    this.house.must({ kind: 'propose-rail', ...rail, actor: 'operator:o' });
    this.house.must({ kind: 'approve-rail', rail: RAIL, actor: 'risk:r' });
    this.house.settlesOn('M1-H', CHAIN, 16);
    this.house.settlesOn('M2-H', CHAIN, 17);
  }
}

const via = (node: TestNode) => ({
  chain: foundry,
  transport: http(node.url),
  pollingInterval: 10,
});
