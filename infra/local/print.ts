import type { Resolved } from './types.js';

/** Prints which service came from where, one row each; to stderr, so that stdout stays a program's. */
export function printServices(
  resolved: readonly Resolved[],
  stream: { write(text: string): unknown } = process.stderr,
): void {
  const rows = resolved.map(({ name, how, detail, reason }) => [name, how, reason ?? detail]);
  const table = [['service', 'from', 'detail'], ...rows];
  const width = (column: number): number =>
    Math.max(...table.map((row) => row[column]?.length ?? 0));
  const widths = [width(0), width(1)];
  for (const [name = '', how = '', detail = ''] of table) {
    stream.write(`  ${name.padEnd(widths[0] ?? 0)}  ${how.padEnd(widths[1] ?? 0)}  ${detail}\n`);
  }
}
