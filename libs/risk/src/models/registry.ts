import { identify, assertIdentity } from '../identity.js';
import type { RiskKernel } from '../kernel/port.js';
import type { ModelIdentity } from '../model.js';
import type { UrsParameters } from '../parameters.js';
import { RiskError } from '../risk-error.js';
import type { Scenarios } from '../scenarios/scenarios.js';
import { UrsModel } from './urs/urs.js';

/** Where the parts of models are kept, each by its hash. A loader throws where it has none. */
export interface ModelParts {
  kernel(wasmHash: string): RiskKernel;
  parameters(parametersHash: string): UrsParameters;
  /** Sealed by that kernel under those parameters. */
  scenarios(
    scenarioRoot: string,
    kernel: RiskKernel,
    parameters: UrsParameters,
  ): readonly Scenarios[];
}

/**
 * Every model that was ever activated, by id: nothing is removed, so an old position opens under the bytes it was margined with.
 * Whatever the loaders bring, a model opens only as the one its id names.
 */
export class ModelRegistry {
  private readonly identities = new Map<string, ModelIdentity>();
  private readonly opened = new Map<string, UrsModel>();

  constructor(private readonly parts: ModelParts) {}

  /** Ids, in the order in which they were added. */
  ids(): readonly string[] {
    return [...this.identities.keys()];
  }

  /** Throws `model-mismatch` where the id is not the hash over its parts, `model-unknown` for a model of another name. */
  add(identity: ModelIdentity): void {
    if (identity.name !== 'urs') {
      const reason = `${identity.name} is a model for comparison: its rules are not in its binary`;
      throw new RiskError('model-unknown', 'name', reason, 'activate urs');
    }
    assertIdentity(identify(identity), identity);
    if (!this.identities.has(identity.modelId)) this.identities.set(identity.modelId, identity);
  }

  /** Throws `model-unknown`, `model-mismatch`, and what the loaders throw. The same object each time. */
  open(modelId: string): UrsModel {
    const kept = this.opened.get(modelId);
    if (kept) return kept;
    const expected = this.identities.get(modelId);
    if (!expected) {
      const fix = 'add its identity, as the journal recorded it';
      throw new RiskError('model-unknown', 'modelId', `${modelId} was never activated here`, fix);
    }
    const kernel = this.parts.kernel(expected.wasmHash);
    const parameters = this.parts.parameters(expected.parametersHash);
    const scenarios = this.parts.scenarios(expected.scenarioRoot, kernel, parameters);
    const model = new UrsModel({ kernel, parameters, scenarios, expected });
    this.opened.set(modelId, model);
    return model;
  }
}
