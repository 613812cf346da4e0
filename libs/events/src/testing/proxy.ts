import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What happens to the next thing a client says. */
export type Fault =
  /** It arrives; the answer is swallowed and the client cut off. */
  | 'lose-answer'
  /** It is swallowed and the client cut off. */
  | 'lose-request'
  /** The client is cut off, and it arrives when `release` is called. */
  | 'delay-request';

export interface Proxy {
  /** The same URL by way of the proxy. */
  readonly url: string;
  /** Strikes once, on a connection that is already open; with `text`, at what is said with these words in it. */
  arm(fault: Fault, text?: string): void;
  /** An armed fault has not struck yet. */
  readonly armed: boolean;
  release(): void;
  /** Cuts every connection there is. */
  cut(): void;
  close(): Promise<void>;
}

/** A TCP proxy before a server, which can lose what a real network loses. */
export async function faultyProxy(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target);
  let armed: Fault | undefined;
  let about: string | undefined;
  let held: (() => void) | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let mute = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    upstream.on('data', (bytes) => {
      if (mute) client.destroy();
      else client.write(bytes);
    });
    upstream.on('close', () => client.destroy());
    client.on('close', () => {
      if (!mute) upstream.destroy();
    });
    client.on('data', (bytes) => {
      const strikes = about === undefined || bytes.includes(about);
      const fault = strikes ? armed : undefined;
      if (strikes) armed = undefined;
      if (fault === undefined) return void upstream.write(bytes);
      mute = true;
      if (fault === 'lose-answer') return void upstream.write(bytes);
      client.destroy();
      if (fault === 'lose-request') return void upstream.destroy();
      held = () => void upstream.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    arm: (fault, text) => {
      armed = fault;
      about = text;
    },
    get armed() {
      return armed !== undefined;
    },
    release: () => held?.(),
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
