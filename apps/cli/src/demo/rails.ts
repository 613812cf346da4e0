import { keccak256, toHex } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import type { Hex } from 'viem';
import { accounts, type DemoAccount } from './participants.js';
import { assets, chains, type DemoAsset, type OperatorCommand } from './reference.js';

/** Decimals as the real tokens have them: one fewer than the ledger, one as many, one more. */
export const tokenDecimals: Readonly<Record<string, number>> = { USDT: 6, BTC: 8, ETH: 18 };

/** Where the contracts of one rail are. */
export interface RailContracts {
  readonly chainId: number;
  readonly asset: string;
  readonly token: Hex;
  readonly ledger: Hex;
  readonly vault: Hex;
  readonly registry: Hex;
  readonly forcedExit: Hex;
}

/** An account's place on a rail. */
export interface DemoPlace {
  readonly account: string;
  readonly chainId: number;
  readonly asset: string;
  readonly index: number;
  readonly owner: Hex;
}

/** A key that is worth nothing anywhere else: it stands here, made from a name. */
export function demoKey(name: string): Hex {
  return keccak256(toHex(`the demo of Novate: ${name}`));
}

export const treasury: Hex = addressOf('treasury');

/** The address of a name's key, lower case as the house writes addresses. */
export function addressOf(name: string): Hex {
  return privateKeyToAddress(demoKey(name)).toLowerCase() as Hex;
}

export function railScaleOf({ asset, scale }: DemoAsset): number {
  return Math.min(tokenDecimals[asset]!, scale);
}

/** The first index of a member's account; the ones before belong to the house. */
const FIRST_INDEX = 16;

/** Every account's places, in order: members with an odd number are at home on the first chain, the others on the second. */
export const places: readonly DemoPlace[] = chains.flatMap(({ chainId }, chain) => {
  const local = accounts.filter(({ member }) => (Number(member.slice(1)) + 1) % 2 === chain);
  return assets.flatMap(({ asset }) =>
    local
      .filter((account) => holds(account, asset))
      .map(({ account }, i) => ({
        account,
        chainId,
        asset,
        index: FIRST_INDEX + i,
        owner: addressOf(account),
      })),
  );
});

/** An isolated account brings what its instrument is paid in, and nothing else. */
function holds({ margin }: DemoAccount, asset: string): boolean {
  return margin === 'cross' || asset === 'USDT';
}

/** Stand-ins for contracts nobody has deployed: for houses that live in one process only. */
export const noContracts: readonly RailContracts[] = chains.flatMap(({ chainId }) =>
  assets.map(({ asset }) => ({
    ...{ chainId, asset },
    token: addressOf(`${chainId} ${asset} token`),
    ledger: addressOf(`${chainId} ${asset} ledger`),
    vault: addressOf(`${chainId} vault`),
    registry: addressOf(`${chainId} registry`),
    forcedExit: addressOf(`${chainId} ${asset} exit`),
  })),
);

/** A deposit to be made on chain, in rail units. */
export interface DemoDeposit {
  readonly asset: string;
  readonly index: number;
  readonly amount: bigint;
}

/** What is brought to one chain at the opening: the house's guarantee, half on each chain, then every account's own. */
export function openingDeposits(chainId: number): readonly DemoDeposit[] {
  return assets.flatMap((each) => {
    const { asset, opening, guarantee } = each;
    const unit = 10n ** BigInt(railScaleOf(each));
    const share = (BigInt(guarantee) * unit) / BigInt(chains.length);
    const own = places.filter((place) => place.chainId === chainId && place.asset === asset);
    return [
      { asset, index: 0, amount: share },
      ...own.map(({ index }) => ({ asset, index, amount: BigInt(opening) * unit })),
    ];
  });
}

/** Rails proposed by the operator and approved by the risk officer, then everybody's settlement accounts. */
export function railCommands(contracts: readonly RailContracts[]): readonly OperatorCommand[] {
  const rails = contracts.flatMap(({ chainId, asset, token, ledger, vault, registry }) => {
    const rail = `${chainId}/${asset}`;
    const { custodian } = chains.find((chain) => chain.chainId === chainId)!;
    const terms = {
      ...{ rail, chainId, asset, token, ledger, vault, registry, custodian, treasury },
      railScale: railScaleOf(assets.find((each) => each.asset === asset)!),
      tokenDecimals: tokenDecimals[asset]!,
      finality: 'finalized',
    };
    return [
      command('propose-rail', rail, terms),
      { ...command('approve-rail', rail, { rail }), by: 'risk' as const },
    ];
  });
  const opened = places.map(({ account, chainId, asset, index, owner }) => {
    const rail = `${chainId}/${asset}`;
    const body = { account, rail, index, owner };
    return command('open-settlement-account', `${rail}-${account}`, body);
  });
  return [...rails, ...opened];
}

function command(kind: OperatorCommand['kind'], id: string, body: object): OperatorCommand {
  return { kind, idempotencyKey: `demo-${kind}-${id}`, body };
}
