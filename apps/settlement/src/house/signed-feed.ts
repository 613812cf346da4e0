import {
  formatVerifierKey,
  KeyHistory,
  openCheckpoint,
  peekCheckpoint,
  ProofRefused,
  type VerifierKey,
} from '#events';
import { FeedBroken, type FeedEvent, keepAsking, type LogFeed } from './feed.js';

/** What follows a log up to the sizes its house signed. */
export interface SignedCopy {
  /** Events it holds. */
  readonly size: number;
  /** RFC 9162 root over them, hex. */
  logRoot(): string;
  /** Takes the next events, which no checkpoint holds against it yet. */
  take(events: readonly FeedEvent[]): Promise<void>;
  /** Everything it holds is under this signed checkpoint, or one with the same root. */
  verified(note: string): Promise<void>;
}

export interface SignedFollowOptions {
  readonly signal: AbortSignal;
  readonly keys: LogKeys;
  readonly trouble?: (reason: string) => void;
  readonly pauseMs?: number;
}

/** The keys of a log, from the first one, which is pinned, on. */
export class LogKeys {
  private readonly history = new KeyHistory();

  /** @param first the log's first key as its owner handed it over */
  constructor(private readonly first: VerifierKey) {}

  /** The log's name: the origin of its checkpoints and batches. */
  get origin(): string {
    return this.first.name;
  }

  /** Looks at an event of the log in its turn. @throws ProofRefused for a key that was not put in by the one before it */
  see({ event }: FeedEvent): void {
    if (event.type !== 'CheckpointKeyRotated') return;
    const { key } = this.history.add(event.data, event.position);
    if (this.history.all.length > 1) return;
    const [found, wanted] = [formatVerifierKey(key), formatVerifierKey(this.first)];
    if (found !== wanted) {
      throw new ProofRefused(
        `position ${event.position}`,
        `the first key is ${found}, not ${wanted}`,
      );
    }
  }

  /** The key that signs at a size. */
  at(size: number): VerifierKey {
    return this.history.at(size);
  }
}

/**
 * Follows a log from signed checkpoint to signed checkpoint: takes the events up to the size of the latest one, and
 * compares the root there. Nothing beyond a checkpoint is ever taken.
 * @throws FeedBroken, ProofRefused where the log is another one than its house signed: for a person to look at
 */
export async function followSigned(
  feed: LogFeed,
  copy: SignedCopy,
  options: SignedFollowOptions,
): Promise<void> {
  const { signal, keys } = options;
  let last = '';
  let target: string | undefined;
  await keepAsking(options, async () => {
    target ??= await newCheckpoint(feed, last, copy.size, signal);
    if (target === undefined) return false;
    const note = target;
    const { size } = peekCheckpoint(note);
    if (copy.size < size) {
      const events = await feed.page(copy.size, signal, size - copy.size);
      if (events.length > 0) return () => copy.take(events);
      throw new Error(`the house signed ${size} events and shows ${copy.size}`);
    }
    return async () => {
      verify(note, copy, keys);
      await copy.verified(note);
      [last, target] = [note, undefined];
    };
  });
}

/** The latest checkpoint, if it is another one and not behind what is held. */
async function newCheckpoint(
  feed: LogFeed,
  last: string,
  size: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const note = await feed.checkpoint(signal);
  if (note === undefined || note === last) return undefined;
  return peekCheckpoint(note).size < size ? undefined : note;
}

function verify(note: string, copy: SignedCopy, keys: LogKeys): void {
  const { size, root } = openCheckpoint(note, [keys.at(copy.size)]);
  const ours = copy.logRoot();
  if (root === ours) return;
  throw new FeedBroken(size, `the house signed root ${root} of ${size} events, ours is ${ours}`);
}
