import { setTimeout as sleep } from 'node:timers/promises';

/** What the house answered for good. */
export interface Answer {
  readonly status: number;
  readonly code?: string;
  readonly text: string;
}

const PATIENCE_MS = 90_000;
const PAUSE_MS = 100;
const LATER: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** The clearing app over HTTP, asked until it answers: it is killed under whoever asks. */
export class ClearingDoor {
  constructor(private readonly url: string) {}

  /** @returns 200 and above; a refusal with its code */
  command(kind: string, id: string, body: object, key: string): Promise<Answer> {
    return this.post(`/v1/commands/${kind}`, body, key, {
      'content-type': 'application/json',
      'idempotency-key': id,
    });
  }

  /** @throws where the house refuses a command that it has to take */
  async must(kind: string, id: string, body: object, key: string): Promise<void> {
    const { status, code } = await this.command(kind, id, body, key);
    if (status >= 400) throw new Error(`${kind} ${id}: ${status} ${code}`);
  }

  /**
   * Where a window is not open yet its inputs are sent again; who owes something takes no new risk, and its trades are refused.
   * @throws where an input is refused for another reason
   */
  async inputs(topic: string, events: readonly object[], key: string): Promise<void> {
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    let last = '';
    for (const until = performance.now() + PATIENCE_MS; performance.now() < until;) {
      const { status, code, text } = await this.post(`/v1/inputs/${topic}`, events, key, headers);
      if (status < 400 && isTaken(text)) return;
      last = code ?? text;
      if (!text.includes('WINDOW_NOT_OPEN')) break;
      await sleep(PAUSE_MS);
    }
    throw new Error(`${topic} were not taken: ${last}`);
  }

  private async post(
    path: string,
    body: object,
    key: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    const init = {
      ...{ method: 'POST', body: JSON.stringify(body) },
      headers: { ...headers, authorization: `Bearer ${key}` },
    };
    let last = '';
    for (const until = performance.now() + PATIENCE_MS; performance.now() < until;) {
      try {
        const response = await fetch(this.url + path, {
          ...init,
          signal: AbortSignal.timeout(10_000),
        });
        const text = await response.text();
        if (!LATER.has(response.status)) return answerOf(response.status, text);
        last = `${response.status} ${text}`;
      } catch (error) {
        last = String(error);
      }
      await sleep(PAUSE_MS);
    }
    throw new Error(`the house does not answer ${path}: ${last}`);
  }
}

function isTaken(text: string): boolean {
  const { results } = JSON.parse(text) as { results: { status: string; code?: string }[] };
  return results.every(({ status, code }) => status !== 'rejected' || /NO_NEW_RISK/.test(code!));
}

function answerOf(status: number, text: string): Answer {
  if (status < 400) return { status, text };
  const { code, detail } = JSON.parse(text) as { code?: string; detail?: string };
  return { status, text, code: `${code}: ${detail}` };
}
