import { hashText } from './canonical.js';
import type { ModelIdentity } from './model.js';
import { RiskError } from './risk-error.js';

/** First line of a model id's preimage: no other hash of this project can be mistaken for one. */
export const MODEL_DOMAIN = 'novate/risk-model/v1';

/**
 * `modelId = sha256("novate/risk-model/v1\n" + wasmHash + "\n" + parametersHash + "\n" + scenarioRoot + "\n")`, the three in
 * lower-case hex, all of it ASCII.
 */
export function modelId(wasmHash: string, parametersHash: string, scenarioRoot: string): string {
  return hashText([MODEL_DOMAIN, wasmHash, parametersHash, scenarioRoot, ''].join('\n'));
}

/** The identity of a model made of these parts. */
export function identify(parts: Omit<ModelIdentity, 'modelId'>): ModelIdentity {
  const { wasmHash, parametersHash, scenarioRoot } = parts;
  return { ...parts, modelId: modelId(wasmHash, parametersHash, scenarioRoot) };
}

/** Throws `model-mismatch`, naming the first part that is not the one expected. */
export function assertIdentity(actual: ModelIdentity, expected: ModelIdentity): void {
  const fix = {
    wasmHash: 'load the binary with that hash',
    parametersHash: 'load the parameter document with that hash',
    scenarioRoot: 'load the factor history with that root',
    modelId: 'the id is not the hash over its three parts: correct the identity',
    name: 'open it under its own name',
    version: 'open it under its own version',
  } as const;
  for (const part of [
    'wasmHash',
    'parametersHash',
    'scenarioRoot',
    'modelId',
    'name',
    'version',
  ] as const) {
    if (actual[part] === expected[part]) continue;
    throw new RiskError(
      'model-mismatch',
      part,
      `it is ${actual[part]}, the model names ${expected[part]}`,
      fix[part],
    );
  }
}
