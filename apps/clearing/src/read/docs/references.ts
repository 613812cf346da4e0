import { configurationReference } from '../../config/reference.js';
import { asyncApiYaml } from './asyncapi.js';
import { errorCatalogue } from './errors.js';
import { openApiJson } from './openapi.js';
import { riskParameterReference } from './risk-parameters.js';

/** Every generated reference: its file under the project's root, and what belongs in it. */
export async function references(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['docs/openapi.json', await openApiJson()],
    ['docs/asyncapi.yaml', asyncApiYaml()],
    ['docs/errors.md', errorCatalogue()],
    ['docs/configuration.md', configurationReference()],
    ['docs/risk-parameters.md', riskParameterReference()],
  ]);
}
