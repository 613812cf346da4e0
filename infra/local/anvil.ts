import { chmodSync, existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { freePort } from './ports.js';
import { inWork, ServerEnded, untilReady, type Work } from './supervise.js';
import type { LocalServer, ResolveOptions } from './types.js';

/** The published mnemonic of anvil's funded accounts, `m/44'/60'/0'/0/n`, 10,000 ether each. Worth nothing elsewhere. */
export const ANVIL_MNEMONIC = 'test test test test test test test test test test test junk';

export interface StartAnvilOptions extends ResolveOptions {
  /** EIP-155 chain id. */
  readonly chainId: number;
  /** Default: any free port. */
  readonly port?: number;
  /** Seconds between blocks. Default: a block for every transaction. */
  readonly blockTime?: number;
  /** Blocks come only from `evm_mine`. */
  readonly noMining?: boolean;
  /** The tag `safe` is this many blocks behind the head, `finalized` twice as many. Default 4. */
  readonly slotsInAnEpoch?: number;
  /**
   * The chain is read from there if it exists, and written there every second and at `stop`: a killed chain comes
   * back without its last second of blocks. Reorganisations cannot reach below the block it came back with.
   */
  readonly stateFile?: string;
  /** Wei per gas of the first block. Default: anvil's own, 1 gwei. */
  readonly baseFee?: bigint;
  /** More of anvil's own options. */
  readonly args?: readonly string[];
}

export interface AnvilServer extends Omit<LocalServer, 'dataDir'> {
  readonly chainId: number;
}

/** The program in the npm package of this platform, or why there is none. */
export function anvilBinary(): { readonly command: string } | { readonly missing: string } {
  const cpu = process.arch === 'x64' ? 'amd64' : process.arch;
  const name = `@foundry-rs/anvil-${process.platform}-${cpu}`;
  const require = createRequire(import.meta.url);
  try {
    // The platform package is a dependency of @foundry-rs/anvil, not of ours: resolve it from there.
    const from = createRequire(require.resolve('@foundry-rs/anvil/package.json'));
    const folder = dirname(from.resolve(`${name}/package.json`));
    const command = join(folder, 'bin', process.platform === 'win32' ? 'anvil.exe' : 'anvil');
    if (!existsSync(command)) return { missing: `${name} holds no program` };
    // npm loses the bit where it unpacks as another user; only where it is needed, the modules may not be ours.
    if ((statSync(command).mode & 0o111) === 0) chmodSync(command, 0o755);
    return { command };
  } catch {
    return { missing: `${name} is not installed: run npm ci without --omit=optional` };
  }
}

/** One JSON-RPC call; `undefined` while nobody answers. */
async function ask(url: string, method: string): Promise<unknown> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] }),
      signal: AbortSignal.timeout(2_000),
    });
    return ((await response.json()) as { result?: unknown }).result;
  } catch {
    return undefined;
  }
}

function argumentsFor(options: StartAnvilOptions, port: number): string[] {
  const { chainId, blockTime, noMining, stateFile, baseFee } = options;
  return [
    ...['--host', '127.0.0.1', '--port', String(port), '--chain-id', String(chainId), '--quiet'],
    ...['--slots-in-an-epoch', String(options.slotsInAnEpoch ?? 4)],
    ...(blockTime === undefined ? [] : ['--block-time', String(blockTime)]),
    ...(noMining === true ? ['--no-mining'] : []),
    ...(stateFile === undefined ? [] : ['--state', stateFile, '--state-interval', '1']),
    ...(baseFee === undefined ? [] : ['--block-base-fee-per-gas', String(baseFee)]),
    ...(options.args ?? []),
  ];
}

async function launch(
  work: Work,
  command: string,
  options: StartAnvilOptions,
): Promise<AnvilServer> {
  const { chainId, progress } = options;
  const port = options.port ?? (await freePort());
  const server = await work.start({
    command,
    args: argumentsFor(options, port),
    // It writes its state on SIGTERM; where there is none to write nothing is worth waiting for.
    stopSignal: options.stateFile === undefined ? 'SIGKILL' : 'SIGTERM',
    // It keeps old states under ~/.foundry: here they go with the work folder.
    env: { ...process.env, HOME: work.folder },
  });
  const url = `http://127.0.0.1:${port}`;
  await untilReady(server, 'anvil', 15_000, async () => {
    const answer = await ask(url, 'eth_chainId');
    return typeof answer === 'string' && Number(answer) === chainId;
  });
  progress?.(`chain ${chainId}: anvil at ${url} (process ${server.pid})`);
  const { pid, stop, kill } = server;
  return { url, port, pid, chainId, stop, kill };
}

/**
 * Starts a local EVM chain on loopback, a real node, and waits until it answers with its chain id. With a `stateFile`
 * and a `port` of your own you may `kill` it and start it again. Fails in one line where there is no build of it for
 * this platform, or it ends during its start.
 */
export async function startAnvil(options: StartAnvilOptions): Promise<AnvilServer> {
  const binary = anvilBinary();
  if ('missing' in binary) throw new Error(`No local chain: ${binary.missing}`);
  for (let tries = 1; ; tries += 1) {
    try {
      return await inWork('anvil', options.signal, (work) => launch(work, binary.command, options));
    } catch (error) {
      if (tries === 20 || !(error instanceof ServerEnded) || !error.worthRetrying) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
