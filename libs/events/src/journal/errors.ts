import type { Segment } from './chain.js';

/** Another writer moved the head or took the writer's role: this one must stop. */
export class JournalConflict extends Error {
  override readonly name = 'JournalConflict';
  constructor(detail: string) {
    super(`journal conflict: ${detail}; another writer is at work, this one must stop`);
  }
}

/** A batch does not verify. `batch` is its number; `segment` holds its bytes, where they are the problem. */
export class JournalCorrupt extends Error {
  override readonly name = 'JournalCorrupt';
  constructor(
    readonly batch: number,
    detail: string,
    readonly segment?: Segment,
  ) {
    super(`journal batch ${batch} is corrupt: ${detail}`);
  }
}

/** The journal was closed, or its server cannot be reached. Nothing is known to be lost. */
export class JournalUnavailable extends Error {
  override readonly name = 'JournalUnavailable';
}

/** An event that cannot be recorded: it has no canonical JSON, so nobody could ever prove it. */
export class InvalidEvent extends Error {
  override readonly name = 'InvalidEvent';
}
