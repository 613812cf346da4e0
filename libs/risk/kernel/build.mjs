/**
 * Compiles the kernel and puts it under `binaries/` by its hash. With `--check` it compiles and compares instead: the
 * committed binary is what its source gives, on whatever machine. Same sources and same pinned compiler, same bytes.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const here = fileURLToPath(new URL('.', import.meta.url));
const binaries = join(here, 'binaries');
const currentFile = join(here, 'current.json');
const HOW = 'run `node libs/risk/kernel/build.mjs` and commit libs/risk/kernel';

/** No relaxed SIMD: its results may differ between machines. No imports: the kernel needs nothing and can reach nothing. */
const FLAGS = [
  ...['-O3', '--converge', '--noAssert', '--runtime', 'minimal'],
  ...['--enable', 'simd', '--disable', 'relaxed-simd', '--use', 'abort='],
  ...['--initialMemory', '16'],
];

async function compile() {
  let bytes;
  const { error, stderr } = await asc.main(['assembly/index.ts', ...FLAGS, '-o', 'kernel.wasm'], {
    readFile: (name, base) => {
      const file = join(here, base === '.' ? '' : base, name);
      return existsSync(file) ? readFileSync(file, 'utf8') : null;
    },
    writeFile: (name, contents) => {
      if (name === 'kernel.wasm') bytes = Buffer.from(contents);
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`${stderr.toString()}${error.message}`);
  return bytes;
}

const readCurrent = () =>
  existsSync(currentFile) ? JSON.parse(readFileSync(currentFile, 'utf8')) : { wasm: '', kept: [] };

function check(bytes, hash) {
  const file = join(binaries, `${hash}.wasm`);
  const same = readCurrent().wasm === hash && existsSync(file) && readFileSync(file).equals(bytes);
  if (same) return;
  console.error(`kernel: the committed binary is not what its source compiles to: ${HOW}`);
  process.exitCode = 1;
}

/** Binaries that are neither current nor kept go: see binaries/README.md. */
function write(bytes, hash) {
  const { kept = [] } = readCurrent();
  mkdirSync(binaries, { recursive: true });
  for (const name of readdirSync(binaries).filter((each) => each.endsWith('.wasm'))) {
    if (![hash, ...kept].includes(name.slice(0, -'.wasm'.length))) rmSync(join(binaries, name));
  }
  const file = join(binaries, `${hash}.wasm`);
  if (!existsSync(file)) writeFileSync(file, bytes);
  const text = `${JSON.stringify({ wasm: hash, kept }, undefined, 2)}\n`;
  if (!existsSync(currentFile) || readFileSync(currentFile, 'utf8') !== text) {
    writeFileSync(currentFile, text);
  }
  console.error(`kernel: ${hash} (${bytes.length} bytes)`);
}

const bytes = await compile();
const hash = createHash('sha256').update(bytes).digest('hex');
if (process.argv.includes('--check')) check(bytes, hash);
else write(bytes, hash);
