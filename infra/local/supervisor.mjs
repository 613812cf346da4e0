/**
 * Guards one work folder and the server in it: when the process that asked for it goes away, for whatever reason
 * (SIGKILL included), the IPC channel closes, the server is stopped and the folder is removed.
 * It runs in its own session, so that Ctrl-C in a terminal reaches the owner first and not the server.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Ten seconds for an orderly end, then SIGKILL. */
const GRACE_MS = 10_000;

const work = process.argv[2];
const logFile = join(work, 'server.log');

let server;
let stopSignal = 'SIGTERM';

const tell = (message, then = () => {}) =>
  process.connected ? process.send(message, then) : then();

function stop() {
  if (!server) return end({ code: null, signal: null, log: '' });
  server.kill(stopSignal);
  setTimeout(() => server.kill('SIGKILL'), GRACE_MS).unref();
}

function end(exited) {
  // Postgres' children notice their parent's death a moment later and may still be writing: hence the retries.
  rmSync(work, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  tell({ exited }, () => process.exit(0));
}

function lastWords() {
  try {
    return readFileSync(logFile, 'utf8').slice(-4000);
  } catch {
    return '';
  }
}

function start(spec) {
  stopSignal = spec.stopSignal;
  const log = openSync(logFile, 'a');
  const user = spec.uid === undefined ? {} : { uid: spec.uid, gid: spec.gid };
  const stdio = ['ignore', log, log];
  server = spawn(spec.command, spec.args, { cwd: work, env: spec.env, stdio, ...user });
  closeSync(log);
  server.once('error', (error) => end({ code: null, signal: null, log: String(error.message) }));
  server.once('exit', (code, signal) => end({ code, signal, log: lastWords() }));
  if (server.pid) tell({ pid: server.pid });
}

process.on('message', (message) => {
  if (message.start) start(message.start);
  else if (message.kill) server?.kill('SIGKILL');
  else stop();
});
process.on('disconnect', stop);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, stop);
