import type { Requirement } from './requirement.js';

/** A risk model is its bytes: the same hash gives the same numbers, for ever. */
export interface ModelIdentity {
  /** `urs`, `urs1`, `fhs`, `scan` or `tiered`. */
  readonly name: string;
  readonly version: string;
  /** Hex SHA-256 of the WebAssembly binary, of the canonical parameter document, and of the scenario set's root. */
  readonly wasmHash: string;
  readonly parametersHash: string;
  readonly scenarioRoot: string;
  /** Hex SHA-256 over the three hashes. */
  readonly modelId: string;
}

/** A position as a model sees it. Quantity in minor units at `quantityScale`. */
export interface RiskPosition {
  readonly instrument: string;
  readonly quantity: bigint;
  readonly quantityScale: number;
}

/** Prices of one moment, minor units at each instrument's price scale, and where in the journal they stand. */
export interface MarkSet {
  readonly position: number;
  readonly prices: ReadonlyMap<string, bigint>;
}

/** What every model offers. Pure: the same arguments give the same requirement on every machine. */
export interface MarginModel {
  readonly identity: ModelIdentity;
  requirement(account: string, positions: readonly RiskPosition[], marks: MarkSet): Requirement;
}

/** Form of a model id: 64 lower-case hex digits. */
export const modelIdPattern = /^[0-9a-f]{64}$/;

/** Is this a model id? */
export function isModelId(text: string): boolean {
  return modelIdPattern.test(text);
}
