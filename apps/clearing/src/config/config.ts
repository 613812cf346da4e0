import { journalProblems, type JournalPlace } from '../journal.js';
import { parseSigningKey } from '#events';
import type { CrashPoint } from '../engine/crash-point.js';
import { settings } from './settings.js';
import type { Setting, SettingName } from './settings.js';

/** A venue's or member's key. */
export interface NamedKey {
  readonly id: string;
  readonly key: string;
}

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

/** Every error of the environment at once, one per line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly string[]) {
    super(`configuration: ${problems.join('; ')}`);
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

const KEY = /^[\x21-\x7e]{16,256}$/;
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * Reads and checks the environment. Throws one `ConfigError` that lists everything wrong with it.
 */
export function readConfig(env: Environment): Config {
  const problems = settings.flatMap((setting) => problemsOf(setting, env));
  const value = (name: SettingName) => valueOf(name, env);
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
  const shown: Record<string, string> = {};
  for (const setting of settings as readonly Setting[]) {
    const value = env[setting.name];
    if (value) shown[setting.name] = setting.secret ? '(secret)' : value;
  }
  return shown;
}

function valueOf(name: SettingName, env: Environment): string | undefined {
  const setting: Setting | undefined = settings.find((s) => s.name === name);
  return env[name]?.trim() || setting?.fallback;
}

function problemsOf(setting: Setting, env: Environment): string[] {
  const value = env[setting.name]?.trim();
  if (!value) return setting.required ? [`${setting.name} is missing: ${setting.about}`] : [];
  const wrong = (what: string) => [`${setting.name} ${what}`];
  switch (setting.kind) {
    case 'integer': {
      const { min = 0, max = Number.MAX_SAFE_INTEGER } = setting;
      const number = Number(value);
      const ok = /^\d+$/.test(value) && number >= min && number <= max;
      return ok ? [] : wrong(`is not a whole number from ${min} to ${max}`);
    }
    case 'flag':
      return value === 'true' || value === 'false' ? [] : wrong('is neither true nor false');
    case 'choice':
      return setting.choices?.includes(value)
        ? []
        : wrong(`is none of ${setting.choices?.join(', ')}`);
    case 'list':
      return list(value).every((entry) => /^[^\s:]+:\d{1,5}$/.test(entry))
        ? []
        : wrong('is not a list of host:port');
    case 'key32':
      return /^[A-Za-z0-9+/_-]{43}=?$/.test(value) ? [] : wrong('is not 32 bytes in base64');
    case 'keys':
      return keyProblems(setting.name, value);
    case 'text':
      return setting.secret && setting.name.startsWith('NOVATE_KEY_') && !KEY.test(value)
        ? wrong('has to be 16 to 256 printable characters without spaces')
        : [];
  }
}

function keyProblems(name: string, value: string): string[] {
  const seen = new Set<string>();
  return namedKeys(value).flatMap(({ id, key }, index) => {
    if (!ID.test(id)) return [`${name} entry ${index + 1} has no valid id`];
    if (seen.has(id)) return [`${name} names ${id} twice`];
    seen.add(id);
    return KEY.test(key) ? [] : [`${name} key of ${id} has to be 16 to 256 printable characters`];
  });
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

const list = (value: string | undefined): string[] =>
  (value ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

function namedKeys(value: string | undefined): NamedKey[] {
  return list(value).map((entry) => {
    const at = entry.indexOf('=');
    return at < 0 ? { id: '', key: entry } : { id: entry.slice(0, at), key: entry.slice(at + 1) };
  });
}
