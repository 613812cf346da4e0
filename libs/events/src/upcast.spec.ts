import { describe, expect, it } from '@jest/globals';
import { CODEC, encodeEvents } from './codec/codec.js';
import type { StoredEvent } from './event.js';
import { schemaVersions } from './schema-versions.js';
import { trade } from './testing/facts.js';
import { UnknownEvent, upcast, type Upcasters } from './upcast.js';

/** A history a type might have had: version 0 named the asset by its ticker, version 1 had no scale. */
const history: Upcasters = {
  AssetRegistered: [
    (data) => ({ asset: (data as { ticker: string }).ticker }),
    (data) => ({ ...(data as object), scale: 8 }),
  ],
};
const versions = { ...schemaVersions, AssetRegistered: 2 };
const old: StoredEvent = { type: 'AssetRegistered', schemaVersion: 0, data: { ticker: 'BTC' } };

describe('upcast', () => {
  it('takes an old event through every step', () => {
    const current = { type: 'AssetRegistered', schemaVersion: 2, data: { asset: 'BTC', scale: 8 } };
    expect(upcast(old, history, versions)).toEqual(current);
    const middle = { ...old, schemaVersion: 1, data: { asset: 'BTC' } };
    expect(upcast(middle, history, versions)).toEqual(current);
  });
  it('keeps the rest of the event and does not touch the old one', () => {
    const before = structuredClone(old);
    const recorded = { ...old, id: 'x', position: 7 };
    expect(upcast(recorded, history, versions)).toMatchObject({ id: 'x', position: 7 });
    expect(old).toEqual(before);
  });
  it('returns a current event as it is', () => {
    const event = trade(1);
    expect(upcast(event)).toBe(event);
  });
  it.each([
    ['an unknown type', { ...old, type: 'AssetForgotten' }],
    ['a type named like a property of every object', { ...old, type: 'constructor' }],
    ['a newer schema', { ...old, schemaVersion: 3 }],
    ['a schema without an upcaster', { ...old, schemaVersion: -1 }],
  ])('refuses %s', (_, event) => {
    expect(() => upcast(event, history, versions)).toThrow(UnknownEvent);
  });
  it('leaves the stored bytes alone: the codec does not know it', () => {
    expect(CODEC).toBe('msgpackr-records/1');
    expect(encodeEvents([old as never]).toString('latin1')).toContain('ticker');
  });
});
