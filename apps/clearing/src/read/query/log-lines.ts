import { canonicalLine, type Journal } from '#events';

interface CachedBatch {
  readonly first: number;
  /** Lines with their line feeds, one per event. */
  readonly lines: readonly Buffer[];
  readonly bytes: number;
}

const MIB = 1024 * 1024;

/**
 * Lines of the log by position. A batch may hold ten thousand events, of which a follower asks a page at a time, and followers ask for the
 * same ones: the last batches stay, each read and written out once.
 */
export class LogLines {
  private readonly batches = new Map<number, CachedBatch>();
  private bytes = 0;

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

  private async read(position: number): Promise<CachedBatch | undefined> {
    for await (const { header, events, recorded = events } of this.journal.read(position)) {
      const lines = recorded.map((event) => Buffer.from(`${canonicalLine(event)}\n`, 'utf8'));
      const bytes = lines.reduce((sum, line) => sum + line.byteLength, 0);
      const batch = { first: header.firstPosition, lines, bytes };
      this.keep(batch);
      return batch;
    }
    return undefined;
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
