import { setTimeout as sleep } from 'node:timers/promises';
import { CliError, ExitCode } from '../terminal/exit.js';
import type { OperatorCommand } from './reference.js';

/** How long "too many requests" and "catching up" are answered by asking again, milliseconds. */
const PATIENCE_MS = 60_000;

/** What `GET /v1/engine` answers: the live engine's own state, hashed in its memory. */
export interface LiveHead {
  readonly size: number;
  readonly batches: number;
  readonly hash: string;
  readonly stateHash: string;
}

interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly code?: string;
}

/** The clearing app's HTTP API, as far as the command-line program needs it. */
export class ClearingApi {
  constructor(
    private readonly url: string,
    private readonly operatorKey: string,
    private readonly riskKey = '',
  ) {}

  head(): Promise<LiveHead> {
    return this.call<LiveHead>('GET', '/v1/engine');
  }

  get<T>(path: string): Promise<T> {
    return this.call<T>('GET', path);
  }

  /** Gives a command of the operator or the risk officer; the same Idempotency-Key gives it once. */
  command({ kind, idempotencyKey, body, by }: OperatorCommand): Promise<unknown> {
    return this.call('POST', `/v1/commands/${kind}`, JSON.stringify(body), {
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
      ...(by === 'risk' && { authorization: `Bearer ${this.riskKey}` }),
    });
  }

  /** Gives a command with a key of its own, a member's for one. */
  commandBy(key: string, { kind, idempotencyKey, body }: OperatorCommand): Promise<unknown> {
    return this.call('POST', `/v1/commands/${kind}`, JSON.stringify(body), {
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
      authorization: `Bearer ${key}`,
    });
  }

  /** Publishes inputs of one topic as a CloudEvents batch, with the key of their source. */
  inputs(topic: string, events: readonly object[], key: string): Promise<unknown> {
    return this.call('POST', `/v1/inputs/${topic}`, JSON.stringify(events), {
      'content-type': 'application/cloudevents-batch+json',
      authorization: `Bearer ${key}`,
    });
  }

  private async call<T>(
    method: string,
    path: string,
    body?: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      const response = await fetch(this.url + path, {
        method,
        headers: { authorization: `Bearer ${this.operatorKey}`, ...headers },
        ...(body === undefined ? {} : { body }),
      });
      const text = await response.text();
      if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as T;
      const later = response.status === 429 || response.status === 503;
      if (!later || performance.now() > until) {
        const why = explain(response.status, text);
        throw new CliError(`${method} ${path}: ${why}`, ExitCode.checkFailed);
      }
      const seconds = Number(response.headers.get('retry-after') ?? '0.2');
      await sleep(Math.max(0.1, seconds) * 1000);
    }
  }
}

function explain(status: number, text: string): string {
  try {
    const { title, detail, code } = JSON.parse(text) as Problem;
    return [status, code, title, detail].filter(Boolean).join(' ');
  } catch {
    return `${status} ${text.slice(0, 200)}`;
  }
}
