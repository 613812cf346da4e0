import { type Parameter, shippedUrsParameters } from '#risk';

function row(key: string, each: Parameter | Parameter<readonly number[]>): string {
  const value = typeof each.value === 'number' ? String(each.value) : each.value.join(', ');
  const bounds = `${each.minimum} to ${each.maximum}`;
  return `| \`${key}\` | ${value} | ${each.unit} | ${bounds} | ${each.meaning} | ${each.source} |`;
}

/** docs/risk-parameters.md, made from the parameter document of `urs`. */
export function riskParameterReference(): string {
  const { document, hash } = shippedUrsParameters();
  const rules = document.rules.map(
    ({ name, formula, subadditive, enters }) =>
      `| ${name} | ${formula} | ${subadditive ? 'yes' : 'no, on purpose'} | ${enters} |`,
  );
  const parameters = Object.entries(document.parameters).map(([key, each]) => row(key, each));
  const lists = Object.entries(document.lists).map(([key, each]) => row(key, each));
  return [
    `# Parameters of ${document.model} ${document.version}`,
    '',
    'Generated from `libs/risk/parameters/urs.json`; do not edit. The formulas are in',
    '[risk-standard.md](risk-standard.md). SHA-256 of the document’s canonical JSON (RFC 8785), part of every model id:',
    '',
    `    ${hash}`,
    '',
    document.note,
    '',
    '## Rules',
    '',
    '| rule | formula | subadditive | enters |',
    '|---|---|---|---|',
    ...rules,
    '',
    '## Parameters',
    '',
    '| key | value | unit | bounds | what it does | source |',
    '|---|---|---|---|---|---|',
    ...parameters,
    ...lists,
    '',
  ].join('\n');
}
