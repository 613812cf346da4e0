import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from '@jest/globals';
import { describeIf } from '../../test/support/services.js';
import { anvilBinary, startAnvil } from './anvil.js';
import { accepts, freePort } from './ports.js';

const BUILT = fileURLToPath(new URL('../../dist/infra/local/index.js', import.meta.url));

async function rpc(url: string, method: string, params: readonly unknown[] = []): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body });
  return ((await response.json()) as { result: unknown }).result;
}

const height = async (url: string): Promise<number> => Number(await rpc(url, 'eth_blockNumber'));

/** A program that starts a chain, says where, and then does nothing until it is ended from outside. */
function spawnOwner(temp: string): ChildProcess {
  const program = `
    import { startAnvil } from ${JSON.stringify(BUILT)};
    const chain = await startAnvil({ chainId: 31337 });
    console.log(chain.port);
    setInterval(() => {}, 1000);`;
  return spawn(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, TMPDIR: temp, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

const found = anvilBinary();

describeIf('command' in found, 'missing' in found ? found.missing : '', 'a local chain', () => {
  const folders: string[] = [];
  const folder = (): string => {
    const path = mkdtempSync(join(tmpdir(), 'novate-spec-'));
    folders.push(path);
    return path;
  };
  afterEach(() => {
    for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
  });

  it('answers with its chain id, mines on demand, has safe and finalized behind its head, and is gone', async () => {
    const lines: string[] = [];
    const progress = (line: string): void => void lines.push(line);
    const chain = await startAnvil({ chainId: 777, noMining: true, slotsInAnEpoch: 2, progress });
    expect(await rpc(chain.url, 'eth_chainId')).toBe('0x309');
    expect(lines).toEqual([`chain 777: anvil at ${chain.url} (process ${chain.pid})`]);
    await rpc(chain.url, 'anvil_mine', ['0xa']);
    const tag = async (name: string): Promise<number> =>
      Number(((await rpc(chain.url, 'eth_getBlockByNumber', [name, false])) as Block).number);
    expect(await Promise.all(['latest', 'safe', 'finalized'].map(tag))).toEqual([10, 8, 6]);
    await chain.stop();
    expect(await accepts('127.0.0.1', chain.port, 500)).toBe(false);
  });

  it('comes back with its blocks after a stop, and after a kill with those of a second before', async () => {
    const place = { chainId: 1, port: await freePort(), stateFile: join(folder(), 'state.json') };
    const first = await startAnvil(place);
    await rpc(first.url, 'anvil_mine', ['0x5']);
    await first.stop();
    const second = await startAnvil(place);
    expect(await height(second.url)).toBe(5);
    await second.kill();
    const third = await startAnvil(place);
    expect(await height(third.url)).toBe(5);
    await third.stop();
  });

  it('says in one line why it cannot start', async () => {
    const args = ['--hardfork', 'yesterday'];
    const failure = await startAnvil({ chainId: 1, args }).catch((error: unknown) => String(error));
    expect(failure).toMatch(/^ServerEnded: anvil ended during start-up: .*yesterday/);
    expect(String(failure).split('\n')).toHaveLength(1);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'leaves nothing behind when its owner gets %s',
    async (signal) => {
      const temp = folder();
      const child = spawnOwner(temp);
      const port = await new Promise<number>((resolve, reject) => {
        child.stdout?.once('data', (chunk: Buffer) => resolve(Number(chunk.toString())));
        child.once('exit', (code) => reject(new Error(`the owner ended with ${code}`)));
      });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill(signal);
      await ended;
      // Only after SIGKILL does the cleaning outlast the owner.
      while (readdirSync(temp).length > 0) {
        if (signal !== 'SIGKILL') break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(readdirSync(temp)).toEqual([]);
      expect(await accepts('127.0.0.1', port, 500)).toBe(false);
    },
  );
});

interface Block {
  readonly number: string;
}
