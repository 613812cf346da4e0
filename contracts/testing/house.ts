import { createHash } from 'node:crypto';
import {
  type Address,
  createPublicClient,
  createWalletClient,
  encodeAbiParameters,
  encodeFunctionData,
  hashTypedData,
  type Hex,
  http,
  keccak256,
  type TransactionReceipt,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import {
  collateralVaultAbi,
  deployChain,
  type DeployedChain,
  type Deployer,
  deployTestToken,
  domainOf,
  forcedExitAbi,
  minedReceipt,
  quorumOf,
  settlementLedgerAbi,
  testTokenAbi,
  typedData,
} from '../index.js';
import { plainPayload, type PlainPayload } from './payload.js';

/** Anvil's accounts; worth nothing elsewhere. */
const MNEMONIC = 'test test test test test test test test test test test junk';
const ORIGIN = 'novate.test/house';
const ZERO = `0x${'00'.repeat(32)}` as const;
const HOUR = 3_600n;

const accountAt = (addressIndex: number) => mnemonicToAccount(MNEMONIC, { addressIndex });

/** Owner of the settlement account with an index: an address with no zero bytes to save gas on. */
export function ownerOf(index: number): Address {
  return `0x${createHash('sha256').update(`owner ${index}`).digest('hex').slice(0, 40)}`;
}

interface Batch extends PlainPayload {
  readonly balanceRoot?: Hex;
}

/**
 * A house without a journal on a local chain: three operators of which all sign, one rail of a token with 6 decimals.
 * Every transaction is sent and mined on its own, and gives its receipt.
 */
export class ChainHouse {
  private seq = 0n;
  private prevHash: Hex = ZERO;

  private constructor(
    readonly deployer: Deployer,
    readonly chain: DeployedChain,
  ) {}

  /** From the first transaction on every block is one second after the one before it, however busy the machine is. */
  static async open(url: string): Promise<ChainHouse> {
    await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ...{ jsonrpc: '2.0', id: 1, method: 'anvil_setBlockTimestampInterval' },
        params: [1],
      }),
    });
    const shared = { chain: foundry, transport: http(url), pollingInterval: 10 };
    const deployer = {
      wallet: createWalletClient({ ...shared, account: accountAt(0) }),
      reader: createPublicClient(shared),
    };
    const token = await deployTestToken(deployer, { name: 'Dollar', symbol: 'USD', decimals: 6 });
    const rail = { token, tokenDecimals: 6, railScale: 6, hourlyBps: 10_000, dailyBps: 10_000 };
    const chain = await deployChain({
      ...deployer,
      origin: ORIGIN,
      operators: [1, 2, 3].map(accountAt),
      threshold: 3,
      guardians: [accountAt(4).address],
      tokens: [rail],
    });
    return new ChainHouse(deployer, chain);
  }

  get rail() {
    return this.chain.rails[0]!;
  }

  get self(): Address {
    return this.deployer.wallet.account.address;
  }

  /** Sends one transaction and waits for it; throws where it reverts. */
  async send(to: Address, data: Hex, gas?: bigint): Promise<TransactionReceipt> {
    const { wallet, reader } = this.deployer;
    const hash = await wallet.sendTransaction({ to, data, ...(gas === undefined ? {} : { gas }) });
    return await minedReceipt(reader, hash);
  }

  async mint(to: Address, amount: bigint): Promise<TransactionReceipt> {
    const data = encodeFunctionData({
      abi: testTokenAbi,
      functionName: 'mint',
      args: [to, amount],
    });
    return await this.send(this.rail.token, data);
  }

  async transfer(to: Address, amount: bigint): Promise<TransactionReceipt> {
    const call = { abi: testTokenAbi, functionName: 'transfer', args: [to, amount] } as const;
    return await this.send(this.rail.token, encodeFunctionData(call));
  }

  async approve(): Promise<TransactionReceipt> {
    const args = [this.chain.vault, 2n ** 256n - 1n] as const;
    const call = { abi: testTokenAbi, functionName: 'approve', args } as const;
    return await this.send(this.rail.token, encodeFunctionData(call));
  }

  async deposit(index: number, amount: bigint): Promise<TransactionReceipt> {
    const args = [this.rail.token, index, amount] as const;
    const call = { abi: collateralVaultAbi, functionName: 'deposit', args } as const;
    return await this.send(this.chain.vault, encodeFunctionData(call));
  }

  async claim(to: Address, amount: bigint): Promise<TransactionReceipt> {
    const args = [this.rail.token, to, amount] as const;
    const call = { abi: collateralVaultAbi, functionName: 'claim', args } as const;
    return await this.send(this.chain.vault, encodeFunctionData(call));
  }

  async open(indices: readonly number[], owner = ownerOf): Promise<TransactionReceipt> {
    const openings = indices.map((index) => ({ index, owner: owner(index) }));
    const fields = [
      { name: 'index', type: 'uint32' },
      { name: 'owner', type: 'address' },
    ] as const;
    const list = encodeAbiParameters([{ type: 'tuple[]', components: fields }], [openings]);
    const deadline = await this.deadline();
    const sigs = await this.sign('Openings', {
      openingsHash: keccak256(list),
      epoch: 1n,
      deadline,
    });
    const args = [openings, 1n, deadline, sigs] as const;
    const call = { abi: settlementLedgerAbi, functionName: 'openAccounts', args } as const;
    return await this.send(this.rail.ledger, encodeFunctionData(call));
  }

  /** Seals the next batch of the chain and has it signed, without sending it. */
  async seal(batch: Batch): Promise<{ readonly data: Hex; readonly digest: Hex }> {
    const payload = plainPayload(batch);
    const header = {
      origin: `0x${createHash('sha256').update(ORIGIN).digest('hex')}`,
      seq: this.seq + 1n,
      prevHash: this.prevHash,
      cycle: this.seq + 1n,
      leg: 0,
      payloadHash: keccak256(payload),
      logSize: 1_000n * (this.seq + 1n),
      logRoot: keccak256('0x01'),
      stateRoot: keccak256('0x02'),
      balanceRoot: batch.balanceRoot ?? keccak256(payload),
      epoch: 1n,
      deadline: await this.deadline(),
    } as const;
    const sigs = await this.sign('Batch', header);
    const args = [header, payload, sigs] as const;
    const call = { abi: settlementLedgerAbi, functionName: 'settle', args } as const;
    const types = { Batch: typedData.Batch };
    const digest = hashTypedData({
      domain: this.domain,
      types,
      primaryType: 'Batch',
      message: header,
    });
    this.seq += 1n;
    this.prevHash = digest;
    return { data: encodeFunctionData(call), digest };
  }

  async settle(batch: Batch, gas?: bigint): Promise<TransactionReceipt> {
    return await this.send(this.rail.ledger, (await this.seal(batch)).data, gas);
  }

  /** Seals the next batch and signs the transaction that is `ahead` of the sender's next one. */
  async sealAndSign(batch: Batch, ahead: number): Promise<Hex> {
    const { data } = await this.seal(batch);
    const { wallet, reader } = this.deployer;
    const nonce = (await reader.getTransactionCount({ address: this.self })) + ahead;
    const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n };
    const to = this.rail.ledger;
    return await wallet.signTransaction({ to, data, nonce, gas: 2_000_000n, ...fees });
  }

  /** Sends signed transactions in order and waits for the last; throws where that one reverts. */
  async sendAll(raw: readonly Hex[]): Promise<void> {
    const { reader } = this.deployer;
    let hash: Hex = ZERO;
    for (const serializedTransaction of raw) {
      hash = await reader.sendRawTransaction({ serializedTransaction });
    }
    await minedReceipt(reader, hash);
  }

  async requestExit(index: number): Promise<TransactionReceipt> {
    const call = { abi: forcedExitAbi, functionName: 'requestExit', args: [index] } as const;
    return await this.send(this.rail.forcedExit, encodeFunctionData(call));
  }

  async freeze(index: number): Promise<TransactionReceipt> {
    const call = { abi: forcedExitAbi, functionName: 'freeze', args: [index] } as const;
    return await this.send(this.rail.forcedExit, encodeFunctionData(call));
  }

  async escape(
    index: number,
    amount: bigint,
    credited: bigint,
    proof: readonly Hex[],
  ): Promise<TransactionReceipt> {
    const args = [index, amount, credited, proof] as const;
    const call = { abi: forcedExitAbi, functionName: 'escape', args } as const;
    return await this.send(this.rail.forcedExit, encodeFunctionData(call));
  }

  /** Moves the chain's clock ahead. */
  async passTime(seconds: number): Promise<void> {
    const { reader } = this.deployer;
    const to = Number((await reader.getBlock()).timestamp) + seconds;
    await reader.request({ method: 'evm_setNextBlockTimestamp' as never, params: [to] as never });
    await reader.request({ method: 'evm_mine' as never });
  }

  private get domain() {
    return domainOf('SettlementLedger', this.chain.chainId, this.rail.ledger);
  }

  private async sign(type: 'Batch' | 'Openings', message: Record<string, unknown>) {
    return await quorumOf([1, 2, 3].map(accountAt), this.domain, type, message);
  }

  private async deadline(): Promise<bigint> {
    return (await this.deployer.reader.getBlock()).timestamp + HOUR / 4n;
  }
}
