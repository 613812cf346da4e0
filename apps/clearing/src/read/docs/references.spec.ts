import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { readMessage, topics } from '#ledger';
import { messageTypes } from '#ledger';
import { ackOf } from '../../outputs/index.js';
import { sampleEvents } from '../testing/history.js';
import { messageSchemas } from './message-schemas.js';
import { references } from './references.js';
import { ackMessages, inputTopics } from './topics.js';
import { toYaml } from './yaml.js';

const FILES = [
  ...['openapi.json', 'asyncapi.yaml', 'errors.md', 'configuration.md', 'risk-parameters.md'],
];

describe('the committed references', () => {
  let generated: ReadonlyMap<string, string>;
  beforeAll(async () => void (generated = await references()));

  it.each(FILES)('docs/%s is what npm run generate writes', async (file) => {
    const path = new URL(`../../../../../docs/${file}`, import.meta.url);
    expect(await readFile(path, 'utf8')).toBe(generated.get(`docs/${file}`));
  });

  it('cover every route', () => {
    const { paths } = JSON.parse(generated.get('docs/openapi.json')!) as {
      paths: Record<string, unknown>;
    };
    for (const path of ['/v1/accounts/{id}/statement', '/v1/trades', '/v1/inputs/{topic}']) {
      expect(Object.keys(paths)).toContain(path);
    }
  });
});

describe('the AsyncAPI document', () => {
  it('names every topic and every message type the ledger reads', () => {
    expect(inputTopics.map(({ stream }) => stream)).toEqual(Object.keys(topics));
    for (const { stream, messages } of inputTopics) {
      expect(messages.map(({ type }) => type)).toEqual(Object.keys(messageTypes[stream]));
    }
  });

  it.each(
    inputTopics.flatMap(({ stream, messages }) => messages.map((each) => ({ stream, ...each }))),
  )('gives an example of $type that the intake reads', ({ stream, type, example }) => {
    const headers = { ce_type: type, ce_source: 'VEN', ce_subject: 'X' };
    const envelope = { ...headers, ce_specversion: '1.0', ce_sequence: '1', ce_window: '1' };
    const value = Buffer.from(JSON.stringify(example));
    expect(readMessage({ topic: stream, headers: envelope, value })).toMatchObject({ ok: true });
  });

  it('describes every field of the acks', () => {
    const schemaOf = new Map<string, string>(ackMessages);
    const seen = new Set<string>();
    for (const event of sampleEvents(12, 7)) {
      const ack = ackOf(event);
      if (!ack) continue;
      const value = JSON.parse(String(ack.value)) as Record<string, unknown>;
      const schema = messageSchemas[schemaOf.get(String(value['status']))!] as {
        required: string[];
        properties: object;
      };
      seen.add(String(value['status']));
      for (const key of Object.keys(value)) expect(Object.keys(schema.properties)).toContain(key);
      for (const key of schema.required) expect(Object.keys(value)).toContain(key);
    }
    expect([...seen].sort()).toEqual(['accepted', 'duplicate', 'rejected', 'waiting']);
  });
});

describe('YAML', () => {
  it('quotes what would be read as something else', () => {
    const odd = { a: 'yes', b: '1', c: 'x: y', d: '', e: [{ f: 1, g: ['#'] }, []], 'h i': {} };
    expect(toYaml(odd)).toBe(
      [
        ...['a: "yes"', 'b: "1"', 'c: "x: y"', 'd: ""'],
        ...['e:', '  - f: 1', '    g:', '      - "#"', '  - []', 'h i: {}', ''],
      ].join('\n'),
    );
  });
});
