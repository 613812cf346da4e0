import {
  ConfigError,
  type Environment,
  problemsOf,
  valueOf,
} from '../../../../infra/settings/index.js';
import { parseVerifierKey, type VerifierKey } from '#events';
import type { Hex } from 'viem';
import type { RailPolicy } from '../cosign/checks.js';
import type { Contracts } from '../cosign/quorum-view.js';
import type { ChainSettings } from '../service/index.js';
import { chainsOf, keyPlace, type KeyPlace } from './config.js';
import { cosignSettings, type CosignSetting } from './cosign-settings.js';

/** What a co-signer signs for, and the contracts it expects there. */
export interface CosignRail extends RailPolicy {
  readonly contracts: Partial<Contracts>;
}

/** The configuration of one co-signer, read once at start. */
export interface CosignConfig {
  readonly databaseUrl: string;
  readonly clearing: { readonly url: string; readonly key: string };
  readonly logKey: VerifierKey;
  /** What the settlement service has to send. */
  readonly key: string;
  readonly chains: readonly ChainSettings[];
  readonly rails: readonly CosignRail[];
  readonly signer: KeyPlace;
  readonly newKey: boolean;
  readonly longestDeadline: bigint;
  readonly waitMs: number;
  readonly http: { readonly host: string; readonly port: number };
}

/** Reads and checks the environment. @throws ConfigError that lists everything wrong with it */
export function readCosignConfig(env: Environment): CosignConfig {
  const problems = cosignSettings.flatMap((setting) => problemsOf(setting, env));
  const value = (name: CosignSetting) => valueOf(cosignSettings, name, env);
  const signer = keyPlace('NOVATE_COSIGN', env);
  if (typeof signer === 'string') problems.push(signer);
  const logKey = logKeyOf(value('NOVATE_COSIGN_LOG_KEY') ?? '');
  if (typeof logKey === 'string') problems.push(logKey);
  if (problems.length > 0) throw new ConfigError(problems);
  const chains = chainsOf(value('NOVATE_CHAINS') ?? '');
  const rails = railsOf(value('NOVATE_COSIGN_RAILS') ?? '');
  const wrong = [chains, rails].filter((each) => typeof each === 'string');
  if (typeof chains === 'string' || typeof rails === 'string') throw new ConfigError(wrong);
  const homeless = rails.find(({ chainId }) => chains.every((chain) => chain.chainId !== chainId));
  if (homeless !== undefined) {
    throw new ConfigError([`NOVATE_CHAINS has no chain ${homeless.chainId} of ${homeless.rail}`]);
  }
  return {
    databaseUrl: value('NOVATE_COSIGN_DATABASE_URL') ?? '',
    clearing: {
      url: (value('NOVATE_CLEARING_URL') ?? '').replace(/\/$/, ''),
      key: value('NOVATE_COSIGN_FEED_KEY') ?? '',
    },
    logKey: logKey as VerifierKey,
    key: value('NOVATE_COSIGN_KEY') ?? '',
    ...{ chains, rails, signer: signer as KeyPlace },
    newKey: value('NOVATE_COSIGN_NEW_KEY') === 'true',
    longestDeadline: BigInt(value('NOVATE_COSIGN_DEADLINE_S') ?? ''),
    waitMs: Number(value('NOVATE_COSIGN_WAIT_MS')),
    http: { host: value('NOVATE_COSIGN_HOST') ?? '', port: Number(value('NOVATE_COSIGN_PORT')) },
  };
}

function logKeyOf(text: string): VerifierKey | string {
  try {
    return parseVerifierKey(text);
  } catch (error) {
    return `NOVATE_COSIGN_LOG_KEY: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const ADDRESS = /^0x[0-9a-f]{40}$/;
const FINALITIES = ['finalized', 'safe', 'latest'];

function railsOf(json: string): CosignRail[] | string {
  const list = JSON.parse(json) as unknown;
  const wrong = (what: string) => `NOVATE_COSIGN_RAILS ${what}`;
  if (!Array.isArray(list) || list.length === 0) return wrong('is no list of rails');
  const rails: CosignRail[] = [];
  for (const each of list as Record<string, unknown>[]) {
    const { rail, chainId, ledger, finality, maxLegsPerHour } = each;
    if (rail !== `${chainId}/${String(rail).split('/')[1]}`) {
      return wrong(`has ${JSON.stringify(rail)}, which is no rail of chain ${chainId}`);
    }
    const contracts: Record<string, Hex> = {};
    for (const name of ['ledger', 'registry', 'vault', 'token']) {
      const address = each[name];
      if (address === undefined && name !== 'ledger') continue;
      if (!ADDRESS.test(String(address))) return wrong(`has no address of the ${name} of ${rail}`);
      if (name !== 'ledger') contracts[name] = address as Hex;
    }
    if (finality !== undefined && !FINALITIES.includes(String(finality))) {
      return wrong(`has a finality of ${rail} that is none of ${FINALITIES.join(', ')}`);
    }
    const limits = limitsOf(each);
    if (typeof limits === 'string') return wrong(`has a ${limits} of ${rail} that is no amount`);
    if (maxLegsPerHour !== undefined && !Number.isSafeInteger(maxLegsPerHour)) {
      return wrong(`has a maxLegsPerHour of ${rail} that is no whole number`);
    }
    rails.push({
      ...{ rail: rail as string, chainId: chainId as number, ledger: ledger as Hex, contracts },
      ...limits,
      ...(finality !== undefined && { finality: finality as 'finalized' }),
      ...(maxLegsPerHour !== undefined && { maxLegsPerHour: maxLegsPerHour as number }),
    });
  }
  return rails;
}

type Limits = Pick<RailPolicy, 'maxGross' | 'maxWithdrawal'>;

/** Amounts are decimal strings; the name of the first that is none. */
function limitsOf(rail: Readonly<Record<string, unknown>>): Limits | string {
  const limits: { -readonly [K in keyof Limits]: Limits[K] } = {};
  for (const name of ['maxGross', 'maxWithdrawal'] as const) {
    const amount = rail[name];
    if (amount === undefined) continue;
    if (typeof amount !== 'string' || !/^\d{1,39}$/.test(amount)) return name;
    limits[name] = BigInt(amount);
  }
  return limits;
}
