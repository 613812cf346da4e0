import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { backtest } from '#risk';
import { projectRoot } from '../../root.js';
import { CliError, ExitCode } from '../../terminal/exit.js';
import { catalogue, type CatalogueEntry } from './catalogue.js';

/** What was read, so that a result can name it. */
export interface ReadFile {
  readonly file: string;
  readonly sha256: string;
}

/** Reads price files once each and remembers what was read. */
export class PriceFiles {
  private readonly files = new Map<string, backtest.PriceFile>();
  private readonly seen: ReadFile[] = [];

  /** `folder`: where files that do not ship with the project are, if anywhere. */
  constructor(private readonly folder: string | undefined) {}

  /** Files read so far, in the order of reading. */
  get read(): readonly ReadFile[] {
    return this.seen;
  }

  /** Is the file there? Shipped ones always are. */
  has(file: string): boolean {
    const entry = entryOf(file);
    return entry.shipped || (this.folder !== undefined && existsSync(join(this.folder, file)));
  }

  /** A file of the catalogue. Throws where its bytes are not the ones the catalogue names. */
  get(file: string): backtest.PriceFile {
    const entry = entryOf(file);
    return this.once(entry.file, this.pathOf(entry), entry.sha256);
  }

  /** Somebody's own file. */
  own(path: string): backtest.PriceFile {
    return this.once(basename(path), path);
  }

  private pathOf({ file, shipped }: CatalogueEntry): string {
    if (shipped) return join(projectRoot(), 'apps/cli/data/prices', file);
    if (this.folder !== undefined) return join(this.folder, file);
    throw new CliError(
      `${file} does not ship with novate`,
      ExitCode.usage,
      'name its folder: --data',
    );
  }

  private once(file: string, path: string, expected?: string): backtest.PriceFile {
    const known = this.files.get(path);
    if (known !== undefined) return known;
    const bytes = bytesOf(path);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (expected !== undefined && sha256 !== expected)
      throw new CliError(
        `${file} is not the file of the catalogue: SHA-256 ${sha256}, expected ${expected}`,
        ExitCode.checkFailed,
        'restore the file; give other data as files of your own',
      );
    const parsed = backtest.parsePriceFile(file, textOf(file, bytes));
    this.files.set(path, parsed);
    this.seen.push({ file, sha256 });
    return parsed;
  }
}

function entryOf(file: string): CatalogueEntry {
  const entry = catalogue.find((each) => each.file === file);
  if (entry === undefined)
    throw new Error(`${file} is not in the catalogue: add it with its hash.`);
  return entry;
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CliError(
      `cannot read ${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
      ExitCode.usage,
      'name a CSV file, plain or .gz',
    );
  }
}

/** Plain or gzip-compressed, told apart by gzip's first two bytes. No bomb: what unpacks beyond the parser's limit is refused. */
function textOf(file: string, bytes: Buffer): string {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString('utf8');
  try {
    return gunzipSync(bytes, { maxOutputLength: backtest.MAX_PRICE_FILE_CHARACTERS }).toString(
      'utf8',
    );
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new CliError(
      tooLarge
        ? `${file} unpacks to more than a price file holds`
        : `${file} is no sound gzip file`,
      ExitCode.usage,
      'give a smaller file, or one that gunzip accepts',
    );
  }
}

/** Folder of the full data: as given, or the one that lies beside the project, if it does. */
export function dataFolder(given: string | undefined): string | undefined {
  if (given !== undefined) {
    if (existsSync(given)) return given;
    throw new CliError(
      `there is no folder ${given}`,
      ExitCode.usage,
      'give the folder of the data',
    );
  }
  const beside = join(process.env['NOVATE_SHARED'] ?? join(projectRoot(), '..', 'shared'), 'data');
  return existsSync(beside) ? beside : undefined;
}
