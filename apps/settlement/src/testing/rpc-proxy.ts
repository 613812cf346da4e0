import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Question {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** Gives another answer than the node's, or the node's own. */
export type Lie = (method: string, result: unknown, params: readonly unknown[]) => unknown;

export type Mode =
  | { readonly kind: 'honest' }
  /** Takes the question and never answers. */
  | { readonly kind: 'hang' }
  /** 429, 500, 503... */
  | { readonly kind: 'status'; readonly status: number }
  /** Announces the whole answer and ends in the middle of it. */
  | { readonly kind: 'half' }
  /** Knows nothing of the newest `blocks` blocks. */
  | { readonly kind: 'lag'; readonly blocks: number }
  | { readonly kind: 'lie'; readonly lie: Lie }
  | { readonly kind: 'chain-id'; readonly chainId: number }
  /** Forwards what is sent and loses the answer: the sender cannot know whether it arrived. */
  | { readonly kind: 'swallow' }
  /** Answers that a transaction was taken and forgets it: what a full pool does. */
  | { readonly kind: 'forget'; readonly hash: (raw: string) => string };

export interface RpcProxy {
  readonly url: string;
  mode: Mode;
  /** Methods asked so far. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

class Hangs extends Error {}
class Swallowed extends Error {}

const HONEST: Mode = { kind: 'honest' };

/** A provider between the service and a node, which can fail in the ways providers do. */
export async function rpcProxy(target: string, mode: Mode = HONEST): Promise<RpcProxy> {
  const asked: string[] = [];
  const state = { mode };
  const server = createServer((request, response) => {
    void serve(request, response).catch(() => response.destroy());
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await text(request)) as Question | Question[];
    const { mode } = state;
    for (const { method } of [body].flat()) asked.push(method);
    if (mode.kind === 'hang') return;
    if (mode.kind === 'status') return void response.writeHead(mode.status).end('no');
    try {
      const answers = await Promise.all([body].flat().map((each) => answer(target, mode, each)));
      const said = Buffer.from(JSON.stringify(Array.isArray(body) ? answers : answers[0]));
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': said.length,
      });
      if (mode.kind !== 'half') return void response.end(said);
      response.write(said.subarray(0, said.length / 2), () => response.destroy());
    } catch (error) {
      if (!(error instanceof Hangs)) response.destroy();
    }
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get mode() {
      return state.mode;
    },
    set mode(next: Mode) {
      state.mode = next;
    },
    asked,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function text(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

async function forward(target: string, question: Question): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ jsonrpc: '2.0', ...question });
  const response = await fetch(target, { method: 'POST', headers, body });
  return (await response.json()) as Record<string, unknown>;
}

async function answer(target: string, mode: Mode, question: Question): Promise<unknown> {
  const { method, params, id } = question;
  const sends = method === 'eth_sendRawTransaction';
  const says = (result: unknown): unknown => ({ jsonrpc: '2.0', id, result });
  switch (mode.kind) {
    case 'chain-id':
      if (method === 'eth_chainId') return says(`0x${mode.chainId.toString(16)}`);
      break;
    case 'forget':
      if (sends) return says(mode.hash(String(params[0])));
      break;
    case 'swallow':
      if (!sends) break;
      await forward(target, question);
      throw new Swallowed();
    case 'lag':
      return lagging(target, mode.blocks, question);
    case 'lie': {
      const honest = await forward(target, question);
      if (!('result' in honest)) return honest;
      return { ...honest, result: mode.lie(method, honest['result'], params) };
    }
    default:
  }
  return forward(target, question);
}

/** Tags move back by `blocks`, and what is above the head it claims does not exist. */
async function lagging(target: string, blocks: number, question: Question): Promise<unknown> {
  const { method, params, id } = question;
  const height = await forward(target, { id: 0, method: 'eth_blockNumber', params: [] });
  const head = Math.max(0, Number(height['result']) - blocks);
  const claimed = `0x${head.toString(16)}`;
  if (method === 'eth_blockNumber') return { jsonrpc: '2.0', id, result: claimed };
  const back = (at: unknown): unknown => (at === 'latest' ? claimed : at);
  if (
    ['eth_call', 'eth_getBalance'].includes(method) &&
    (await heightOf(target, params[1])) > head
  ) {
    return { jsonrpc: '2.0', id, error: { code: -32000, message: 'header not found' } };
  }
  const answer = await forward(target, { ...question, params: params.map(back) });
  const { result } = answer as { result?: { number?: string; blockNumber?: string }[] | object };
  if (Array.isArray(result)) {
    return { ...answer, result: result.filter((log) => Number(log.blockNumber) <= head) };
  }
  const above =
    typeof result === 'object' &&
    result !== null &&
    ('number' in result || 'blockNumber' in result) &&
    Number('number' in result ? result.number : result.blockNumber) > head;
  return above ? { ...answer, result: null } : answer;
}

/** Height of the block a question is about; a tag is never above a head. */
async function heightOf(target: string, at: unknown): Promise<number> {
  if (typeof at === 'string') return at.startsWith('0x') ? Number(at) : 0;
  const { blockHash } = at as { blockHash: string };
  const params = [blockHash, false];
  const { result } = await forward(target, { id: 0, method: 'eth_getBlockByHash', params });
  return Number((result as { number?: string } | null)?.number ?? 0);
}
