import type { Address, Hex, TypedDataDomain } from 'viem';

/** What each contract has signed, as EIP-712 types. The field order is part of the digest. */
export const typedData = {
  Batch: [
    { name: 'origin', type: 'bytes32' },
    { name: 'seq', type: 'uint64' },
    { name: 'prevHash', type: 'bytes32' },
    { name: 'cycle', type: 'uint64' },
    { name: 'leg', type: 'uint16' },
    { name: 'payloadHash', type: 'bytes32' },
    { name: 'logSize', type: 'uint64' },
    { name: 'logRoot', type: 'bytes32' },
    { name: 'stateRoot', type: 'bytes32' },
    { name: 'balanceRoot', type: 'bytes32' },
    { name: 'epoch', type: 'uint64' },
    { name: 'deadline', type: 'uint64' },
  ],
  Openings: [
    { name: 'openingsHash', type: 'bytes32' },
    { name: 'epoch', type: 'uint64' },
    { name: 'deadline', type: 'uint64' },
  ],
  OperatorSet: [
    { name: 'epoch', type: 'uint64' },
    { name: 'proposal', type: 'uint64' },
    { name: 'operators', type: 'address[]' },
    { name: 'threshold', type: 'uint16' },
    { name: 'deadline', type: 'uint64' },
  ],
  TokenRegistration: [
    { name: 'token', type: 'address' },
    { name: 'ledger', type: 'address' },
    { name: 'tokenDecimals', type: 'uint8' },
    { name: 'railScale', type: 'uint8' },
    { name: 'cap', type: 'uint96' },
    { name: 'hourlyBps', type: 'uint16' },
    { name: 'dailyBps', type: 'uint16' },
    { name: 'claimFloor', type: 'uint96' },
    { name: 'deadline', type: 'uint64' },
  ],
  TokenLimits: [
    { name: 'token', type: 'address' },
    { name: 'cap', type: 'uint96' },
    { name: 'hourlyBps', type: 'uint16' },
    { name: 'dailyBps', type: 'uint16' },
    { name: 'claimFloor', type: 'uint96' },
    { name: 'nonce', type: 'uint64' },
    { name: 'deadline', type: 'uint64' },
  ],
  Unpause: [
    { name: 'pause', type: 'uint64' },
    { name: 'deadline', type: 'uint64' },
  ],
  Answer: [
    { name: 'number', type: 'uint64' },
    { name: 'index', type: 'uint32' },
    { name: 'reason', type: 'bytes32' },
    { name: 'deadline', type: 'uint64' },
  ],
} as const;

export type DomainName =
  'SettlementLedger' | 'OperatorRegistry' | 'CollateralVault' | 'Guardian' | 'ForcedExit';

/** The EIP-712 domain of one contract on one chain. */
export function domainOf(
  name: DomainName,
  chainId: number,
  verifyingContract: Address,
): TypedDataDomain {
  return { name: `Novate ${name}`, version: '1', chainId, verifyingContract };
}

/** One operator's approval as the contracts take it. */
export interface Sig {
  readonly signer: Address;
  readonly data: Hex;
}

/** Anything that signs typed data under an address: a viem account, or a door to a remote signer. */
export interface OperatorSigner {
  readonly address: Address;
  signTypedData(request: {
    readonly domain: TypedDataDomain;
    readonly types: Record<string, readonly { readonly name: string; readonly type: string }[]>;
    readonly primaryType: string;
    readonly message: Record<string, unknown>;
  }): Promise<Hex>;
}

/** Signatures of all given operators over one message, ascending by address as the registry wants them. */
export async function quorumOf(
  operators: readonly OperatorSigner[],
  domain: TypedDataDomain,
  primaryType: keyof typeof typedData,
  message: Record<string, unknown>,
): Promise<Sig[]> {
  const types = { [primaryType]: typedData[primaryType] };
  const sigs = await Promise.all(
    operators.map(async (operator) => ({
      signer: operator.address,
      data: await operator.signTypedData({ domain, types, primaryType, message }),
    })),
  );
  return sigs.toSorted((a, b) => (BigInt(a.signer) < BigInt(b.signer) ? -1 : 1));
}
