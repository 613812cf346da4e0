import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  bytesToHex,
  type Hex,
  keccak256,
  parseTransaction,
  recoverAddress,
  recoverTransactionAddress,
  type TransactionSerializedEIP1559,
} from 'viem';
import type { TransactionSigner } from '../lane/index.js';
import type { SignerPort } from './signer-port.js';

/** The private key every driver is opened with. */
export const KEY: Hex = keccak256('0x6b6579');

const HALF_ORDER = BigInt('0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0');
const TRANSACTION = {
  type: 'eip1559',
  chainId: 31337,
  nonce: 7,
  to: `0x${'5e'.repeat(20)}`,
  value: 0n,
  data: '0x0102',
  gas: 1_000_000n,
  maxFeePerGas: 2_000_000_000n,
  maxPriorityFeePerGas: 1_000_000_000n,
} as const;

/** What every driver of the port does. */
export function signerContract(
  name: string,
  open: () => Promise<{ signer: SignerPort; close: () => Promise<void> }>,
): void {
  describe(`${name}, as a signer`, () => {
    let signer: SignerPort;
    let close: () => Promise<void>;
    beforeAll(async () => void ({ signer, close } = await open()));
    afterAll(() => close());

    it('signs digests so that contracts take them', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), async (bytes) => {
          const hash = bytesToHex(bytes);
          const signature = await signer.signDigest(hash);
          expect(signature).toMatch(/^0x[0-9a-f]{128}(1b|1c)$/);
          expect(BigInt(`0x${signature.slice(66, 130)}`)).toBeLessThanOrEqual(HALF_ORDER);
          expect((await recoverAddress({ hash, signature })).toLowerCase()).toBe(signer.address);
        }),
        { numRuns: 20 },
      );
    });

    it('is what a lane signs with', () => {
      const lane: TransactionSigner = signer;
      expect(lane.address).toBe(signer.address);
    });

    it('signs transactions', async () => {
      const raw = (await signer.signTransaction(TRANSACTION)) as TransactionSerializedEIP1559;
      const sender = await recoverTransactionAddress({ serializedTransaction: raw });
      expect(sender.toLowerCase()).toBe(signer.address);
      const { value: _zero, ...fields } = TRANSACTION;
      expect(parseTransaction(raw)).toMatchObject(fields);
    });

    it('shows its address and not its key', () => {
      expect(signer.address).toMatch(/^0x[0-9a-f]{40}$/);
      const shown = `${inspect(signer, { showHidden: true, depth: 20 })} ${JSON.stringify(signer)}`;
      expect(shown).toContain(signer.address);
      expect(shown).not.toContain(KEY.slice(2, 20));
      expect(shown).not.toContain(BigInt(KEY).toString().slice(0, 20));
    });
  });
}
