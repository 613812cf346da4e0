import { settlementCodes } from '../codes.js';
import { contractErrors } from '../contract-errors.js';

const ranges: readonly (readonly [number, string])[] = [
  [80, 'the batch and its bytes'],
  [81, 'the ledger contract'],
  [82, 'operators and rights'],
  [83, 'vault, pause and exit'],
  [84, 'keys'],
  [86, 'what a co-signer refuses'],
  [87, 'what the settlement service refuses'],
];

/** docs/settlement-errors.md, made from settlement's closed list of reason codes and the contracts' custom errors. */
export function settlementErrors(): string {
  const codes = Object.entries(settlementCodes).map(([name, [number, fix]]) => {
    const errors = contractErrors.flatMap(([error, code]) =>
      code === name ? [`\`${error}\``] : [],
    );
    return { number, row: `| \`${number}_${name}\` | ${errors.join(', ')} | ${fix} |` };
  });
  const sections = ranges.map(([range, title]) => {
    const rows = codes.filter(({ number }) => Math.floor(number / 100) === range);
    const table = ['| code | error of a contract | what mends it |', '|---|---|---|'];
    return [`## ${range}xx: ${title}`, '', ...table, ...rows.map(({ row }) => row), ''].join('\n');
  });
  return [
    '# Reason codes of settlement',
    '',
    'Generated from `apps/settlement/src/codes.ts`; do not edit. A code never changes its meaning and is never reused.',
    'The contracts revert with named errors; the service gives each the code of its row. The codes of the ledger are in',
    '[errors.md](errors.md).',
    '',
    ...sections,
  ]
    .join('\n')
    .replace(/\n+$/, '\n');
}
