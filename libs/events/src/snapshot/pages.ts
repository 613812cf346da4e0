import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import { SnapshotRefused } from './errors.js';
import { pageHash, type SnapshotHeader } from './header.js';

const pack = promisify(deflate);
const unpack = promisify(inflate) as (
  page: Uint8Array,
  options: { maxOutputLength: number },
) => Promise<Buffer>;

/** Bytes of text in a page; the last one has fewer. No value in a store is larger than a little more than this. */
export const PAGE_BYTES = 256 * 1024;
/** Lines made or read without a pause: a few milliseconds, so that nobody else of this process waits long. */
const SLICE = 200;
const NEWLINE = 0x0a;

/** Lets everything else of the process have its turn. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export interface PackedLines {
  readonly pages: readonly Buffer[];
  readonly lines: number;
}

/** Lines as pages: their text, each ended by a newline, cut every 256 KiB and compressed with zlib, page by page. */
export async function packLines(lines: Iterable<string>): Promise<PackedLines> {
  const pages: Buffer[] = [];
  let waiting: Buffer[] = [];
  let bytes = 0;
  let count = 0;
  const cut = async (least: number): Promise<void> => {
    const text = Buffer.concat(waiting);
    let from = 0;
    for (; text.length - from >= least && from < text.length; from += PAGE_BYTES) {
      pages.push(await pack(text.subarray(from, from + PAGE_BYTES)));
    }
    waiting = [text.subarray(from)];
    bytes = Math.max(text.length - from, 0);
  };
  for (const line of lines) {
    const text = Buffer.from(`${line}\n`, 'utf8');
    waiting.push(text);
    bytes += text.length;
    count += 1;
    if (bytes >= PAGE_BYTES) await cut(PAGE_BYTES);
    if (count % SLICE === 0) await breathe();
  }
  await cut(1);
  return { pages, lines: count };
}

/**
 * Calls `onLine` with every line of a snapshot's pages, each page held against its hash first.
 * @throws SnapshotRefused naming the page, counted from 1
 */
export async function readLines(
  { pages: hashes, lines: expected }: Pick<SnapshotHeader, 'pages' | 'lines'>,
  pages: AsyncIterable<Uint8Array>,
  onLine: (line: string) => void,
): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  let lines = 0;
  for await (const page of pages) {
    number += 1;
    const text = Buffer.concat([rest, await openPage(page, hashes[number - 1], number)]);
    let from = 0;
    for (let end = text.indexOf(NEWLINE); end >= 0; end = text.indexOf(NEWLINE, from)) {
      onLine(text.toString('utf8', from, end));
      from = end + 1;
      lines += 1;
      if (lines % SLICE === 0) await breathe();
    }
    rest = text.subarray(from);
  }
  if (number !== hashes.length) {
    throw new SnapshotRefused(`page ${number + 1}`, `is missing: there are ${hashes.length}`);
  }
  if (rest.length > 0 || lines !== expected) {
    throw new SnapshotRefused(`line ${lines + 1}`, `ends it, its header counts ${expected} lines`);
  }
}

async function openPage(
  page: Uint8Array,
  hash: string | undefined,
  number: number,
): Promise<Buffer> {
  if (hash === undefined) throw new SnapshotRefused(`page ${number}`, 'is one too many');
  if (pageHash(page) !== hash) {
    throw new SnapshotRefused(`page ${number}`, 'does not have the hash its header names');
  }
  try {
    return await unpack(page, { maxOutputLength: PAGE_BYTES });
  } catch (error) {
    throw new SnapshotRefused(`page ${number}`, `cannot be unpacked (${String(error)})`);
  }
}
