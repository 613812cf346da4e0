import type { Setting } from './setting.js';

/** A configuration reference in Markdown, made from the table a program reads its environment by. */
export function settingsReference(
  title: string,
  source: string,
  settings: readonly Setting[],
  notes: readonly string[],
): string {
  const rows = settings.map(({ name, kind, required, fallback, secret, about }) => {
    const otherwise = required
      ? 'required'
      : fallback === undefined || fallback === ''
        ? '-'
        : `\`${fallback}\``;
    return [`\`${name}\``, `${kind}${secret ? ', secret' : ''}`, otherwise, about];
  });
  return [
    `# ${title}`,
    '',
    `Generated from \`${source}\`; do not edit. Read once at start; every`,
    'error is listed at once and the process exits with 2. Secrets are never printed.',
    '',
    ...table([['variable', 'kind', 'default', 'what it is'], ...rows]),
    '',
    ...notes,
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
