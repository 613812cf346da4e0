import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readIfThere, sha256 } from './install.mjs';
import { root, runTool } from './process.mjs';

const ROOMS = ['apps', 'contracts', 'libs', 'infra', 'test'];
const SETTINGS = ['tsconfig.json', 'tsconfig.base.json', 'package-lock.json'];
const stampFile = join(root, 'dist/.stamp');
const prismaOutput = join(root, 'apps/clearing/src/generated/prisma');

/**
 * The Prisma client, generated offline. Prisma wants to download an engine although `generate` runs in WebAssembly:
 * any executable in its place satisfies it.
 */
export async function generatePrisma() {
  const schema = join(root, 'prisma/schema.prisma');
  if (!existsSync(schema)) return;
  const stamp = join(root, 'node_modules/.novate-prisma');
  const want = sha256(readIfThere(schema) + readIfThere(join(root, 'package-lock.json')));
  if (existsSync(prismaOutput) && readIfThere(stamp) === want) return;
  console.error('novate: generating the Prisma client');
  await runTool('prisma/build/index.js', ['generate', '--schema', schema, '--no-hints'], {
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
    failure: 'prisma generate failed: mend prisma/schema.prisma as it says above',
  });
  writeFileSync(stamp, want);
}

/** Every file of the rooms, relative to the root, in a stable order. */
function sources() {
  return ROOMS.filter((room) => existsSync(join(root, room)))
    .flatMap((room) =>
      readdirSync(join(root, room), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)),
    )
    .sort();
}

/** Cheap and good enough: names, sizes and times of change, not contents. */
function fingerprint(files) {
  const lines = [...files, ...SETTINGS].map((file) => {
    const { size, mtimeMs } = statSync(join(root, file));
    return `${file} ${size} ${mtimeMs}`;
  });
  return sha256(lines.join('\n'));
}

/** What the compiler leaves out: SQL, JSON, plain JavaScript and WebAssembly, beside the code that reads it. */
function copyAssets(files) {
  for (const file of files.filter((each) =>
    /\.(sql|json|mjs|js|wasm|html|csv|gz|zst)$/.test(each),
  )) {
    const target = join(root, 'dist', file);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(join(root, file), target);
  }
}

/** Compiles if anything changed since the last time, and copies what is not TypeScript. */
export async function build() {
  const files = sources();
  const now = fingerprint(files);
  if (readIfThere(stampFile) === now) return;
  console.error('novate: building');
  await runTool('typescript/bin/tsc', ['-p', 'tsconfig.json'], {
    failure: 'the build failed: mend the TypeScript errors above',
  });
  copyAssets(files);
  writeFileSync(stampFile, now);
}
