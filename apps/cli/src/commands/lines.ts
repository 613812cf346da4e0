import { createReadStream } from 'node:fs';
import { ProofRefused } from '#events';
import { CliError, ExitCode } from '../terminal/exit.js';

const LINE_FEED = 0x0a;

/**
 * The lines of a file, split at line feeds only: canonical JSON leaves U+2028 and its like as they are.
 * @throws ProofRefused for a line that is not UTF-8
 */
export async function* linesOf(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let number = 0;
  const decode = (bytes: Buffer): string => {
    number += 1;
    try {
      return decoder.decode(bytes);
    } catch {
      throw new ProofRefused(`${path}, line ${number}`, 'is not UTF-8', { position: number - 1 });
    }
  };
  let rest = Buffer.alloc(0);
  for await (const chunk of chunksOf(path)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      yield decode(bytes.subarray(start, end));
      start = end + 1;
    }
    rest = Buffer.from(bytes.subarray(start));
  }
  if (rest.length > 0) yield decode(rest);
}

async function* chunksOf(path: string): AsyncGenerator<Buffer<ArrayBuffer>> {
  try {
    yield* createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer<ArrayBuffer>>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EACCES' && code !== 'EISDIR') throw error;
    throw new CliError(
      `${path} cannot be read (${code})`,
      ExitCode.usage,
      'name a file of novate export --log; its .proof stands beside it.',
    );
  }
}
