import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { canonicalLine, leafHash } from '../canonical.js';
import { CODEC, decodeEvents, encodeEvents } from '../codec/codec.js';
import type { AnyNewEvent, AnyRecordedEvent } from '../event.js';
import type { BatchHeader } from '../journal/journal.js';
import { eventTypes, schemaVersions } from '../schema-versions.js';
import { upcast } from '../upcast.js';

/**
 * One recorded event per type. `line` and `leafHash` were computed by other code (Python's json and hashlib): what is
 * written here stays true for ever, or the proofs of old journals break.
 */
interface Golden {
  /** Who computed it, and how. */
  readonly provenance: string;
  readonly leafHash: string;
  readonly line: string;
  readonly event: AnyRecordedEvent;
}

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
function goldensOf(folder: string): (readonly [name: string, golden: Golden])[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return names.map((name) => {
    const golden = JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as Golden;
    return [name.replace('.json', ''), golden] as const;
  });
}
const goldens = goldensOf(FOLDER);

function headerOf(events: readonly AnyRecordedEvent[]): BatchHeader {
  const { position, recordedAt } = events[0]!;
  const place = { shard: 0, seq: 0, firstPosition: position, count: events.length, epoch: 1 };
  return { ...place, codec: CODEC, recordedAt, offsets: [] };
}

/** As the journal stores it: position and recording time are the header's. */
function unrecorded(event: AnyRecordedEvent): AnyNewEvent {
  const { position: _, recordedAt: __, ...rest } = event;
  return rest;
}

describe('golden events', () => {
  it('exist for every type, and for no other', () => {
    expect(goldens.map(([name]) => name).sort()).toEqual([...eventTypes].sort());
  });

  describe.each(goldens)('%s', (name, { event, line, leafHash: leaf }) => {
    it('is of its type and of the current schema', () => {
      expect(event.type).toBe(name);
      expect(upcast(event)).toBe(event);
    });
    it('has its canonical line and its leaf', () => {
      expect(canonicalLine(event)).toBe(line);
      expect(leafHash(event)).toBe(leaf);
    });
    it('comes back from storage byte for byte', () => {
      const payload = encodeEvents([unrecorded(event)]);
      expect(decodeEvents(payload, headerOf([event])).map(canonicalLine)).toEqual([line]);
    });
  });

  /** Schemas of old journals, `type.schema`. */
  describe.each(goldensOf(`${FOLDER}/old`))('of an old schema, %s', (name, golden) => {
    const { event, line, leafHash: leaf } = golden;
    it('keeps its leaf, and is read as the current schema with the same data', () => {
      expect(`${event.type}.${event.schemaVersion}`).toBe(name);
      const payload = encodeEvents([unrecorded(event)]);
      const [stored] = decodeEvents(payload, headerOf([event]));
      expect([canonicalLine(stored!), leafHash(stored!)]).toEqual([line, leaf]);
      const { schemaVersion, data } = upcast(stored!);
      expect(schemaVersion).toBe(schemaVersions[event.type]);
      expect(data).toEqual(event.data);
    });
  });

  it('come back from one batch, each three times, in order', () => {
    const events = goldens.flatMap(([, golden]) => [golden.event, golden.event, golden.event]);
    const decoded = decodeEvents(encodeEvents(events.map(unrecorded)), headerOf(events));
    const expected = events.map((event, i) => {
      const { position, recordedAt } = events[0]!;
      const moved = { ...event, position: position + i, recordedAt };
      return canonicalLine(moved);
    });
    expect(decoded.map(canonicalLine)).toEqual(expected);
  });
});
