import { integer, type Setting, text } from '../../../../infra/settings/index.js';
import { keySettings } from './settings.js';

/** Everything a co-signer reads from its environment. docs/configuration-cosigner.md is made from this table. */
export const cosignSettings = [
  text(
    'NOVATE_COSIGN_DATABASE_URL',
    'Postgres 15 or later, this co-signer’s own: its copy of the log, and every digest it signed.',
    { required: true, secret: true },
  ),
  text('NOVATE_CLEARING_URL', 'The clearing app whose log it copies and verifies.', {
    required: true,
  }),
  text('NOVATE_COSIGN_FEED_KEY', 'API key of the role cosigner at the clearing app.', {
    required: true,
    secret: true,
  }),
  text(
    'NOVATE_COSIGN_LOG_KEY',
    'First verifier key of the log, `name+id+base64`, as the house published it. Later keys follow from the log itself.',
    { required: true },
  ),
  text('NOVATE_COSIGN_KEY', 'Bearer key the settlement service has to send.', {
    required: true,
    secret: true,
  }),
  {
    name: 'NOVATE_CHAINS',
    kind: 'json',
    required: true,
    about:
      'JSON list of chains, this co-signer’s own providers: `[{"chainId":1,"rpc":["https://..."],"agree":2}]`.',
  },
  {
    name: 'NOVATE_COSIGN_RAILS',
    kind: 'json',
    required: true,
    about:
      'JSON list of what it signs for: `[{"rail":"1/USDT","chainId":1,"ledger":"0x..."}]`; optional `registry`, `vault`, `token`, `finality`, and the limits `maxGross`, `maxWithdrawal` (decimal strings of rail units) and `maxLegsPerHour`.',
  },
  ...keySettings('NOVATE_COSIGN', 'this operator'),
  {
    name: 'NOVATE_COSIGN_NEW_KEY',
    kind: 'flag',
    fallback: 'false',
    about:
      'The key has never signed. Believed only where nothing was settled yet; without it a key that is an operator’s waits out every signature it may have given under another database.',
  },
  integer(
    'NOVATE_COSIGN_DEADLINE_S',
    1_800,
    [10, 1_800],
    'Longest a deadline may be ahead of the chain’s time, seconds.',
  ),
  integer(
    'NOVATE_COSIGN_WAIT_MS',
    10_000,
    [100, 60_000],
    'Longest a request waits for this copy of the log to catch up, milliseconds.',
  ),
  text('NOVATE_COSIGN_HOST', 'Address to listen on. Loopback unless told otherwise.', {
    fallback: '127.0.0.1',
  }),
  integer('NOVATE_COSIGN_PORT', 8422, [0, 65_535], 'Port to listen on; 0 takes any free one.'),
] as const satisfies readonly Setting[];

export type CosignSetting = (typeof cosignSettings)[number]['name'];
