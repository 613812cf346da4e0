import { crashPoints } from '../engine/crash-point.js';
import { integer, type Setting, text } from '../../../../infra/settings/index.js';

/**
 * Everything the clearing app reads from its environment. docs/configuration.md is made from this
 * table.
 */
export const settings = [
  text('NOVATE_DATABASE_URL', 'Postgres 15 or later: journal, outputs and read model.', {
    required: true,
    secret: true,
  }),
  {
    name: 'NOVATE_PERSONAL_KEY',
    kind: 'key32',
    required: true,
    secret: true,
    about:
      'Master key of the vault, 32 bytes in base64: `openssl rand -base64 32`. Keep it apart from every backup.',
  },
  text('NOVATE_VAULT_URL', 'Postgres of the vault of data keys. Absent: the same database.', {
    secret: true,
  }),
  {
    name: 'NOVATE_JOURNAL',
    kind: 'choice',
    choices: ['postgres', 'eventstoredb'],
    fallback: 'postgres',
    about:
      'Where the journal is kept: `postgres` or `eventstoredb`. The read model is in Postgres.',
  },
  text(
    'EVENTSTOREDB_URL',
    'For `eventstoredb`: `esdb://user:password@host:2113`. Absent: a simulated server in the process, whose journal ends with it; refused when NODE_ENV is `production`.',
    { secret: true },
  ),
  text('NOVATE_EVENTSTOREDB_PREFIX', 'Of the names of streams; shard 0 is `<prefix>-0`.', {
    fallback: 'novate',
  }),
  {
    name: 'NOVATE_KAFKA_BROKERS',
    kind: 'list',
    about: 'Kafka brokers, `host:port,host:port`. Absent: inputs over HTTP only.',
  },
  text('NOVATE_KAFKA_TOPIC_PREFIX', 'Put before every topic name, e.g. `staging.`.', {
    fallback: '',
  }),
  text('NOVATE_KAFKA_GROUP', 'Prefix of the consumer group; epoch and a random part follow it.', {
    fallback: 'novate-clearing',
  }),
  {
    name: 'NOVATE_EVENT_TABLE',
    kind: 'flag',
    fallback: 'false',
    about:
      'Keep `log.event`, one row of JSON per event, for ad-hoc SQL by the role `novate_auditor`.',
  },
  {
    name: 'NOVATE_KAFKA_CREATE_TOPICS',
    kind: 'flag',
    fallback: 'true',
    about: 'Create missing topics at start.',
  },
  text('NOVATE_HTTP_HOST', 'Address to listen on. Loopback unless told otherwise.', {
    fallback: '127.0.0.1',
  }),
  integer('NOVATE_HTTP_PORT', 8420, [0, 65_535], 'Port to listen on; 0 takes any free one.'),
  text('NOVATE_KEY_OPERATOR', 'API key of the operator.', { secret: true }),
  text(
    'NOVATE_KEY_RISK',
    'API key of the risk officer, who approves the risk models an operator proposes.',
    {
      secret: true,
    },
  ),
  text('NOVATE_KEY_CUSTODY', 'API and signing key of the custodian, source id `custody`.', {
    secret: true,
  }),
  {
    name: 'NOVATE_CUSTODY_KEYS',
    kind: 'keys',
    secret: true,
    about: 'API and signing keys of further custodians, `chain-1=key,chain-10=key`: one per chain.',
  },
  text('NOVATE_KEY_SETTLEMENT', 'API key of the settlement service, which says what is final.', {
    secret: true,
  }),
  {
    name: 'NOVATE_COSIGNER_KEYS',
    kind: 'keys',
    secret: true,
    about: 'API keys of the co-signers, `id=key,id=key`: they read the log, and nothing else.',
  },
  text('NOVATE_KEY_REGULATOR', 'API key of the regulator, who may read everything.', {
    secret: true,
  }),
  {
    name: 'NOVATE_VENUE_KEYS',
    kind: 'keys',
    secret: true,
    about: 'API and signing keys of the venues, `id=key,id=key`.',
  },
  {
    name: 'NOVATE_MEMBER_KEYS',
    kind: 'keys',
    secret: true,
    about: 'API keys of the members, `M01=key,M02=key`.',
  },
  integer('NOVATE_RATE_FEEDS', 5_000, [1, 1e6], 'Requests per second of a venue or custody key.'),
  integer('NOVATE_RATE_OTHERS', 200, [1, 1e6], 'Requests per second of any other key.'),
  integer(
    'NOVATE_HELD_MESSAGES',
    100_000,
    [10, 1e7],
    'Messages of waiting streams kept in memory per partition; more are read again later.',
  ),
  integer(
    'NOVATE_HELD_MIB',
    128,
    [1, 16_384],
    'The same limit in MiB per partition; whichever is reached first.',
  ),
  text(
    'NOVATE_CHECKPOINT_KEY',
    'Key that signs checkpoints of the log, `PRIVATE+KEY+name+id+base64`; `novate checkpoint --new-key NAME` draws one. Absent: none are signed.',
    { secret: true },
  ),
  text(
    'NOVATE_CHECKPOINT_KEY_BEFORE',
    'The key that one replaces, at the one start that replaces it: it signs for its successor.',
    { secret: true },
  ),
  integer(
    'NOVATE_CHECKPOINT_MS',
    1_000,
    [10, 3_600_000],
    'Milliseconds after which new events are under a checkpoint.',
  ),
  integer(
    'NOVATE_CHECKPOINT_EVENTS',
    20_000,
    [1, 1e7],
    'Events after which they are, without waiting.',
  ),
  integer(
    'NOVATE_SNAPSHOT_EVERY',
    200_000,
    [0, 1e9],
    'Events after which a snapshot of the state is taken beside the writer, signed with NOVATE_CHECKPOINT_KEY; 0 or no key: none is taken, and a start folds the whole journal.',
  ),
  integer('NOVATE_SNAPSHOT_KEEP', 3, [1, 1_000], 'How many of the newest snapshots are kept.'),
  {
    name: 'NOVATE_CRASH_POINT',
    kind: 'choice',
    choices: crashPoints,
    about: 'Test only: where the process kills itself. Refused when NODE_ENV is `production`.',
  },
  integer('NOVATE_CRASH_AFTER', 1, [1, 1e9], 'Test only: at the how-manieth time it does so.'),
  text('NODE_ENV', '`production` refuses test-only settings.', { fallback: 'development' }),
] as const satisfies readonly Setting[];

export type SettingName = (typeof settings)[number]['name'];
