import { canonicalLine, type Journal } from '#events';

interface CachedBatch {
  readonly first: number;
  /** Lines with their line feeds, one per event. */
  readonly lines: readonly Buffer[];
  readonly bytes: number;
}

const MIB = 1024 * 1024;
/** Read in one go, at least a batch. */
const AHEAD_BYTES = 8 * MIB;

/**
 * Lines of the log by position. A batch may hold ten thousand events, of which a follower asks a page at a time, and followers ask for the
 * same ones: the last batches stay, each read and written out once.
 */
export class LogLines {
  private readonly batches = new Map<number, CachedBatch>();
  private bytes = 0;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly journal: Pick<Journal, 'read'>,
    private readonly keptBytes = 32 * MIB,
  ) {}

  /** Lines of the positions `from` to `end` - 1, up to the one that passes `maxBytes`. */
  async page(from: number, end: number, maxBytes: number): Promise<Buffer[]> {
    const page: Buffer[] = [];
    let bytes = 0;
    let position = from;
    while (position < end) {
      const batch = this.cached(position) ?? (await this.read(position));
      if (batch === undefined) return page;
      for (const line of batch.lines.slice(position - batch.first, end - batch.first)) {
        if (bytes >= maxBytes) return page;
        page.push(line);
        bytes += line.byteLength;
        position += 1;
      }
    }
    return page;
  }

  private cached(position: number): CachedBatch | undefined {
    for (const batch of this.batches.values()) {
      if (position >= batch.first && position < batch.first + batch.lines.length) return batch;
    }
    return undefined;
  }

  /** One read of the journal at a time: who waited for another's finds what that brought. */
  private read(position: number): Promise<CachedBatch | undefined> {
    const mine = this.turn.then(() => this.cached(position) ?? this.load(position));
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  /** The batch of a position, and those behind it that whoever asked for it will ask for next: beginning to read costs most. */
  private async load(position: number): Promise<CachedBatch | undefined> {
    let first: CachedBatch | undefined;
    let ahead = 0;
    for await (const { header, events, recorded = events } of this.journal.read(position)) {
      const lines = recorded.map((event) => Buffer.from(`${canonicalLine(event)}\n`, 'utf8'));
      const bytes = lines.reduce((sum, line) => sum + line.byteLength, 0);
      const batch = { first: header.firstPosition, lines, bytes };
      this.keep(batch);
      first ??= batch;
      ahead += bytes;
      if (ahead >= Math.min(AHEAD_BYTES, this.keptBytes / 4)) break;
    }
    return first;
  }

  private keep(batch: CachedBatch): void {
    if (this.batches.has(batch.first) || batch.bytes > this.keptBytes) return;
    this.batches.set(batch.first, batch);
    this.bytes += batch.bytes;
    for (const oldest of this.batches.values()) {
      if (this.bytes <= this.keptBytes) return;
      this.batches.delete(oldest.first);
      this.bytes -= oldest.bytes;
    }
  }
}
