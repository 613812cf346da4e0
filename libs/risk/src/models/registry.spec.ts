import { describe, expect, it } from '@jest/globals';
import { currentKernelHash, kernelByHash, kernelBytes } from '../adapters/kernel-files.js';
import { shippedUrsParameters } from '../adapters/parameter-files.js';
import { identify } from '../identity.js';
import { loadKernel } from '../kernel/wasm-kernel.js';
import type { ModelIdentity } from '../model.js';
import { buildScenarios } from '../scenarios/scenarios.js';
import { historyRoot } from '../scenarios/factor-history.js';
import { merkleRootOfHashes } from '../canonical.js';
import { testMarket } from '../testing/market.js';
import { randomHistory } from '../testing/random-history.js';
import { type ModelParts, ModelRegistry } from './registry.js';

const shipped = shippedUrsParameters();
const stricter = shipped.with('2.0.1', { 'core.k': 1.2 });
const days = randomHistory('test', ['A', 'B'], 300, 7);
const identityOf = (parameters: typeof shipped, version: string): ModelIdentity =>
  identify({
    name: 'urs',
    version,
    wasmHash: currentKernelHash(),
    parametersHash: parameters.hash,
    scenarioRoot: merkleRootOfHashes([historyRoot(days)]),
  });
const parts: ModelParts = {
  kernel: kernelByHash,
  parameters: (hash) => (hash === stricter.hash ? stricter : shipped),
  scenarios: (_root, kernel, parameters) => [buildScenarios(kernel, parameters, days)],
};
const old = identityOf(shipped, shipped.version);
const young = identityOf(stricter, '2.0.1');
const book = {
  account: 'x',
  positions: [{ instrument: 'A-PERP', quantity: 5n, quantityScale: 0 }],
  collateral: [],
};

describe('models by their hash', () => {
  it('old and new open side by side, each under its own bytes', () => {
    const registry = new ModelRegistry(parts);
    registry.add(old);
    registry.add(young);
    registry.add(old);
    expect(registry.ids()).toEqual([old.modelId, young.modelId]);
    const [before, after] = [old, young].map(({ modelId }) =>
      registry.open(modelId).assess(book, testMarket()),
    );
    expect(before?.modelId).toBe(old.modelId);
    expect(after?.modelId).toBe(young.modelId);
    expect(after?.initialMargin).toBeGreaterThan(before?.initialMargin ?? 0n);
    expect(registry.open(old.modelId)).toBe(registry.open(old.modelId));
  });

  it('refuses an id that was never added, or is not the hash over its parts', () => {
    const registry = new ModelRegistry(parts);
    expect(() => registry.open(old.modelId)).toThrow(/^model-unknown: modelId: .*never activated/);
    expect(() => registry.add({ ...old, parametersHash: stricter.hash })).toThrow(
      /^model-mismatch: modelId/,
    );
    expect(() => registry.add({ ...old, name: 'scan' })).toThrow(/^model-unknown: name/);
  });

  it.each<[string, Partial<ModelParts>, RegExp]>([
    ['other parameters', { parameters: () => stricter }, /^model-mismatch: parametersHash/],
    [
      'a day more',
      {
        scenarios: (_root, kernel, parameters) => [
          buildScenarios(kernel, parameters, randomHistory('test', ['A', 'B'], 301, 7)),
        ],
      },
      /^model-mismatch: scenarioRoot/,
    ],
    [
      'a kernel that claims another hash',
      { kernel: (hash) => ({ ...kernelByHash(hash), hash: '0'.repeat(64) }) },
      /^model-mismatch: wasmHash/,
    ],
    [
      'a binary with one byte changed',
      {
        kernel: (hash) => {
          const bytes = kernelBytes(hash).slice();
          bytes[bytes.length - 1]! ^= 1;
          return loadKernel(bytes, hash);
        },
      },
      /^kernel-hash-mismatch/,
    ],
  ])('refuses %s', (_what, wrong, pattern) => {
    const registry = new ModelRegistry({ ...parts, ...wrong });
    registry.add(old);
    expect(() => registry.open(old.modelId)).toThrow(pattern);
  });
});
