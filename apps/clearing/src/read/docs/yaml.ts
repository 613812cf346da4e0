/** JSON values; what a generated document is made of. */
export type Value =
  string | number | boolean | readonly Value[] | { readonly [key: string]: Value | undefined };

/** Scalars that YAML reads as themselves without quotes. */
const PLAIN = /^[A-Za-z][A-Za-z0-9 _.,()/'=<>+-]*$/;
const RESERVED = /^(true|false|null|yes|no|on|off|y|n)$/i;

function scalar(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  const plain = PLAIN.test(value) && !RESERVED.test(value) && !/ $|: | #/.test(value);
  return plain ? value : JSON.stringify(value);
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

function lines(value: Value, indent: string): string {
  if (Array.isArray(value)) {
    return value
      .map((item: Value) => `${indent}-${nested(item, `${indent}  `).replace(/^\n +/, ' ')}`)
      .join('');
  }
  return Object.entries(value)
    .filter((entry): entry is [string, Value] => entry[1] !== undefined)
    .map(([key, item]) => `${indent}${scalar(key)}:${nested(item, `${indent}  `)}`)
    .join('');
}

function nested(value: Value, indent: string): string {
  if (typeof value !== 'object') return ` ${scalar(value)}\n`;
  if (isEmpty(value)) return Array.isArray(value) ? ' []\n' : ' {}\n';
  return `\n${lines(value, indent)}`;
}

/** A document as YAML 1.2, in the order of its keys: the same value gives the same bytes. */
export function toYaml(document: { readonly [key: string]: Value | undefined }): string {
  return lines(document as Value, '');
}
