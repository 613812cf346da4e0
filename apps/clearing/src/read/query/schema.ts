/** The few kinds of JSON schema the API's answers are made of. */
export interface Schema {
  readonly type: 'object' | 'string' | 'integer' | 'boolean' | 'array';
  readonly description?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly items?: Schema | { readonly $ref: string };
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
}

export const text = (description?: string): Schema => ({
  type: 'string',
  ...(description ? { description } : {}),
});
export const integer = (description?: string): Schema => ({
  ...text(description),
  type: 'integer',
});
export const amount = (description: string): Schema => ({
  type: 'string',
  pattern: '^-?\\d+(\\.\\d+)?$',
  description,
});
export const flag = (description?: string): Schema => ({ ...text(description), type: 'boolean' });
export const time = (description?: string): Schema => ({
  ...text(description),
  format: 'date-time',
});
export const oneOf = (...values: readonly string[]): Schema => ({ type: 'string', enum: values });
export const list = (items: Schema): Schema => ({ type: 'array', items });

/** Fields ending in `?` may be absent. */
export function object(fields: Readonly<Record<string, Schema>>, description?: string): Schema {
  const names = Object.keys(fields);
  return {
    type: 'object',
    ...(description ? { description } : {}),
    properties: Object.fromEntries(names.map((name) => [name.replace('?', ''), fields[name]!])),
    required: names.filter((name) => !name.endsWith('?')),
  };
}

export const money = (description: string) => amount(`${description}, at the asset's scale.`);
export const quantity = (description: string) => amount(`${description}, at the quantity scale.`);
export const price = (description: string) => amount(`${description}, at the price scale.`);
export const total = () =>
  object({ count: integer(), controlTotal: amount('Sum at its own scale.') });
export const sums = {
  opening: money('Before'),
  movements: money('Change'),
  closing: money('After'),
};
