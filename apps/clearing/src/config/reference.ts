import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { settings } from './settings.js';
import type { Setting } from './settings.js';

/** docs/configuration.md, made from the table the app reads its environment by. */
export function configurationReference(): string {
  const rows = (settings as readonly Setting[]).map(
    ({ name, kind, required, fallback, secret, about }) => {
      const otherwise = required
        ? 'required'
        : fallback === undefined || fallback === ''
          ? '-'
          : `\`${fallback}\``;
      return [`\`${name}\``, `${kind}${secret ? ', secret' : ''}`, otherwise, about];
    },
  );
  return [
    '# Configuration of the clearing app',
    '',
    'Generated from `apps/clearing/src/config/settings.ts`; do not edit. Read once at start; every',
    'error is listed at once and the process exits with 2. Secrets are never printed.',
    '',
    ...table([['variable', 'kind', 'default', 'what it is'], ...rows]),
    '',
    'Keys: 16 to 256 printable characters, each given to one role only. A role without a key is',
    'closed.',
    '',
  ].join('\n');
}

/** A Markdown table, padded as prettier would. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [lines[0] ?? '', rule, ...lines.slice(1)];
}

/** `node dist/apps/clearing/src/config/reference.js [--check] <file>`. */
async function main(args: readonly string[]): Promise<void> {
  const file = args.find((arg) => !arg.startsWith('--')) ?? 'docs/configuration.md';
  if (!args.includes('--check')) return writeFile(file, configurationReference());
  const current = await readFile(file, 'utf8').catch(() => '');
  if (current !== configurationReference()) {
    process.stderr.write(`${file} is out of date: npm run generate\n`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
