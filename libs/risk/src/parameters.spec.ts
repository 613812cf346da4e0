import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { shippedUrsParameters } from './adapters/parameter-files.js';
import { UrsParameters } from './parameters.js';

const shipped = shippedUrsParameters();
const copy = (): {
  model: string;
  parameters: Record<string, unknown>;
  lists: Record<string, unknown>;
} => JSON.parse(JSON.stringify(shipped.document));

describe('the parameter document', () => {
  it('hashes as the SHA-256 of its canonical JSON', () => {
    const hash = createHash('sha256').update(shipped.canonical(), 'utf8').digest('hex');
    expect(shipped.hash).toBe(hash);
  });

  it('hashes alike however it is written, and otherwise with any number changed', () => {
    const { parameters, ...rest } = copy();
    const turned = Object.fromEntries(Object.entries(parameters).toReversed());
    expect(UrsParameters.read({ parameters: turned, ...rest }).hash).toBe(shipped.hash);
    expect(shipped.with('2.0.1', { 'core.k': 1.05 }).hash).not.toBe(shipped.hash);
  });

  it('states unit, bounds, meaning and source of every number', () => {
    const all = [
      ...Object.values(shipped.document.parameters),
      ...Object.values(shipped.document.lists),
    ];
    for (const each of all) {
      expect(each.unit.length * each.meaning.length * each.source.length).toBeGreaterThan(0);
    }
  });

  it.each([
    ['core.k', 1.31],
    ['core.k', NaN],
    ['core.W', 1500.5],
    ['core.alpha', 0],
    ['group.crypto.netDelta', -0.01],
  ])('refuses %s = %s by name', (key, value) => {
    expect(() => shipped.with('x', { [key]: value })).toThrow(
      new RegExp(`^parameter-out-of-bounds: ${key}: `),
    );
  });

  it('refuses a key nobody reads, a key that is missing, and what is no document', () => {
    expect(() => shipped.with('x', { 'core.kay': 1 })).toThrow(/^parameter-unknown: core.kay: /);
    const without = copy();
    delete without.parameters['core.k'];
    expect(() => UrsParameters.read(without)).toThrow(/^parameter-missing: core.k: /);
    const text = copy();
    text.parameters['core.k'] = { ...shipped.document.parameters['core.k'], value: '1' };
    expect(() => UrsParameters.read(text)).toThrow(/^parameter-out-of-bounds: core.k: /);
    const list = copy();
    list.lists['grid.tails'] = { ...shipped.document.lists['grid.tails'], value: [2, 99] };
    expect(() => UrsParameters.read(list)).toThrow(/^parameter-out-of-bounds: grid.tails\[1\]: /);
    expect(() => UrsParameters.read({ ...copy(), model: 'fhs' })).toThrow(
      /^parameter-out-of-bounds: model: /,
    );
    for (const nothing of [undefined, null, [], 'urs', { ...copy(), parameters: 1 }]) {
      expect(() => UrsParameters.read(nothing)).toThrow(/^parameter-missing: /);
    }
  });
});
