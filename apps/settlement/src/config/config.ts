import {
  ConfigError,
  type Environment,
  namedKeys,
  problemsOf,
  valueOf,
} from '../../../../infra/settings/index.js';
import type { ChainSettings } from '../service/index.js';
import { settlementSettings, type SettlementSetting } from './settings.js';

/** Where a key is: in a file under a password, or behind HTTP. */
export type KeyPlace =
  | { readonly keystore: string; readonly password: string }
  | { readonly url: string; readonly address: `0x${string}`; readonly token?: string };

/** The configuration of the settlement service, read once at start. */
export interface SettlementConfig {
  readonly databaseUrl: string;
  readonly clearing: { readonly url: string; readonly key: string };
  readonly custody: ReadonlyMap<string, string>;
  readonly chains: readonly ChainSettings[];
  readonly coSigners: readonly { readonly url: string; readonly key: string }[];
  readonly submitter: KeyPlace;
  readonly turnMs: number;
  readonly deadlineSeconds: number;
  readonly replaceAfterMs: number;
  readonly maxFeeGwei: number;
  readonly http: { readonly host: string; readonly port: number };
  /** Of who may read how settlement stands, and of who may resume a halted batch. */
  readonly keys: { readonly reader?: string; readonly operator?: string };
}

/** Reads and checks the environment. @throws ConfigError that lists everything wrong with it */
export function readSettlementConfig(env: Environment): SettlementConfig {
  const problems = settlementSettings.flatMap((setting) => problemsOf(setting, env));
  const value = (name: SettlementSetting) => valueOf(settlementSettings, name, env);
  const submitter = keyPlace('NOVATE_SUBMITTER', env);
  if (typeof submitter === 'string') problems.push(submitter);
  if (problems.length > 0) throw new ConfigError(problems);
  const chains = chainsOf(value('NOVATE_CHAINS') ?? '');
  if (typeof chains === 'string') throw new ConfigError([chains]);
  const reader = value('NOVATE_KEY_SETTLEMENT_READER');
  const operator = value('NOVATE_KEY_SETTLEMENT_OPERATOR');
  const number = (name: SettlementSetting) => Number(value(name));
  return {
    databaseUrl: value('NOVATE_SETTLEMENT_DATABASE_URL') ?? '',
    clearing: {
      url: (value('NOVATE_CLEARING_URL') ?? '').replace(/\/$/, ''),
      key: value('NOVATE_KEY_SETTLEMENT') ?? '',
    },
    custody: new Map(
      namedKeys(value('NOVATE_CUSTODY_KEYS')).map(({ id, key }) => [id, key] as const),
    ),
    chains,
    coSigners: namedKeys(value('NOVATE_COSIGNERS')).map(({ id, key }) => ({ url: id, key })),
    submitter: submitter as KeyPlace,
    turnMs: number('NOVATE_SETTLEMENT_TURN_MS'),
    deadlineSeconds: number('NOVATE_SETTLEMENT_DEADLINE_S'),
    replaceAfterMs: number('NOVATE_SETTLEMENT_REPLACE_MS'),
    maxFeeGwei: number('NOVATE_SETTLEMENT_MAX_FEE_GWEI'),
    http: {
      host: value('NOVATE_SETTLEMENT_HOST') ?? '',
      port: number('NOVATE_SETTLEMENT_PORT'),
    },
    keys: { ...(reader !== undefined && { reader }), ...(operator !== undefined && { operator }) },
  };
}

/** The key a prefix of settings names; what is wrong with them, in words, where they name none. */
export function keyPlace(prefix: string, env: Environment): KeyPlace | string {
  const value = (name: string) => env[`${prefix}_${name}`]?.trim() || undefined;
  const [keystore, password] = [value('KEYSTORE'), value('PASSWORD')];
  const [url, address, token] = [value('SIGNER_URL'), value('ADDRESS'), value('SIGNER_TOKEN')];
  if (keystore !== undefined && url !== undefined) {
    return `${prefix}_KEYSTORE and ${prefix}_SIGNER_URL are both set: choose one`;
  }
  if (keystore !== undefined) {
    return password === undefined ? `${prefix}_PASSWORD is missing` : { keystore, password };
  }
  if (url === undefined) return `${prefix}_KEYSTORE is missing, and so is ${prefix}_SIGNER_URL`;
  if (address === undefined || !/^0x[0-9a-f]{40}$/.test(address)) {
    return `${prefix}_ADDRESS is not 0x and 40 lower-case hex digits`;
  }
  return { url, address: address as `0x${string}`, ...(token !== undefined && { token }) };
}

/** Chains as JSON; what is wrong with them, in words. */
export function chainsOf(json: string): ChainSettings[] | string {
  const list = JSON.parse(json) as unknown;
  const wrong = (what: string) => `NOVATE_CHAINS ${what}`;
  if (!Array.isArray(list) || list.length === 0) return wrong('is no list of chains');
  const chains: ChainSettings[] = [];
  for (const each of list as Record<string, unknown>[]) {
    const { chainId, rpc, agree = 1, fromBlock = 0 } = each;
    const isId = Number.isSafeInteger(chainId) && (chainId as number) > 0;
    if (!isId) return wrong('has a chain without a chainId');
    const urls = Array.isArray(rpc) && rpc.every((url) => /^https?:\/\/\S+$/.test(String(url)));
    if (!urls || rpc.length === 0) return wrong(`has no rpc addresses for chain ${chainId}`);
    const majority = Number.isSafeInteger(agree) && 2 * (agree as number) > rpc.length;
    if (!majority || (agree as number) > rpc.length) {
      return wrong(
        `lets ${agree} of ${rpc.length} providers of chain ${chainId} agree: more than half have to`,
      );
    }
    if (!Number.isSafeInteger(fromBlock) || (fromBlock as number) < 0) {
      return wrong(`has a fromBlock for chain ${chainId} that is no block`);
    }
    if (chains.some((chain) => chain.chainId === chainId)) return wrong(`names ${chainId} twice`);
    chains.push({
      chainId: chainId as number,
      rpc: rpc as string[],
      agree: agree as number,
      fromBlock: BigInt(fromBlock as number),
    });
  }
  return chains;
}
