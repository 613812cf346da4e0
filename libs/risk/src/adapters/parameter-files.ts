import { readFileSync } from 'node:fs';
import { UrsParameters } from '../parameters.js';

/** Beside the sources as beside the build: `libs/risk/parameters`. */
const FOLDER = new URL('../../parameters/', import.meta.url);

/** The shipped parameters of `urs`. */
export function shippedUrsParameters(): UrsParameters {
  return UrsParameters.read(JSON.parse(readFileSync(new URL('urs.json', FOLDER), 'utf8')));
}
