import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** A failure explained in one line, with its fix; an empty message where the program has already spoken. */
export class Failure extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Runs a program in the repository's root, passes our signals on and waits for its end: it has things to clean up.
 * Rejects with its exit code, 128 + n for a signal.
 */
export function run(command, args, { failure = '', ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    const forward = (signal) => child.kill(signal);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    child.once('error', (error) => reject(new Failure(`${command}: ${error.message}`)));
    child.once('close', (code, signal) => {
      for (const each of signals) process.off(each, forward);
      if (code === 0) resolve();
      // Only a program that ended by itself needs explaining.
      else if (code !== null) reject(new Failure(failure, code));
      else reject(new Failure('', 128 + constants.signals[signal]));
    });
  });
}

/** Runs a Node program in the repository's root. */
export const node = (args, options) => run(process.execPath, args, options);

/** Runs a program of node_modules by path, without npx; what it prints goes to stderr, like all progress. */
export const runTool = (path, args, options) =>
  node([join(root, 'node_modules', path), ...args], {
    stdio: ['ignore', process.stderr, process.stderr],
    ...options,
  });
