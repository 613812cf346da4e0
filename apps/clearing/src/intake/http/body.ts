import type { Request } from 'express';
import { reject } from '#ledger';
import { Problem } from '../../problem/index.js';

/**
 * How long a refused sender may go on sending into the void before its connection is cut, and how long it may pause.
 * On a busy machine an honest one needs its time to finish; one that trickles is cut by the first limit.
 */
const DISCARD_MS = 30_000;
const PAUSE_MS = 5_000;

/**
 * Reads a request's body up to `limit` bytes. A larger one is refused with 413 as soon as that is
 * known, from its Content-Length or while it arrives; the rest is discarded unread, so that the
 * sender gets to see the answer.
 */
export function readBody(request: Request, limit: number): Promise<Buffer> {
  return new Promise((resolve, fail) => {
    const tooLarge = () => {
      chunks.length = 0;
      request.off('data', onData);
      const end = setTimeout(() => request.destroy(), DISCARD_MS).unref();
      const pause = setTimeout(() => request.destroy(), PAUSE_MS).unref();
      request.on('data', () => pause.refresh());
      request.once('close', () => [end, pause].forEach(clearTimeout));
      const reason = `The body is larger than ${limit} bytes.`;
      // Without "connection: close": that would cut the connection under a sender who still sends,
      // and what breaks there is not the answer but the write.
      fail(Problem.of(reject('TOO_LARGE', 'body', reason)));
    };
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limit) tooLarge();
      else chunks.push(chunk);
    };
    if (Number(request.headers['content-length'] ?? 0) > limit) return tooLarge();
    request.on('data', onData);
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', () => fail(Problem.unavailable('The connection broke.')));
    request.once('aborted', () => fail(Problem.unavailable('The sender went away.')));
  });
}
