import { configurationReferences } from '../config/index.js';
import { settlementErrors } from './errors.js';

/** Every generated reference of settlement: its file under the project's root, and what belongs in it. */
export function settlementReferences(): ReadonlyMap<string, string> {
  return new Map([['docs/settlement-errors.md', settlementErrors()], ...configurationReferences()]);
}
