/**
 * Guards one work folder and what runs in it: when the process that asked for it goes away, for whatever reason
 * (SIGKILL included), its end of our standard input closes, the program is stopped and the folder is removed.
 * It runs in its own session, so that Ctrl-C in a terminal reaches the owner first and not the server.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Ten seconds for an orderly end, then SIGKILL. */
const GRACE_MS = 10_000;

const work = process.argv[2];
const logFile = join(work, 'program.log');

/** What runs now: a preparatory program, later the server. */
let child;
let stopSignal = 'SIGKILL';
let stopping = false;

const tell = (message, then = () => {}) =>
  process.connected ? process.send(message, then) : then();

function signal(name) {
  try {
    // A preparatory program may have children of its own, and SIGKILL gives it no time to end them.
    if (stopSignal === 'SIGKILL' && process.platform !== 'win32') process.kill(-child.pid, name);
    else child.kill(name);
  } catch {
    // It has ended already.
  }
}

function stop() {
  if (stopping) return;
  stopping = true;
  if (!child) return end({ code: null, signal: null, log: '' });
  signal(stopSignal);
  setTimeout(() => child?.kill('SIGKILL'), GRACE_MS).unref();
}

function end(exited) {
  stopping = true;
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

function launch({ command, args, env, uid, gid }, ended) {
  const log = openSync(logFile, 'w');
  const user = uid === undefined ? {} : { uid, gid };
  const stdio = ['ignore', log, log];
  const detached = process.platform !== 'win32';
  child = spawn(command, args, { cwd: work, env, stdio, detached, ...user });
  closeSync(log);
  const over = (exit) => {
    child = undefined;
    ended(exit);
  };
  child.once('error', (error) => over({ code: null, signal: null, log: String(error.message) }));
  child.once('exit', (code, signalled) => over({ code, signal: signalled, log: lastWords() }));
}

function run(spec) {
  launch(spec, (exit) => (stopping ? end(exit) : tell({ ran: exit })));
}

function start(spec) {
  stopSignal = spec.stopSignal;
  launch(spec, end);
  if (child.pid) tell({ pid: child.pid });
}

process.on('message', (message) => {
  if (stopping) return;
  if (message.run) run(message.run);
  else if (message.start) start(message.start);
  else if (message.kill) child?.kill('SIGKILL');
  else stop();
});
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, stop);
// Unlike a signal or the end of the message channel, this cannot come too early to be noticed.
process.stdin.once('end', stop).once('close', stop).resume();
