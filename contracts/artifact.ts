import { readFileSync } from 'node:fs';
import type { Abi, Hex } from 'viem';

export type ContractName =
  | 'OperatorRegistry'
  | 'Guardian'
  | 'CollateralVault'
  | 'SettlementLedger'
  | 'ForcedExit'
  | 'TestToken';

/** What contracts/compile.mjs made of a contract; the same in every clone. */
export interface Artifact {
  readonly contract: ContractName;
  readonly compiler: { readonly version: string; readonly settings: unknown };
  /** SHA-256 over compiler, settings and all sources, hex. */
  readonly sourcesHash: string;
  /** Creation code without constructor arguments. */
  readonly bytecode: Hex;
  readonly abi: Abi;
}

export function artifact(name: ContractName): Artifact {
  const file = new URL(`./artifacts/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Artifact;
}
