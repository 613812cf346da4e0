import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import {
  assertIdentity,
  identify,
  isModelId,
  merkleRootOfHashes,
  merkleRootOfTexts,
  modelId,
} from './index.js';

describe('a model id', () => {
  it('is 64 lower-case hex digits', () => {
    expect(isModelId('0f'.repeat(32))).toBe(true);
    expect(isModelId('0F'.repeat(32))).toBe(false);
    expect(isModelId('0f'.repeat(31))).toBe(false);
  });

  const [wasmHash, parametersHash, scenarioRoot] = ['a', 'b', 'c'].map((c) => c.repeat(64)) as [
    string,
    string,
    string,
  ];
  const identity = identify({ name: 'urs', version: '1', wasmHash, parametersHash, scenarioRoot });

  it('is what sha256sum prints of four lines', () => {
    const lines = `novate/risk-model/v1\n${wasmHash}\n${parametersHash}\n${scenarioRoot}\n`;
    expect(identity.modelId).toBe(createHash('sha256').update(lines).digest('hex'));
    expect(identity.modelId).toBe(modelId(wasmHash, parametersHash, scenarioRoot));
  });

  it.each(['wasmHash', 'parametersHash', 'scenarioRoot', 'modelId', 'version'] as const)(
    'is refused with another %s',
    (part) => {
      expect(() => assertIdentity(identity, identity)).not.toThrow();
      expect(() => assertIdentity({ ...identity, [part]: 'd'.repeat(64) }, identity)).toThrow(
        new RegExp(`^model-mismatch: ${part}: `),
      );
    },
  );
});

describe('the Merkle root', () => {
  const hex = (...parts: readonly (string | Buffer)[]): string =>
    parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');
  const leaf = (text: string): Buffer => Buffer.from(hex(Buffer.of(0), text), 'hex');
  const node = (left: Buffer, right: Buffer): Buffer =>
    Buffer.from(hex(Buffer.of(1), left, right), 'hex');

  it('is that of RFC 9162', () => {
    expect(merkleRootOfTexts([])).toBe(hex(''));
    expect(merkleRootOfTexts(['a'])).toBe(leaf('a').toString('hex'));
    const five = ['a', 'b', 'c', 'd', 'e'].map(leaf);
    const [a, b, c, d, e] = five as [Buffer, Buffer, Buffer, Buffer, Buffer];
    expect(merkleRootOfTexts(['a', 'b', 'c', 'd', 'e'])).toBe(
      node(node(node(a, b), node(c, d)), e).toString('hex'),
    );
    expect(merkleRootOfHashes(['00'])).toBe(hex(Buffer.of(0), Buffer.of(0)));
  });
});
