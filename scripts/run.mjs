/** Every npm script of this repository: makes a fresh clone runnable, then runs the task. Progress goes to stderr. */
import { build, generatePrisma } from './lib/build.mjs';
import { checkNode, install } from './lib/install.mjs';
import { exclusively } from './lib/lock.mjs';
import { Failure, node, runTool } from './lib/process.mjs';

const CLI = 'dist/apps/cli/src/main.js';

async function lint() {
  // The build has already type-checked everything, with the same settings.
  await runTool('oxlint/bin/oxlint', ['--deny-warnings']);
  await runTool('prettier/bin/prettier.cjs', ['--check', '.']);
}

/** Everything committed that is made from something else: binaries of kernel and contracts, generated references. */
async function generate(args) {
  await node(['contracts/compile.mjs']);
  await build();
  await node(['dist/contracts/generate.js']);
  await node(['libs/risk/kernel/build.mjs']);
  await node(['dist/apps/cli/src/generate.js', ...args]);
}

/** Each task: whether it needs the build first, whether it ends by counting tests, and what it does. */
const tasks = {
  demo: { built: true, run: (args) => node([CLI, 'demo', ...args]) },
  novate: { built: true, run: (args) => node([CLI, ...args]) },
  bench: { built: true, run: (args) => node([CLI, 'bench', ...args]) },
  test: { built: true, counts: true, run: (args) => node(['scripts/test.mjs', ...args]) },
  soak: { built: true, counts: true, run: (args) => node(['scripts/test.mjs', '--soak', ...args]) },
  lint: { built: true, run: lint },
  format: { built: false, run: () => runTool('prettier/bin/prettier.cjs', ['--write', '.']) },
  generate: { built: true, run: generate },
  build: { built: true, run: async () => {} },
};

async function prepare({ built }) {
  await install();
  if (!built) return;
  await generatePrisma();
  await build();
}

async function main([name, ...args]) {
  const task = tasks[name];
  if (!task) throw new Failure(`unknown task '${name}': use ${Object.keys(tasks).join(', ')}`);
  try {
    checkNode();
    await exclusively(() => prepare(task));
  } catch (error) {
    // Tests that could not even be built have failed too, and the closing line says so.
    if (task.counts) process.once('exit', () => console.log('0 passed, 1 failed, 0 skipped'));
    throw error;
  }
  await task.run(args);
}

main(process.argv.slice(2)).catch((error) => {
  if (!(error instanceof Failure)) console.error(error);
  else if (error.message) console.error(`novate: ${error.message}`);
  process.exitCode = error.exitCode ?? 1;
});
