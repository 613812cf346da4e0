/** A record in a simulated stream: bytes, as the server gets and gives them. */
export interface StoredRecord {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
  /** Ticks of 100 ns since 1970, as the server writes them. */
  readonly created: string;
}

export type Expected = bigint | 'any' | 'no_stream' | 'stream_exists';

export type Outcome =
  /** Also where the very same records had been appended at the very same place before. */
  | { readonly kind: 'written'; readonly revision: bigint }
  /** `current` is undefined where there is no stream. */
  | { readonly kind: 'wrong-version'; readonly current: bigint | undefined };

/** The streams of a simulated server: revisions, expected versions and idempotency by id, as the real one decides them. */
export class Streams {
  private readonly streams = new Map<string, StoredRecord[]>();
  private readonly listeners = new Set<(stream: string) => void>();

  /** Records of a stream; undefined where there is none. */
  get(stream: string): readonly StoredRecord[] | undefined {
    return this.streams.get(stream);
  }

  /** Changes what is stored, as no client could: for tests of what a reader makes of it. */
  tamper(stream: string, change: (records: StoredRecord[]) => StoredRecord[]): void {
    this.streams.set(stream, change([...(this.streams.get(stream) ?? [])]));
  }

  onAppend(listener: (stream: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  append(stream: string, records: readonly StoredRecord[], expected: Expected): Outcome {
    const there = this.streams.get(stream);
    const current = BigInt((there?.length ?? 0) - 1);
    const wrong: Outcome = { kind: 'wrong-version', current: there ? current : undefined };
    if (expected === 'stream_exists' && there === undefined) return wrong;
    const before = at(expected);
    if (expected === 'any' || expected === 'stream_exists') {
      const repeated = repeatedFrom(there ?? [], records, idPlace(there ?? [], records));
      if (expected === 'any' && repeated !== undefined) return written(repeated);
    } else if (before < current) {
      const repeated = repeatedFrom(there ?? [], records, Number(before) + 1);
      return repeated === undefined ? wrong : written(repeated);
    } else if (before > current) {
      return wrong;
    }
    if (there) for (const record of records) there.push(record);
    else this.streams.set(stream, [...records]);
    for (const listener of [...this.listeners]) listener(stream);
    return written(current + BigInt(records.length));
  }
}

const at = (expected: Expected): bigint => (typeof expected === 'bigint' ? expected : -1n);
const written = (revision: bigint): Outcome => ({ kind: 'written', revision });

/** Where the first of the records stands already; behind the end where it does not. */
function idPlace(there: readonly StoredRecord[], records: readonly StoredRecord[]): number {
  const place = there.findLastIndex(({ id }) => id === records[0]?.id);
  return place < 0 ? there.length : place;
}

/** Revision of the last record, if every one of them stands there already, from `place` on. */
function repeatedFrom(
  there: readonly StoredRecord[],
  records: readonly StoredRecord[],
  place: number,
): bigint | undefined {
  if (records.length === 0) return undefined;
  const same = records.every(({ id }, i) => there[place + i]?.id === id);
  return same ? BigInt(place + records.length - 1) : undefined;
}
