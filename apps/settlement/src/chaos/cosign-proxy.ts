import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type CosignMode =
  | { readonly kind: 'honest' }
  | { readonly kind: 'slow'; readonly ms: number }
  /** Signs, and the answer is lost. */
  | { readonly kind: 'swallow' }
  /** Answers with a signature it gave before, for another batch. */
  | { readonly kind: 'replay' };

/** What stands between the settlement service and a co-signer, and remembers what was asked. */
export interface CosignProxy {
  readonly url: string;
  mode: CosignMode;
  /** Bodies of the batches asked for, oldest first. */
  readonly batches: readonly string[];
  /** What the co-signer itself says to this, past every fault. */
  ask(path: string, body: string): Promise<{ readonly status: number; readonly text: string }>;
  close(): Promise<void>;
}

const KEPT = 50;

export async function cosignProxy(target: string, key: string): Promise<CosignProxy> {
  const state: { mode: CosignMode } = { mode: { kind: 'honest' } };
  const batches: string[] = [];
  const signed: string[] = [];
  const ask: CosignProxy['ask'] = async (path, body) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const response = await fetch(target + path, { method: 'POST', headers, body });
    return { status: response.status, text: await response.text() };
  };
  const serve = async (path: string, body: string): Promise<{ status: number; text: string }> => {
    const { mode } = state;
    const isBatch = path.endsWith('/batch');
    if (isBatch && body !== batches.at(-1)) batches.push(body);
    if (batches.length > KEPT) batches.shift();
    const old = signed[0];
    if (isBatch && mode.kind === 'replay' && old !== undefined) return { status: 200, text: old };
    if (mode.kind === 'slow') await sleep(mode.ms);
    const answer = await ask(path, body);
    if (mode.kind === 'swallow') throw new Error('lost');
    if (isBatch && answer.status === 200 && signed.at(-1) !== answer.text) signed.push(answer.text);
    if (signed.length > KEPT) signed.shift();
    return answer;
  };
  const server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const { status, text } = await serve(request.url ?? '', Buffer.concat(parts).toString());
      response.writeHead(status, { 'content-type': 'application/json' }).end(text);
    })().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get mode() {
      return state.mode;
    },
    set mode(next: CosignMode) {
      state.mode = next;
    },
    batches,
    ask,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
