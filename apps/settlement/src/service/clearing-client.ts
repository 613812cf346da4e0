import { setTimeout as sleep } from 'node:timers/promises';
import type { SourceStanding } from '#ledger';

/** The clearing app refused: a stable code, and what it said. Asking again would not help. */
export class ClearingRefused extends Error {
  override readonly name = 'ClearingRefused';
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(`the clearing app refused with ${code}: ${detail}`);
  }
}

export interface ClearingClientOptions {
  readonly url: string;
  /** Key of the role `settlement`. */
  readonly key: string;
  /** Longest time one request may take, milliseconds. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What one input of a batch came to. */
export interface InputResult {
  readonly status: 'accepted' | 'duplicate' | 'rejected';
  readonly code?: string;
  readonly detail?: string;
}

const TIMEOUT_MS = 10_000;
const PAUSE_MS = 200;
/** Answers that say "later": too many requests, not ready, a proxy whose app restarts. */
const LATER: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/**
 * The clearing app's HTTP API as far as settlement needs it. Whatever it is told may have arrived although the answer was
 * lost, so everything it is told carries an id under which telling it again does nothing.
 */
export class ClearingClient {
  constructor(private readonly options: ClearingClientOptions) {}

  /** Gives a command until it is answered. @throws ClearingRefused; AbortError when stopped */
  async command(kind: string, idempotencyKey: string, body: object): Promise<void> {
    await this.post(`/v1/commands/${kind}`, JSON.stringify(body), {
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
      authorization: `Bearer ${this.options.key}`,
    });
  }

  /** What the house has of a source, and how many events its journal then had. */
  async source(id: string, key: string): Promise<SourceStanding & { readonly size: number }> {
    const path = `/v1/sources/${encodeURIComponent(id)}`;
    const answer = await this.ask(path, { headers: { authorization: `Bearer ${key}` } });
    return JSON.parse(answer) as SourceStanding & { readonly size: number };
  }

  /** Sends inputs of one topic as a CloudEvents batch, with the key of their source, until they are answered. */
  async inputs(topic: string, events: readonly object[], key: string): Promise<InputResult[]> {
    const answer = await this.post(`/v1/inputs/${topic}`, JSON.stringify(events), {
      'content-type': 'application/cloudevents-batch+json',
      authorization: `Bearer ${key}`,
    });
    return (JSON.parse(answer) as { results: InputResult[] }).results;
  }

  private post(
    path: string,
    body: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<string> {
    return this.ask(path, { method: 'POST', headers, body });
  }

  private async ask(path: string, request: RequestInit): Promise<string> {
    const { url, signal, timeoutMs = TIMEOUT_MS } = this.options;
    for (;;) {
      signal?.throwIfAborted();
      const limit = AbortSignal.timeout(timeoutMs);
      const both = signal === undefined ? limit : AbortSignal.any([signal, limit]);
      try {
        const response = await fetch(url + path, { ...request, signal: both });
        const text = await response.text();
        if (response.ok) return text;
        if (!LATER.has(response.status)) throw refusal(response.status, text);
      } catch (error) {
        if (error instanceof ClearingRefused) throw error;
        signal?.throwIfAborted();
      }
      await sleep(PAUSE_MS, undefined, signal === undefined ? {} : { signal });
    }
  }
}

function refusal(status: number, text: string): ClearingRefused {
  try {
    const { code, title, detail } = JSON.parse(text) as Record<string, string | undefined>;
    return new ClearingRefused(status, code ?? title ?? `HTTP_${status}`, detail ?? title ?? '');
  } catch {
    return new ClearingRefused(status, `HTTP_${status}`, text.slice(0, 200));
  }
}
