import { rejectCodes } from '#ledger';
import { statusOf } from '../../problem/index.js';

const ranges: readonly (readonly [number, string])[] = [
  [1, 'The message'],
  [2, 'Reference data'],
  [3, 'Amounts'],
  [4, 'Order and sequence'],
  [5, 'Limits and suspension'],
  [6, 'Money'],
  [7, 'Rights'],
];

/** docs/errors.md, made from the ledger's closed list of reject codes. */
export function errorCatalogue(): string {
  const codes = Object.entries(rejectCodes).map(([name, [number, fix]]) => {
    const code = `${number}_${name}`;
    return { number, code, fix, status: statusOf(code) };
  });
  const sections = ranges.map(([range, title]) => {
    const rows = codes
      .filter(({ number }) => Math.floor(number / 1000) === range)
      .map(({ code, status, fix }) => `| \`${code}\` | ${status} | ${fix} |`);
    const head = `## ${range}xxx: ${title.toLowerCase()}`;
    return [head, '', '| code | HTTP | what mends it |', '|---|---|---|', ...rows, ''].join('\n');
  });
  return [
    '# Reject codes',
    '',
    'Generated from `libs/ledger/src/codes.ts`; do not edit. A code never changes its meaning and is never',
    'reused. Every refusal names the code, the field at fault, what is wrong with it and what mends it: on',
    '`novate.acks.v1` as an ack with status `rejected`, over HTTP as `application/problem+json` (RFC 9457),',
    'in the journal as `InputRejected`.',
    '',
    ...sections,
  ]
    .join('\n')
    .replace(/\n+$/, '\n');
}
