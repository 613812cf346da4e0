import type { Book } from './book.js';
import type { Market } from './market.js';
import type { Requirement } from './requirement.js';

/** A risk model is its bytes: the same hash gives the same numbers, for ever. */
export interface ModelIdentity {
  /** `urs`, `urs1`, `fhs`, `scan` or `tiered`. */
  readonly name: string;
  readonly version: string;
  /** Hex SHA-256 of the WebAssembly binary, of the canonical parameter document, and of the scenario sets' root. */
  readonly wasmHash: string;
  readonly parametersHash: string;
  readonly scenarioRoot: string;
  /** Hex SHA-256 over the three hashes: see `modelId`. */
  readonly modelId: string;
}

export interface AssessOptions {
  /** `full` (default): trees down to dates and legs. `summary`: trees one level deep, several times cheaper. Same amounts. */
  readonly detail?: 'full' | 'summary';
}

/** What every model offers. Pure: the same arguments give the same requirement on every machine. */
export interface MarginModel {
  readonly identity: ModelIdentity;
  /** Throws `RiskError` on input it cannot answer; never answers with a silent default. */
  assess(book: Book, market: Market, options?: AssessOptions): Requirement;
}

/** Form of a model id: 64 lower-case hex digits. */
export const modelIdPattern = /^[0-9a-f]{64}$/;

/** Is this a model id? */
export function isModelId(text: string): boolean {
  return modelIdPattern.test(text);
}
