import { readFileSync } from 'node:fs';

/** A committed golden file of libs/risk/vectors, parsed; the caller names its shape. Provenance is inside the file. */
export function vectors<T>(name: string): T {
  return JSON.parse(
    readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), 'utf8'),
  ) as T;
}
