import { setTimeout as sleep } from 'node:timers/promises';
import { type AnyRecordedEvent, canonicalJson, hashLine, type StoredEvent, upcast } from '#events';

/** An event as the house's feed gives it. */
export interface FeedEvent {
  /** Canonical JSON as recorded: the preimage of the leaf. */
  readonly line: string;
  readonly leaf: Buffer;
  /** In the current schema. */
  readonly event: AnyRecordedEvent;
}

/** What the feed sent is no part of a log: asking again would not help. Names the position. */
export class FeedBroken extends Error {
  override readonly name = 'FeedBroken';
  constructor(
    readonly position: number,
    readonly reason: string,
  ) {
    super(`position ${position}: ${reason}`);
  }
}

export interface FeedOptions {
  /** Of the clearing app. */
  readonly url: string;
  /** API key of a role that may read the log. */
  readonly key: string;
  /** Most events of one page. */
  readonly limit?: number;
  /** Longest time one request may take, milliseconds. */
  readonly timeoutMs?: number;
}

const LIMIT = 1_000;
const TIMEOUT_MS = 30_000;

/** The journal as the clearing app serves it over HTTP: pages of canonical lines, and signed checkpoints. */
export class LogFeed {
  constructor(private readonly options: FeedOptions) {}

  /**
   * The next events from a position on, none where the log ends there.
   * @param most of them, if below the page's limit
   * @throws FeedBroken for lines that are no events of a log; Error where the house does not answer
   */
  async page(from: number, signal?: AbortSignal, most = Infinity): Promise<FeedEvent[]> {
    const limit = Math.min(this.options.limit ?? LIMIT, most);
    const response = await this.get(`/v1/log/events?from=${from}&limit=${limit}`, signal);
    const lines = (await response.text()).split('\n').filter((line) => line !== '');
    if (lines.length > limit) throw new FeedBroken(from, `a page has ${lines.length} lines`);
    return lines.map((line, i) => readLine(line, from + i));
  }

  /** The latest signed checkpoint, a note; undefined where none was signed yet. */
  async checkpoint(signal?: AbortSignal): Promise<string | undefined> {
    const response = await this.get('/v1/log/checkpoint', signal, 404);
    if (response.status === 404) return undefined;
    const { note } = (await response.json()) as { readonly note?: unknown };
    if (typeof note !== 'string') throw new Error('the house answered without a checkpoint');
    return note;
  }

  private async get(path: string, signal?: AbortSignal, alsoGood?: number): Promise<Response> {
    const { url, key, timeoutMs = TIMEOUT_MS } = this.options;
    const limit = AbortSignal.timeout(timeoutMs);
    const response = await fetch(url + path, {
      headers: { authorization: `Bearer ${key}` },
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    if (response.ok || response.status === alsoGood) return response;
    throw new Error(`the house answered GET ${path} with ${response.status}`);
  }
}

/** Reads a line of the log. @throws FeedBroken where it is not the canonical line of the event at this position */
export function readLine(line: string, position: number): FeedEvent {
  let stored: StoredEvent & { readonly position?: unknown };
  try {
    stored = JSON.parse(line) as typeof stored;
  } catch {
    throw new FeedBroken(position, 'is no JSON');
  }
  if (stored?.position !== position) throw new FeedBroken(position, 'another event stands there');
  if (canonicalJson(stored) !== line) throw new FeedBroken(position, 'is not canonical JSON');
  return { line, leaf: hashLine(line), event: upcast(stored) };
}

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** Where the log is followed from. */
  readonly from: number;
  /** Takes the next events in order; what it throws ends the following. */
  readonly take: (events: readonly FeedEvent[]) => Promise<void> | void;
  /** Hears why the house could not be read, once per failed request. */
  readonly trouble?: (reason: string) => void;
  /** Milliseconds between two looks at a log that has nothing new. */
  readonly pauseMs?: number;
  /** Called whenever everything there was has been taken. */
  readonly idle?: () => void;
}

const PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

/** Follows the log until stopped. A house that is away is asked again, ever less often. @throws FeedBroken */
export async function follow(feed: LogFeed, options: FollowOptions): Promise<void> {
  let { from } = options;
  await keepAsking(options, async () => {
    const events = await feed.page(from, options.signal);
    if (events.length === 0) {
      options.idle?.();
      return false;
    }
    return async () => {
      await options.take(events);
      from += events.length;
    };
  });
}

type Polling = Pick<FollowOptions, 'signal' | 'trouble' | 'pauseMs'>;

/**
 * Asks until stopped: what `ask` returns is done at once and asked for more; after false it pauses. A failure of `ask` pauses
 * ever longer, but one that `FeedBroken` names, or one of what it returned, ends it.
 */
export async function keepAsking(
  { signal, trouble, pauseMs = PAUSE_MS }: Polling,
  ask: () => Promise<false | (() => Promise<void>)>,
): Promise<void> {
  let pause = pauseMs;
  while (!signal.aborted) {
    let work: false | (() => Promise<void>) = false;
    try {
      work = await ask();
      pause = pauseMs;
    } catch (error) {
      if (error instanceof FeedBroken) throw error;
      if (signal.aborted) return;
      trouble?.(error instanceof Error ? error.message : String(error));
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
    if (work !== false) await work();
    else await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}
