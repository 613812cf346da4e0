import { operatorRegistryAbi, settlementLedgerAbi } from '#contracts';
import type { Address, Hex } from 'viem';
import { type BlockTag, ChainError } from '../chain/index.js';
import { creditedOn, type ExitOnChain, forcedExitOf, readExit } from '../exit/index.js';
import { agreedValue, NoAgreement, type Quorum } from '../rpc/index.js';
import { factOf, type WatchedRail } from '../watcher/fact.js';
import { ChainUnsure, type ChainView, type LedgerAt, type VaultDeposit } from './ports.js';

export interface Contracts {
  readonly registry: Address;
  readonly vault: Address;
  readonly token: Address;
}

/** A rail's contracts as a quorum of providers sees them. Everything but the ledger's address is asked of the ledger. */
export class QuorumView implements ChainView {
  private contracts: Contracts | undefined;
  private forcedExit: Address | undefined;

  /** @param expected contracts the configuration names beside the ledger; the ledger has to name the same */
  constructor(
    private readonly quorum: Quorum,
    private readonly rail: string,
    private readonly ledger: Hex,
    private readonly expected: Partial<Contracts> = {},
  ) {}

  latest(): Promise<LedgerAt> {
    return unsure(async () => this.at(agreedValue(await this.quorum.heights()).latest));
  }

  final(tag: BlockTag): Promise<LedgerAt> {
    return unsure(async () => this.at(agreedValue(await this.quorum.heights())[tag]));
  }

  deposits(from: number, to: number): Promise<readonly VaultDeposit[]> {
    return unsure(async () => {
      const { vault, token } = await this.known(BigInt(to));
      const logs = agreedValue(await this.quorum.logs([vault], BigInt(from), BigInt(to)));
      const { rail, ledger } = this;
      const at = { finality: 'finalized', fromBlock: BigInt(from) } as const;
      const watched: WatchedRail = { rail, ledger, vault, token, ...at };
      return logs.flatMap((log) => {
        const fact = factOf(log, 0n, [watched]);
        if (fact?.kind !== 'deposit') return [];
        const { number, index, amount, block } = fact;
        return [{ number: Number(number), index, amount, block: Number(block) }];
      });
    });
  }

  exit(index: number): Promise<ExitOnChain> {
    return unsure(async () => {
      const { latest } = agreedValue(await this.quorum.heights());
      const { ledger } = this;
      this.forcedExit ??= await forcedExitOf(this.quorum, ledger, latest);
      return readExit(this.quorum, { ledger, forcedExit: this.forcedExit }, index, latest);
    });
  }

  credited(index: number, tag: BlockTag): Promise<bigint> {
    return unsure(async () => {
      const at = agreedValue(await this.quorum.heights())[tag];
      return creditedOn(this.quorum, this.ledger, index, at);
    });
  }

  isOperator(epoch: bigint, address: Hex): Promise<boolean> {
    return unsure(async () => {
      const { latest } = agreedValue(await this.quorum.heights());
      const { registry } = await this.known(latest);
      const abi = operatorRegistryAbi;
      const args = [epoch, address];
      const view = { address: registry, abi, functionName: 'isOperator', args } as const;
      return agreedValue(await this.quorum.read(view, latest));
    });
  }

  private async at(block: bigint): Promise<LedgerAt> {
    const { registry } = await this.known(block);
    const ledger = { address: this.ledger, abi: settlementLedgerAbi } as const;
    const epochs = { address: registry, abi: operatorRegistryAbi } as const;
    const [head, lastSeq, lastHash, epoch] = await Promise.all([
      this.quorum.block(block),
      this.quorum.read({ ...ledger, functionName: 'lastSeq' }, block),
      this.quorum.read({ ...ledger, functionName: 'lastHash' }, block),
      this.quorum.read({ ...epochs, functionName: 'epoch' }, block),
    ]);
    return {
      block,
      time: agreedValue(head).timestamp,
      lastSeq: agreedValue(lastSeq),
      lastHash: agreedValue(lastHash),
      epoch: agreedValue(epoch),
    };
  }

  /** What the ledger was made with never changes. */
  private async known(block: bigint): Promise<Contracts> {
    if (this.contracts !== undefined) return this.contracts;
    const ask = async (functionName: 'registry' | 'vault' | 'token'): Promise<Address> => {
      const view = { address: this.ledger, abi: settlementLedgerAbi, functionName } as const;
      return agreedValue(await this.quorum.read(view, block));
    };
    const [registry, vault, token] = await Promise.all(
      (['registry', 'vault', 'token'] as const).map(ask),
    );
    const found = lowered({ registry: registry!, vault: vault!, token: token! });
    for (const [name, wanted] of Object.entries(this.expected)) {
      const is = found[name as keyof Contracts];
      if (wanted !== is) throw new ChainUnsure(`the ledger's ${name} is ${is}, not ${wanted}`);
    }
    this.contracts = found;
    return found;
  }
}

const lower = (address: Address): Address => address.toLowerCase() as Address;
const lowered = ({ registry, vault, token }: Contracts): Contracts => ({
  registry: lower(registry),
  vault: lower(vault),
  token: lower(token),
});

async function unsure<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof NoAgreement || error instanceof ChainError) {
      throw new ChainUnsure(error.message, { cause: error });
    }
    throw error;
  }
}
