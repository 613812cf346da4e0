import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ClearingClient, ClearingRefused } from './clearing-client.js';

type Answer = readonly [status: number, body: string] | 'hang up';

describe('the client of the clearing app', () => {
  let server: Server | undefined;
  afterEach(() => new Promise((done) => server?.close(done)));

  /** Answers in turn, the last one for ever, and notes what it was asked. */
  async function answering(...answers: readonly Answer[]) {
    const asked: { path: string; headers: NodeJS.Dict<string | string[]>; body: string }[] = [];
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const answer = answers[Math.min(asked.length, answers.length - 1)]!;
        asked.push({ path: request.url ?? '', headers: request.headers, body });
        if (answer === 'hang up') return void response.destroy();
        response.writeHead(answer[0]).end(answer[1]);
      });
    });
    await new Promise<void>((ready) => server!.listen(0, '127.0.0.1', ready));
    const { port } = server.address() as AddressInfo;
    return { asked, client: new ClearingClient({ url: `http://127.0.0.1:${port}`, key: 'k' }) };
  }

  it('asks again with the same id when the answer was lost or the app was not ready', async () => {
    const { asked, client } = await answering('hang up', [503, ''], [201, '{}']);
    await client.command('finalize-leg', 'leg-1', { rail: '1/USDT' });
    expect(asked).toHaveLength(3);
    for (const { path, headers, body } of asked) {
      expect(path).toBe('/v1/commands/finalize-leg');
      expect(headers['idempotency-key']).toBe('leg-1');
      expect(headers['authorization']).toBe('Bearer k');
      expect(body).toBe('{"rail":"1/USDT"}');
    }
  });

  it('does not ask again what was refused', async () => {
    const problem = JSON.stringify({ code: '1001_FORBIDDEN', detail: 'not this role' });
    const { asked, client } = await answering([403, problem]);
    const refused = client.command('finalize-leg', 'leg-1', {});
    await expect(refused).rejects.toThrow(ClearingRefused);
    await expect(refused).rejects.toMatchObject({ code: '1001_FORBIDDEN', status: 403 });
    expect(asked).toHaveLength(1);
  });

  it('tells what each input came to', async () => {
    const results = [{ status: 'accepted' }, { status: 'duplicate' }];
    const { asked, client } = await answering([207, JSON.stringify({ results })]);
    expect(await client.inputs('deposits', [{}, {}], 'custody-key')).toEqual(results);
    expect(asked[0]!.headers['authorization']).toBe('Bearer custody-key');
  });

  it('asks where a source stands, with the key of the source, until it is told', async () => {
    const standing = {
      source: 'chain-1',
      window: 3,
      openWindow: 3,
      ends: [],
      streams: [],
      size: 9,
    };
    const { asked, client } = await answering([503, ''], [200, JSON.stringify(standing)]);
    expect(await client.source('chain-1', 'custody-key')).toEqual(standing);
    expect(asked.map(({ path }) => path)).toEqual(['/v1/sources/chain-1', '/v1/sources/chain-1']);
    expect(asked[0]!.headers['authorization']).toBe('Bearer custody-key');
  });
});
