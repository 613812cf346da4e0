import { integer, type Setting, text } from '../../../../infra/settings/index.js';

const URL_RULE = 'Postgres 15 or later';

/** Who signs for the submitter or a co-signer: an encrypted file, or a service. */
export const keySettings = (prefix: string, whose: string): readonly Setting[] => [
  text(
    `${prefix}_KEYSTORE`,
    `Encrypted file with the key of ${whose}; \`novate keystore\` writes one.`,
  ),
  text(`${prefix}_PASSWORD`, 'Password of that file.', { secret: true }),
  text(`${prefix}_SIGNER_URL`, 'A remote signer over HTTP instead of the file.'),
  text(`${prefix}_SIGNER_TOKEN`, 'Bearer token of the remote signer.', { secret: true }),
  text(`${prefix}_ADDRESS`, 'Address of the remote signer’s key, 0x and 40 lower-case hex digits.'),
];

/** Everything the settlement service reads from its environment. docs/configuration-settlement.md is made from this table. */
export const settlementSettings = [
  text(
    'NOVATE_SETTLEMENT_DATABASE_URL',
    `${URL_RULE}, schema \`settlement\`: what was sealed, sent and seen.`,
    {
      required: true,
      secret: true,
    },
  ),
  text('NOVATE_CLEARING_URL', 'The clearing app, e.g. http://127.0.0.1:8420.', { required: true }),
  text('NOVATE_KEY_SETTLEMENT', 'API key of the role settlement at the clearing app.', {
    required: true,
    secret: true,
  }),
  {
    name: 'NOVATE_CUSTODY_KEYS',
    kind: 'keys',
    secret: true,
    about: 'Keys of the custodians that speak for the chains, `chain-1=key,chain-10=key`.',
  },
  {
    name: 'NOVATE_CHAINS',
    kind: 'json',
    required: true,
    about:
      'JSON list of chains: `[{"chainId":1,"rpc":["https://..."],"agree":2,"fromBlock":0}]`. `agree`: how many of the providers have to say the same, more than half.',
  },
  {
    name: 'NOVATE_COSIGNERS',
    kind: 'urls',
    required: true,
    secret: true,
    about: 'Co-signers and the key each gave, `https://one.example=key,https://two.example=key`.',
  },
  ...keySettings('NOVATE_SUBMITTER', 'the submitter, which holds gas and nothing else'),
  integer(
    'NOVATE_SETTLEMENT_TURN_MS',
    500,
    [20, 60_000],
    'Milliseconds between two looks at a chain.',
  ),
  integer(
    'NOVATE_SETTLEMENT_DEADLINE_S',
    1_200,
    [10, 1_800],
    'Seconds of chain time a batch may wait for a block; the contract allows 1,800.',
  ),
  integer(
    'NOVATE_SETTLEMENT_REPLACE_MS',
    30_000,
    [100, 3_600_000],
    'Milliseconds after which a transaction in no block is replaced by one that pays more.',
  ),
  integer(
    'NOVATE_SETTLEMENT_MAX_FEE_GWEI',
    500,
    [1, 1_000_000],
    'Most to pay per gas. Above it nothing is sent, and an alarm is given.',
  ),
  text('NOVATE_SETTLEMENT_HOST', 'Address to listen on. Loopback unless told otherwise.', {
    fallback: '127.0.0.1',
  }),
  integer('NOVATE_SETTLEMENT_PORT', 8421, [0, 65_535], 'Port to listen on; 0 takes any free one.'),
  text(
    'NOVATE_KEY_SETTLEMENT_READER',
    'API key of who may read the state of batches. Absent: nobody.',
    { secret: true },
  ),
  text(
    'NOVATE_KEY_SETTLEMENT_OPERATOR',
    'API key of who may read it, and resume a halted batch. Absent: nobody.',
    { secret: true },
  ),
] as const satisfies readonly Setting[];

export type SettlementSetting = (typeof settlementSettings)[number]['name'];
