import { journalProblems, type JournalPlace } from '../journal.js';
import { parseSigningKey } from '#events';
import {
  ConfigError,
  type Environment,
  list,
  type NamedKey,
  namedKeys,
  problemsOf,
  redactedBy,
  valueOf,
} from '../../../../infra/settings/index.js';
import type { CrashPoint } from '../engine/crash-point.js';
import { settings } from './settings.js';
import type { SettingName } from './settings.js';

/** The configuration of one process, read once at start. */
export interface Config {
  readonly databaseUrl: string;
  /** Where data keys of personal fields are, and the 32 bytes that wrap them. */
  readonly vault: { readonly url: string; readonly master: Uint8Array };
  readonly journal: JournalPlace;
  readonly kafka?: {
    readonly brokers: readonly string[];
    readonly group: string;
    readonly prefix: string;
    readonly createTopics: boolean;
  };
  /** Keep the per-event table. */
  readonly eventTable: boolean;
  readonly http: { readonly host: string; readonly port: number };
  readonly keys: {
    readonly operator?: string;
    readonly risk?: string;
    readonly custody?: string;
    readonly settlement?: string;
    readonly regulator?: string;
    /** Custodians of chains, beside the one named `custody`. */
    readonly custodians: readonly NamedKey[];
    readonly cosigners: readonly NamedKey[];
    readonly venues: readonly NamedKey[];
    readonly members: readonly NamedKey[];
  };
  /** Requests per second. */
  readonly rates: { readonly feeds: number; readonly others: number };
  /** How the log is proved, and the keys that sign for it. */
  readonly checkpoints: {
    readonly key?: string;
    readonly previousKey?: string;
    readonly milliseconds: number;
    readonly events: number;
  };
  /** Events between two snapshots, 0 for none, and how many are kept. */
  readonly snapshots: { readonly every: number; readonly keep: number };
  readonly held: { readonly messages: number; readonly bytes: number };
  readonly crash?: { readonly point: CrashPoint; readonly after: number };
}

/**
 * Reads and checks the environment. Throws one `ConfigError` that lists everything wrong with it.
 */
export function readConfig(env: Environment): Config {
  const problems = settings.flatMap((setting) => problemsOf(setting, env));
  const value = (name: SettingName) => valueOf(settings, name, env);
  const crashPoint = value('NOVATE_CRASH_POINT');
  if (crashPoint !== undefined && env['NODE_ENV'] === 'production') {
    problems.push('NOVATE_CRASH_POINT is for tests and refused in production');
  }
  problems.push(...journalProblems(env), ...repeatedKeys(env), ...signingKeyProblems(env));
  if (problems.length > 0) throw new ConfigError(problems);
  const number = (name: SettingName) => Number(value(name));
  const brokers = list(value('NOVATE_KAFKA_BROKERS'));
  return {
    databaseUrl: value('NOVATE_DATABASE_URL') ?? '',
    vault: {
      url: value('NOVATE_VAULT_URL') ?? value('NOVATE_DATABASE_URL') ?? '',
      master: Buffer.from(value('NOVATE_PERSONAL_KEY') ?? '', 'base64'),
    },
    journal: journalOf(value),
    ...(brokers.length > 0 && {
      kafka: {
        brokers,
        group: value('NOVATE_KAFKA_GROUP') ?? '',
        prefix: value('NOVATE_KAFKA_TOPIC_PREFIX') ?? '',
        createTopics: value('NOVATE_KAFKA_CREATE_TOPICS') === 'true',
      },
    }),
    eventTable: value('NOVATE_EVENT_TABLE') === 'true',
    http: { host: value('NOVATE_HTTP_HOST') ?? '', port: number('NOVATE_HTTP_PORT') },
    keys: {
      ...singleKeys(value),
      custodians: namedKeys(value('NOVATE_CUSTODY_KEYS')),
      cosigners: namedKeys(value('NOVATE_COSIGNER_KEYS')),
      venues: namedKeys(value('NOVATE_VENUE_KEYS')),
      members: namedKeys(value('NOVATE_MEMBER_KEYS')),
    },
    rates: { feeds: number('NOVATE_RATE_FEEDS'), others: number('NOVATE_RATE_OTHERS') },
    checkpoints: {
      ...(value('NOVATE_CHECKPOINT_KEY') !== undefined && {
        key: value('NOVATE_CHECKPOINT_KEY') ?? '',
      }),
      ...(value('NOVATE_CHECKPOINT_KEY_BEFORE') !== undefined && {
        previousKey: value('NOVATE_CHECKPOINT_KEY_BEFORE') ?? '',
      }),
      milliseconds: number('NOVATE_CHECKPOINT_MS'),
      events: number('NOVATE_CHECKPOINT_EVENTS'),
    },
    snapshots: { every: number('NOVATE_SNAPSHOT_EVERY'), keep: number('NOVATE_SNAPSHOT_KEEP') },
    held: {
      messages: number('NOVATE_HELD_MESSAGES'),
      bytes: number('NOVATE_HELD_MIB') * 1024 * 1024,
    },
    ...(crashPoint !== undefined && {
      crash: { point: crashPoint as CrashPoint, after: number('NOVATE_CRASH_AFTER') },
    }),
  };
}

/** Roles that one key holds. */
const singleKey = {
  operator: 'NOVATE_KEY_OPERATOR',
  risk: 'NOVATE_KEY_RISK',
  custody: 'NOVATE_KEY_CUSTODY',
  settlement: 'NOVATE_KEY_SETTLEMENT',
  regulator: 'NOVATE_KEY_REGULATOR',
} as const satisfies Record<string, SettingName>;
export const singleRoles = Object.keys(singleKey) as (keyof typeof singleKey)[];

function singleKeys(value: (name: SettingName) => string | undefined) {
  const given = singleRoles.map((role) => [role, value(singleKey[role])] as const);
  return Object.fromEntries(given.filter(([, key]) => key !== undefined));
}

function journalOf(value: (name: SettingName) => string | undefined): JournalPlace {
  if (value('NOVATE_JOURNAL') !== 'eventstoredb') return value('NOVATE_DATABASE_URL') ?? '';
  const eventStore = value('EVENTSTOREDB_URL');
  const prefix = value('NOVATE_EVENTSTOREDB_PREFIX') ?? '';
  return { prefix, ...(eventStore !== undefined && { eventStore }) };
}

/** The environment as it may be printed: secrets are named, never shown. */
export function redacted(env: Environment): Readonly<Record<string, string>> {
  return redactedBy(settings, env);
}

/** A key that signs the log: a note's key, whole. */
function signingKeyProblems(env: Environment): string[] {
  return ['NOVATE_CHECKPOINT_KEY', 'NOVATE_CHECKPOINT_KEY_BEFORE'].flatMap((name) => {
    const text = env[name]?.trim();
    if (!text) return [];
    try {
      parseSigningKey(text);
      return [];
    } catch (error) {
      return [`${name}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
}

/** One key must not open two roles: it would act as whichever was listed first. */
function repeatedKeys(env: Environment): string[] {
  const owners = new Map<string, string[]>();
  const add = (key: string | undefined, owner: string) => {
    if (key) owners.set(key, [...(owners.get(key) ?? []), owner]);
  };
  for (const name of Object.values(singleKey)) add(env[name]?.trim(), name);
  for (const { id, key } of namedKeys(env['NOVATE_CUSTODY_KEYS'])) add(key, `custodian ${id}`);
  for (const { id, key } of namedKeys(env['NOVATE_COSIGNER_KEYS'])) add(key, `co-signer ${id}`);
  for (const { id, key } of namedKeys(env['NOVATE_VENUE_KEYS'])) add(key, `venue ${id}`);
  for (const { id, key } of namedKeys(env['NOVATE_MEMBER_KEYS'])) add(key, `member ${id}`);
  return [...owners.values()]
    .filter((names) => names.length > 1)
    .map((names) => `one key is given to ${names.join(' and ')}`);
}
