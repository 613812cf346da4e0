import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

/** What a signer under test answers to a digest: a status and a body, or nothing at all. */
export type Answering = (signature: Hex) => readonly [status: number, body: string] | undefined;

export const honest: Answering = (signature) => [200, JSON.stringify({ signature })];

export interface HttpSigner {
  readonly url: string;
  /** Headers of the last request. */
  headers: IncomingMessage['headers'];
  close(): Promise<void>;
}

/** A key behind HTTP in this process, which misbehaves as told. */
export async function httpSigner(
  key: Hex,
  answering: Answering = honest,
  tls?: ServerOptions,
): Promise<HttpSigner> {
  const account = privateKeyToAccount(key);
  const handle: RequestListener = (request, response) => {
    signer.headers = request.headers;
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      const { digest } = JSON.parse(body) as { digest: Hex };
      void account.sign({ hash: digest }).then((signature) => {
        const answer = answering(signature);
        if (answer !== undefined) response.writeHead(answer[0]).end(answer[1]);
      });
    });
  };
  const server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
  const port = await listen(server);
  const signer: HttpSigner = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/sign`,
    headers: {},
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return signer;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}
