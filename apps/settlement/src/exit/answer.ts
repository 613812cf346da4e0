import { domainOf, forcedExitAbi, typedData } from '#contracts';
import { encodeFunctionData, hashTypedData, type Hex, stringToHex } from 'viem';

/** Why a forced exit is not paid, as k of n operators say it on chain. */
export interface ExitAnswer {
  /** Of the request, as the contract counts them. */
  readonly number: bigint;
  readonly index: number;
  /** An `ExitBound` of the ledger. */
  readonly reason: string;
  /** Block time, seconds. */
  readonly deadline: bigint;
}

/** EIP-712 digest of an answer. */
export function answerDigest(
  { number, index, reason, deadline }: ExitAnswer,
  { chainId, forcedExit }: { readonly chainId: number; readonly forcedExit: Hex },
): Hex {
  return hashTypedData({
    domain: domainOf('ForcedExit', chainId, forcedExit),
    types: { Answer: typedData.Answer },
    primaryType: 'Answer',
    message: { number, index, reason: reasonWord(reason), deadline },
  });
}

/** The call of the contract that gives it. */
export function answerCall(
  { index, reason, deadline }: ExitAnswer,
  signatures: readonly { readonly signer: Hex; readonly data: Hex }[],
): Hex {
  const args = [index, reasonWord(reason), deadline, signatures] as const;
  return encodeFunctionData({ abi: forcedExitAbi, functionName: 'answer', args });
}

/** ASCII, padded with zeros: the chain's explorers show it as it is. */
const reasonWord = (reason: string): Hex => stringToHex(reason, { size: 32 });
