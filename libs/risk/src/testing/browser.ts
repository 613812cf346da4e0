import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';
import type { DeterminismRun } from './determinism.js';

/** Where a Chromium is, or would be. */
export const chromiumPath: string = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** What a member's page would say: the built modules as they are, their two dependencies by an import map, no bundler. */
const PAGE = `<!doctype html><meta charset="utf-8"><title>novate</title>
<script type="importmap">{"imports": {
  "@noble/hashes/": "/node_modules/@noble/hashes/",
  "canonicalize": "/node_modules/canonicalize/lib/canonicalize.js"
}}</script>
<script type="module">
  const get = (path) => fetch('/dist/libs/risk/' + path);
  try {
    const { determinismRun } = await import('/dist/libs/risk/src/testing/determinism.js');
    const { wasm } = await (await get('kernel/current.json')).json();
    const bytes = new Uint8Array(await (await get('kernel/binaries/' + wasm + '.wasm')).arrayBuffer());
    const parameters = await (await get('parameters/urs.json')).json();
    globalThis.outcome = { run: determinismRun(bytes, wasm, parameters) };
  } catch (error) {
    globalThis.outcome = { error: String(error?.stack ?? error) };
  }
</script>`;

/** Serves the page and what it names, nothing above `root`, on a port of the system's choice. */
function serve(root: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    const isOurs = /^\/(dist\/libs\/risk|node_modules\/(@noble\/hashes|canonicalize))\//.test(path);
    const file = join(root, path);
    if (path === '/') response.setHeader('content-type', 'text/html').end(PAGE);
    else if (!isOurs || !existsSync(file)) response.writeHead(404).end();
    else {
      response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
      response.end(readFileSync(file));
    }
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

interface Outcome {
  readonly run?: DeterminismRun;
  readonly error?: string;
}

/** The random books in headless Chromium, from the build under `root`. */
export async function runInChromium(root: string): Promise<DeterminismRun> {
  const server = await serve(root);
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    headless: true,
    args: [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction('globalThis.outcome !== undefined', undefined, { timeout: 90_000 });
    const { run, error } = (await page.evaluate('globalThis.outcome')) as Outcome;
    if (run === undefined) throw new Error(`in Chromium: ${error ?? 'no outcome'}`);
    return run;
  } finally {
    await browser.close();
    await new Promise((resolve) => server.close(resolve));
  }
}
