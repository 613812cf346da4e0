import { reject } from '#ledger';
import type { Rejection } from '#ledger';
import { isRecord } from './json.js';

/** A body that does not have the shape it should. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
  readonly rejection: Rejection;
  constructor(field: string, reason: string) {
    super(reason);
    this.rejection = reject('SCHEMA_VIOLATION', field, reason);
  }
}

/** Checks one value and returns it typed, or throws a `ShapeError` that names the field. */
export type Shape<T> = (value: unknown, field: string) => T;
/** What a shape yields. */
export type Of<S> = S extends Shape<infer T> ? T : never;

interface OptionalShape<T> {
  readonly optional: Shape<T>;
}
type Fields = Readonly<Record<string, Shape<unknown> | OptionalShape<unknown>>>;
type Required<F extends Fields> = {
  readonly [K in keyof F as F[K] extends Shape<unknown> ? K : never]: Of<F[K]>;
};
type Optionals<F extends Fields> = {
  readonly [K in keyof F as F[K] extends OptionalShape<unknown> ? K : never]?: F[K] extends {
    readonly optional: Shape<infer T>;
  }
    ? T
    : never;
};

/** Text of 1 to `max` characters, without control characters: they have no place in an id or a reason. */
export const textOf =
  (max: number): Shape<string> =>
  (value, field) => {
    if (typeof value !== 'string') throw new ShapeError(field, `${field} is not text`);
    if (value.length < 1 || value.length > max || !isPrintable(value)) {
      throw new ShapeError(field, `${field} has to be 1 to ${max} printable characters`);
    }
    return value;
  };

function isPrintable(value: string): boolean {
  for (let i = 0; i < value.length; i += 1) if (value.charCodeAt(i) < 0x20) return false;
  return true;
}

/** Text of 1 to 256 characters. */
export const text: Shape<string> = textOf(256);

/** A decimal integer in minor units, as text. */
export const units: Shape<string> = (value, field) => {
  if (typeof value !== 'string' || !/^-?(0|[1-9]\d{0,38})$/.test(value)) {
    throw new ShapeError(field, `${field} is not a whole number as text`);
  }
  return value;
};

/** A whole number, within bounds. */
export const integer =
  (min: number, max: number): Shape<number> =>
  (value, field) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
      return value;
    }
    throw new ShapeError(field, `${field} is not a whole number from ${min} to ${max}`);
  };

export const flag: Shape<boolean> = (value, field) => {
  if (typeof value !== 'boolean') throw new ShapeError(field, `${field} is neither true nor false`);
  return value;
};

/** One of a closed list of words. */
export const oneOf =
  <const W extends readonly string[]>(...words: W): Shape<W[number]> =>
  (value, field) => {
    const word = words.find((known) => known === value);
    if (word === undefined) throw new ShapeError(field, `${field} is none of ${words.join(', ')}`);
    return word;
  };

/** A list of at most `max` entries. */
export const listOf =
  <T>(shape: Shape<T>, max: number): Shape<readonly T[]> =>
  (value, field) => {
    if (!Array.isArray(value) || value.length > max) {
      throw new ShapeError(field, `${field} is not a list of at most ${max}`);
    }
    return value.map((entry, index) => shape(entry, `${field}[${index}]`));
  };

/** A field that may be absent; it is never null. */
export const optional = <T>(shape: Shape<T>): OptionalShape<T> => ({ optional: shape });

/** An object of exactly these fields: one that is not known is refused, whatever its name. */
export const object =
  <F extends Fields>(fields: F): Shape<Required<F> & Optionals<F>> =>
  (value, field) => {
    const path = (name: string) => (field === '' ? name : `${field}.${name}`);
    if (!isRecord(value)) throw new ShapeError(field || 'body', `${field || 'body'} is no object`);
    for (const name of Object.keys(value)) {
      if (!Object.hasOwn(fields, name)) {
        const shown = path(name.slice(0, 64));
        throw new ShapeError(shown, `${JSON.stringify(shown)} is not a field here`);
      }
    }
    const checked: Record<string, unknown> = {};
    for (const [name, shape] of Object.entries(fields)) {
      const given = Object.hasOwn(value, name);
      if (typeof shape === 'function') {
        if (!given) throw new ShapeError(path(name), `${path(name)} is missing`);
        checked[name] = shape(value[name], path(name));
      } else if (given) checked[name] = shape.optional(value[name], path(name));
    }
    return checked as Required<F> & Optionals<F>;
  };
