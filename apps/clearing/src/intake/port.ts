/** A Kafka message as an adapter hands it over. */
export interface SourceMessage {
  readonly offset: number;
  readonly key?: string;
  /** Header values as text; a repeated header counts once, with its first value. */
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array;
  /** The broker's or producer's timestamp, microseconds. */
  readonly timestamp: number;
}

/** What one fetch of one partition brought. */
export interface SourceBatch {
  readonly topic: string;
  readonly partition: number;
  /** Where the fetch began, and the last offset it covers (control records and holes included). */
  readonly fetchedOffset: number;
  readonly lastOffset: number;
  /** Offset after the newest message of the partition. */
  readonly highWatermark: number;
  readonly messages: readonly SourceMessage[];
}

export interface SourceHandler {
  /** Offset to read a partition from, asked at every assignment. */
  startOffset(topic: string, partition: number): number;
  /** The broker begins at `low`: everything before it is gone. */
  truncated(topic: string, partition: number, low: number): void;
  /**
   * Takes a batch and returns at once, or after short work: it may await `breathe`, which keeps the
   * membership alive and tells whether the batch is still ours.
   */
  batch(batch: SourceBatch, breathe: () => Promise<boolean>): Promise<void>;
}

/**
 * Where inputs come from. Delivers at least once and in order per partition; the handler sees to
 * exactly once.
 */
export interface MessageSource {
  start(handler: SourceHandler): Promise<void>;
  /** Reads a partition again from `offset`. */
  seek(topic: string, partition: number, offset: number): void;
  /** Stops and starts fetching, of all partitions. */
  pause(): void;
  resume(): void;
  /** Tells lag tools how far we are; the truth is in the journal. */
  hint(offsets: readonly { topic: string; partition: number; next: number }[]): Promise<void>;
  /** Resolves once no handler runs any more. */
  stop(): Promise<void>;
}
