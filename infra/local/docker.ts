import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { onProcessEnd } from './process-end.js';
import { accepts } from './ports.js';
import type { Resolved } from './types.js';

/** Where testcontainers would look for an engine; asked directly because its own search takes seconds to say no. */
function sockets(): string[] {
  const runtime = process.env['XDG_RUNTIME_DIR'] ?? `/run/user/${process.getuid?.() ?? 0}`;
  return [
    '/var/run/docker.sock',
    join(homedir(), '.docker/run/docker.sock'),
    join(homedir(), '.docker/desktop/docker.sock'),
    join(runtime, 'docker.sock'),
  ];
}

async function pings(socketPath: string): Promise<boolean> {
  if (!existsSync(socketPath)) return false;
  return new Promise((resolve) => {
    const ping = request({ socketPath, path: '/_ping', timeout: 1_500 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.once('error', () => resolve(false));
    ping.once('timeout', () => ping.destroy());
    ping.end();
  });
}

/** Whether a Docker engine answers; under two seconds either way. */
export async function dockerAnswers(): Promise<boolean> {
  const host = process.env['DOCKER_HOST'];
  if (host?.startsWith('unix://') === true) return pings(host.slice('unix://'.length));
  if (host !== undefined && host !== '') {
    const { hostname, port } = new URL(host.replace(/^tcp:/, 'http:'));
    return accepts(hostname, Number(port === '' ? 2375 : port), 1_500);
  }
  for (const socket of sockets()) if (await pings(socket)) return true;
  return false;
}

/** Wraps a started container so that it also stops with this process. */
export function fromContainer(
  service: Pick<Resolved, 'name' | 'detail' | 'url'>,
  container: { stop(): Promise<unknown>; restart?(): Promise<unknown> },
): Resolved {
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= container.stop().then(() => {
      forget();
    });
    return stopped;
  };
  const forget = onProcessEnd({ stop });
  return { ...service, how: 'docker', stop };
}
