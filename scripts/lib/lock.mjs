import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './process.mjs';

const folder = join(root, '.novate');
const lock = join(folder, 'preparing');
const POLL_MS = 100;
/** Longer than it takes to find that nothing has to be done. */
const WORTH_SAYING_MS = 500;

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** The process that holds the lock, or `undefined`. */
function holder() {
  try {
    return Number(readFileSync(lock, 'utf8'));
  } catch {
    return undefined;
  }
}

/** A link, unlike a new file, never exists without its content. */
function take() {
  const own = join(folder, `preparing.${process.pid}`);
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/** Removes the lock of a process that is gone, unless another has just taken it over. */
function removeStale(pid) {
  const aside = join(folder, `preparing.stale.${process.pid}`);
  try {
    renameSync(lock, aside);
    if (Number(readFileSync(aside, 'utf8')) !== pid) linkSync(aside, lock);
  } catch {
    // Somebody else was faster.
  }
  rmSync(aside, { force: true });
}

async function acquire() {
  const start = performance.now();
  let said = false;
  while (!take()) {
    const pid = holder();
    if (pid !== undefined && !isAlive(pid)) {
      removeStale(pid);
      continue;
    }
    if (!said && performance.now() - start > WORTH_SAYING_MS) {
      said = true;
      console.error(`novate: waiting for process ${pid}, which installs or builds (${lock})`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Runs `work` while no other process of this clone installs or builds. */
export async function exclusively(work) {
  try {
    mkdirSync(folder, { recursive: true });
    await acquire();
  } catch (error) {
    // Where we may not write there is nothing to install or build either.
    if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) throw error;
    return work();
  }
  try {
    return await work();
  } finally {
    if (holder() === process.pid) rmSync(lock, { force: true });
  }
}
