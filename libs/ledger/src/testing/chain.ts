import type { ChainDeposit, StreamPosition } from '#events';
import { chainDepositId, type InputBody, RAIL_LIMITS } from '../index.js';
import type { Bare } from './world.js';

/** An address or a hash that reads as its number. */
export const address = (digit: number | string): string => `0x${String(digit).padStart(40, '0')}`;
export const hash = (digit: number | string): string => `0x${String(digit).padStart(64, '0')}`;

/** The rail of an asset on a chain whose token has 18 decimals: its unit is the ledger's minor unit. */
export const railOf = (asset: string): string => `1/${asset}`;

/**
 * What brings the assets of a house onto a chain: a rail each, for which `custodian` speaks, and a place on each for every
 * account. To be given by two people, see `actorOf`.
 */
export function onChain(
  custodian: string,
  assets: Readonly<Record<string, number>>,
  accounts: readonly string[],
): Bare[] {
  return Object.entries(assets).flatMap(([asset, scale]): Bare[] => {
    const rail = railOf(asset);
    const contracts = {
      ...{ token: address(1), ledger: address(2), vault: address(3), registry: address(4) },
      treasury: address(5),
    };
    const decimals = { railScale: scale, tokenDecimals: 18 };
    const terms = { rail, chainId: 1, asset, ...decimals, custodian, finality: 'latest' as const };
    return [
      { kind: 'propose-rail', ...terms, ...contracts },
      { kind: 'approve-rail', rail },
      ...accounts.map((account, i) => ({
        kind: 'open-settlement-account' as const,
        ...{ account, rail, index: RAIL_LIMITS.firstIndex + i, owner: address(100 + i) },
      })),
    ];
  });
}

/** Four eyes: what the operator proposes another approves. */
export const actorOf = ({ kind }: Pick<Bare, 'kind'>): string =>
  kind.startsWith('approve-') ? 'risk:test' : 'operator:test';

/** What the watcher says of the deposit the vault gave this number. */
export function evidence(
  asset: string,
  number: number,
): { readonly depositId: string; readonly chain: ChainDeposit } {
  const rail = railOf(asset);
  const place = { transaction: hash(number), block: number, blockHash: hash(number), logIndex: 0 };
  return { depositId: chainDepositId(rail, number), chain: { rail, number, ...place } };
}

/** Plans say who deposits what: where on the chain that is, its watcher adds. */
export function watched(at: StreamPosition, body: InputBody): InputBody {
  if (body.type !== 'deposit' || body.chain !== undefined) return body;
  return { ...body, ...evidence(at.stream.key, at.sequence) };
}

/** What the settlement service says when a leg is final. */
export const finalLeg = (rail: string, seq: number) => {
  const place = { transaction: hash(seq), block: seq, blockHash: hash(seq), blockTime: 1 };
  return {
    kind: 'finalize-leg',
    rail,
    seq,
    digest: hash(seq),
    finality: 'latest',
    ...place,
  } as const;
};
