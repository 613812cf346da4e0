import { formatSigningKey, formatVerifierKey, parseSigningKey } from '#events';
import { mnemonicToAccount } from 'viem/accounts';
import { bytesToHex, type Hex } from 'viem';
import { ANVIL_MNEMONIC } from '#infra';

/** Names and keys of the house under fire. Worth nothing anywhere else. */
export const VENUE = 'V1';
export const INSTRUMENT = 'BTC-PERP';
export const ORIGIN = 'chaos.novate.example';
export const PASSWORD = 'chaos';
export const TREASURY: Hex = `0x${'7e'.repeat(20)}`;
/** Most members that are ever opened. */
export const MEMBERS = 40;

export const custodianOf = (chainId: number): string => `chain-${chainId}`;

/** API key of a role or a party. */
export const keyOf = (name: string): string => `the-chaos-key-of-${name}`;

/** Private key of one of anvil's accounts. */
export function privateKey(index: number): Hex {
  const { privateKey: bytes } = mnemonicToAccount(ANVIL_MNEMONIC, {
    addressIndex: index,
  }).getHdKey();
  return bytesToHex(bytes!);
}

/** Anvil's accounts: 0 deposits and claims, 1 to 3 sign, 4 and 5 submit. */
export const SUBMITTERS = [4, 5] as const;
export const OPERATORS = [1, 2, 3] as const;

const checkpointKey = formatSigningKey(ORIGIN, '5c'.repeat(32));
export const logVerifierKey = formatVerifierKey(parseSigningKey(checkpointKey).verifier);

/** The keys as the clearing app reads them. */
export function clearingKeys(chainIds: readonly number[]): Record<string, string> {
  const list = (names: readonly string[]): string =>
    names.map((name) => `${name}=${keyOf(name)}`).join();
  const members = Array.from({ length: MEMBERS }, (_, n) => `M${String(n + 1).padStart(2, '0')}`);
  return {
    NOVATE_PERSONAL_KEY: Buffer.alloc(32, 7).toString('base64'),
    NOVATE_CHECKPOINT_KEY: checkpointKey,
    NOVATE_KEY_OPERATOR: keyOf('operator'),
    NOVATE_KEY_RISK: keyOf('risk'),
    NOVATE_KEY_REGULATOR: keyOf('regulator'),
    NOVATE_KEY_SETTLEMENT: keyOf('settlement'),
    NOVATE_CUSTODY_KEYS: list(chainIds.map(custodianOf)),
    NOVATE_COSIGNER_KEYS: list(OPERATORS.map((n) => `operator-${n}`)),
    NOVATE_VENUE_KEYS: list([VENUE]),
    NOVATE_MEMBER_KEYS: list(members),
  };
}
