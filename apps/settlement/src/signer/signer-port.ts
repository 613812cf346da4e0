import {
  type Hex,
  keccak256,
  parseSignature,
  serializeTransaction,
  type TransactionSerializableEIP1559,
} from 'viem';

/** A key somewhere. It signs digests of batches as an operator, or transactions as the submitter that pays for gas. */
export interface SignerPort {
  /** Lower case. */
  readonly address: Hex;
  /**
   * Signs 32 bytes as they are: `r | s | v`, s in the lower half, v 27 or 28.
   * @throws SettlementRefused, 84xx, where there is no signature of this address.
   */
  signDigest(digest: Hex): Promise<Hex>;
  /** A signed EIP-1559 transaction, ready to be sent. */
  signTransaction(transaction: TransactionSerializableEIP1559): Promise<Hex>;
}

/** A signer out of the one thing drivers differ in. */
export function signerOf(address: Hex, signDigest: (digest: Hex) => Promise<Hex>): SignerPort {
  return {
    address,
    signDigest,
    async signTransaction(transaction) {
      const digest = keccak256(serializeTransaction(transaction));
      return serializeTransaction(transaction, parseSignature(await signDigest(digest)));
    },
  };
}
