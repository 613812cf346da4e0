import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { exportLog } from '#events';
import { logPlace, withLog } from '../journal.js';
import { ExitCode } from '../terminal/exit.js';
import { stderrProgress } from '../terminal/progress.js';

/** `novate export --log`: the events as lines that are the preimages of their leaves, and beside them what proves them. */
export async function runExportLog(out: string, options: { json?: boolean }): Promise<number> {
  const progress = stderrProgress();
  const files = [createWriteStream(out), createWriteStream(`${out}.proof`)] as const;
  const done = Promise.all(files.map((file) => finished(file)));
  // Awaited below; a disk that is full ends the export before that.
  done.catch(() => undefined);
  let lines = 0;
  const end = await withLog(logPlace(), (journal, proofs) =>
    exportLog(journal, proofs, {
      log: (line) => {
        lines += 1;
        if (lines % 10_000 === 0) progress.status(`${lines} events`);
        return write(files[0], line);
      },
      proof: (line) => write(files[1], line),
    }),
  ).finally(() => files.forEach((file) => file.end()));
  await done;
  const result = { log: out, proof: `${out}.proof`, ...end };
  const text = `${out}: ${end.size} events, root ${end.root}\n${out}.proof: leaf hashes, ${end.batches} batches, keys, checkpoints\n`;
  process.stdout.write(options.json === true ? `${JSON.stringify(result)}\n` : text);
  return ExitCode.ok;
}

function write(file: WriteStream, line: string): Promise<void> | void {
  if (file.errored) throw file.errored;
  if (!file.write(`${line}\n`)) return drained(file);
}

async function drained(file: WriteStream): Promise<void> {
  // A failed file never drains; `once` rejects with its error.
  await once(file, 'drain');
}
