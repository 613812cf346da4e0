import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type AnyRecordedEvent,
  canonicalLine,
  Frontier,
  hashLine,
  rotateKey,
  signCheckpoint,
  signingKey,
} from '#events';

/** The key that signs the log of the tests, and its name. */
export const houseKey = signingKey('house.test', '11'.repeat(32));

/** The event that puts the key in, where the log has no other. */
export function keyEvent(position = 0): AnyRecordedEvent {
  return {
    id: 'key',
    type: 'CheckpointKeyRotated',
    schemaVersion: 1,
    occurredAt: 1,
    actor: 'house',
    data: rotateKey(houseKey, undefined, position),
    position,
    recordedAt: 1,
  };
}

/** Serves a log as the clearing app does: pages of lines, and a checkpoint of as much as is signed. */
export class HouseServer {
  readonly lines: string[] = [];
  /** Events under the checkpoint it shows; undefined: all. */
  signed: number | undefined;
  /** Requests it answers with 503 before it answers as it should. */
  failures = 0;
  asked = 0;
  private server: Server | undefined;

  get url(): string {
    return `http://127.0.0.1:${(this.server!.address() as AddressInfo).port}`;
  }

  record(events: readonly AnyRecordedEvent[]): void {
    this.lines.push(...events.map(canonicalLine));
  }

  checkpoint(size = this.signed ?? this.lines.length): string {
    const log = new Frontier();
    for (const line of this.lines.slice(0, size)) log.append(hashLine(line));
    const root = log.root().toString('hex');
    return signCheckpoint({ origin: houseKey.verifier.name, size, root }, houseKey).note;
  }

  async start(): Promise<void> {
    this.server = createServer((request, response) => {
      this.asked += 1;
      if (request.headers.authorization !== 'Bearer feed-key') return response.writeHead(401).end();
      if (this.failures > 0) {
        this.failures -= 1;
        return response.writeHead(503).end();
      }
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://house');
      if (pathname === '/v1/log/checkpoint') {
        if (this.lines.length === 0) return response.writeHead(404).end();
        return response.end(JSON.stringify({ note: this.checkpoint() }));
      }
      const [from, limit] = ['from', 'limit'].map((name) => Number(searchParams.get(name)));
      const page = this.lines.slice(from, from! + limit!);
      return response.end(page.map((line) => `${line}\n`).join(''));
    });
    await new Promise<void>((ready) => this.server!.listen(0, '127.0.0.1', ready));
  }

  stop(): Promise<void> {
    this.server?.closeAllConnections();
    return new Promise((done) => (this.server ? this.server.close(() => done()) : done()));
  }
}
