import { createHash, randomBytes } from 'node:crypto';
import { formatSigningKey, formatVerifierKey, parseSigningKey } from '#events';
import { operatorKeys } from './chains.js';
import { members } from './participants.js';
import { custodians, venues } from './reference.js';

/** API keys of one run: random, kept in memory, given to the clearing app by environment. */
export interface DemoKeys {
  /** Master key of the vault: with `--keep` and `--database` what it sealed is readable as long as somebody has it. */
  readonly personal: string;
  readonly operator: string;
  readonly risk: string;
  readonly regulator: string;
  /** Of the settlement service, of its co-signers as readers of the log, and of what reads the service's state. */
  readonly settlement: string;
  readonly cosigners: readonly string[];
  readonly reader: string;
  /** By source id: venues and custodians. */
  readonly sources: ReadonlyMap<string, string>;
  readonly members: ReadonlyMap<string, string>;
}

/** Name of the demo's log, which its batches and checkpoints carry. */
export const LOG_ORIGIN = 'demo.novate.example';

/**
 * Signs the demo's checkpoints. Not drawn: the log's key is part of the state, and every run ends in the same state hash. Its
 * signature proves nothing to anybody, for the key stands here.
 */
const checkpointKey = formatSigningKey(
  LOG_ORIGIN,
  createHash('sha256').update('the demo of Novate').digest('hex'),
);

/** What co-signers check the log's checkpoints with. */
export const logVerifierKey = formatVerifierKey(parseSigningKey(checkpointKey).verifier);

const fresh = (): string => randomBytes(24).toString('base64url');

export function drawKeys(): DemoKeys {
  return {
    personal: randomBytes(32).toString('base64'),
    operator: fresh(),
    risk: fresh(),
    regulator: fresh(),
    settlement: fresh(),
    cosigners: operatorKeys.map(fresh),
    reader: fresh(),
    sources: new Map([...venues, ...custodians].map((id) => [id, fresh()])),
    members: new Map(members.map((id) => [id, fresh()])),
  };
}

/** The keys as the clearing app reads them. */
export function keyEnvironment(keys: DemoKeys): Record<string, string> {
  const list = (entries: Iterable<readonly [string, string]>): string =>
    [...entries].map(([id, key]) => `${id}=${key}`).join(',');
  return {
    NOVATE_PERSONAL_KEY: keys.personal,
    NOVATE_CHECKPOINT_KEY: checkpointKey,
    NOVATE_KEY_OPERATOR: keys.operator,
    NOVATE_KEY_RISK: keys.risk,
    NOVATE_KEY_REGULATOR: keys.regulator,
    NOVATE_KEY_SETTLEMENT: keys.settlement,
    NOVATE_CUSTODY_KEYS: list([...keys.sources].filter(([id]) => custodians.includes(id))),
    NOVATE_COSIGNER_KEYS: list(keys.cosigners.map((key, i) => [`operator-${i + 1}`, key])),
    NOVATE_VENUE_KEYS: list([...keys.sources].filter(([id]) => !custodians.includes(id))),
    NOVATE_MEMBER_KEYS: list(keys.members),
  };
}
