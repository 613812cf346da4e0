import { topics } from '#ledger';
import { messageSchemas } from './message-schemas.js';
import { ackMessages, inputTopics } from './topics.js';
import type { Topic, TopicMessage } from './topics.js';
import { toYaml } from './yaml.js';
import type { Value } from './yaml.js';

type Node = { readonly [key: string]: Value };

const ACKS = 'novate.acks.v1';
const CHECKPOINTS = 'novate.checkpoints.v1';
const whole = { type: 'string', pattern: '^[1-9][0-9]{0,15}$' };

const inputHeaders: Node = {
  type: 'object',
  description: 'CloudEvents 1.0, binary mode. Numbers are decimal strings.',
  required: ['ce_specversion', 'ce_source', 'ce_type', 'ce_subject', 'ce_sequence', 'ce_window'],
  properties: {
    ce_specversion: { type: 'string', const: '1.0' },
    ce_id: { type: 'string' },
    ce_source: { type: 'string', description: 'Id of the venue or custodian.' },
    ce_type: { type: 'string' },
    ce_subject: { type: 'string', description: 'Key of the stream.' },
    ce_sequence: { ...whole, description: '1, 2, 3, ... in each (source, topic, subject).' },
    ce_window: { ...whole, description: 'The settlement window it belongs to, from 1.' },
    'novate-signature': {
      type: 'string',
      pattern: '^[0-9a-f]{64}$',
      description:
        'HMAC-SHA256, hex, with the key of the source, over topic, ce_source, ce_type, ce_subject, ' +
        'ce_sequence, ce_window and value joined by line feeds. Required for deposits.',
    },
    traceparent: { type: 'string', description: 'W3C trace context.' },
  },
};

const ackHeaders: Node = {
  type: 'object',
  description:
    'CloudEvents 1.0, binary mode. ce_id is the id of the event: answers are idempotent.',
  required: ['ce_specversion', 'ce_id', 'ce_source', 'ce_type'],
  properties: {
    ce_specversion: { type: 'string', const: '1.0' },
    ce_id: { type: 'string', format: 'uuid' },
    ce_source: { type: 'string', const: 'novate' },
    ce_type: { type: 'string' },
    ce_subject: { type: 'string' },
  },
};

const checkpointHeaders: Node = {
  type: 'object',
  description: 'CloudEvents 1.0, binary mode. ce_id is the same for the same origin and size.',
  required: ['ce_specversion', 'ce_id', 'ce_source', 'ce_type', 'ce_subject'],
  properties: {
    ce_specversion: { type: 'string', const: '1.0' },
    ce_id: { type: 'string', format: 'uuid' },
    ce_source: { type: 'string', const: 'novate' },
    ce_type: { type: 'string', const: 'novate.checkpoint.v1' },
    ce_subject: { type: 'string', description: 'Origin of the log.' },
  },
};

const deadLetterHeaders: Node = {
  type: 'object',
  description: 'Headers of the refused message, and beside them:',
  required: ['x-event-id', 'x-error-code', 'x-value-sha256', 'x-value-bytes'],
  properties: {
    'x-event-id': { type: 'string', description: 'Id of the InputRejected event.' },
    'x-error-code': { type: 'string', description: 'Reject code, see docs/errors.md.' },
    'x-error-field': { type: 'string' },
    'x-error-reason': { type: 'string' },
    'x-original-topic': { type: 'string' },
    'x-original-partition': { type: 'string' },
    'x-original-offset': { type: 'string' },
    'x-value-truncated': { type: 'string', enum: ['true', 'false'] },
    'x-value-sha256': { type: 'string' },
    'x-value-bytes': { type: 'string' },
  },
};

const link = (path: string): Node => ({ $ref: `#/${path}` });
/** `novate.trade-bust.v1` -> `trade-bust`. */
const nameOf = (type: string): string => type.replace(/^novate\./, '').replace(/\.v\d+$/, '');

function inputMessage({ type, schema, title, example }: TopicMessage): Node {
  return {
    name: type,
    title,
    contentType: 'application/json',
    headers: link('components/schemas/InputHeaders'),
    payload: link(`components/schemas/${schema}`),
    examples: [{ name: nameOf(type), payload: example }],
  };
}

const keyed = (description: string): Node => ({
  kafka: { key: { type: 'string', description }, bindingVersion: '0.5.0' },
});

function inputChannel({ stream, about, key, sentBy, messages }: Topic): Node {
  const names = messages.map(({ type }) => nameOf(type));
  return {
    address: topics[stream],
    title: stream,
    description: `${about} Sent by: ${sentBy}. Refused messages go to ${topics[stream]}.dlq.`,
    messages: Object.fromEntries(names.map((name) => [name, link(`components/messages/${name}`)])),
    bindings: { kafka: { topic: topics[stream], bindingVersion: '0.5.0' } },
    'x-key': `source|${key}`,
  };
}

function channels(): Node {
  const inputs = inputTopics.map((topic) => [topic.stream, inputChannel(topic)] as const);
  const letters = inputTopics.map(({ stream }) => {
    const address = `${topics[stream]}.dlq`;
    const description = `Messages of ${topics[stream]} that were refused, with the reason.`;
    const messages = { 'dead-letter': link('components/messages/dead-letter') };
    return [`${stream}-dlq`, { address, description, messages }] as const;
  });
  const acks = {
    address: ACKS,
    description: 'One answer per input, in the order of the journal. A projection: none is lost.',
    messages: Object.fromEntries(
      ackMessages.map(([status]) => [`ack-${status}`, link(`components/messages/ack-${status}`)]),
    ),
  };
  const checkpoints = {
    address: CHECKPOINTS,
    description:
      'Signed checkpoints of the log, in order of their size: every second, or more often under load. At least once.',
    messages: { checkpoint: link('components/messages/checkpoint') },
  };
  return Object.fromEntries([...inputs, ['acks', acks], ['checkpoints', checkpoints], ...letters]);
}

function operations(): Node {
  const receive = inputTopics.map(({ stream, about }) => {
    const operation = { action: 'receive', channel: link(`channels/${stream}`), summary: about };
    return [`receive-${stream}`, operation] as const;
  });
  const send = ['acks', 'checkpoints', ...inputTopics.map(({ stream }) => `${stream}-dlq`)].map(
    (name) => {
      return [`send-${name}`, { action: 'send', channel: link(`channels/${name}`) }] as const;
    },
  );
  return Object.fromEntries([...receive, ...send]);
}

function messages(): Node {
  const inputs = inputTopics.flatMap(({ key, messages: all }) =>
    all.map((message) => {
      const bindings = keyed(`ce_source, |, ${key}`);
      return [nameOf(message.type), { ...inputMessage(message), bindings }] as const;
    }),
  );
  const acks = ackMessages.map(([status, schema]) => {
    const message = {
      name: `novate.ack.${status}.v1`,
      contentType: 'application/json',
      headers: link('components/schemas/AckHeaders'),
      payload: link(`components/schemas/${schema}`),
      bindings: keyed('Key of the input it answers.'),
    };
    return [`ack-${status}`, message] as const;
  });
  const letter = {
    name: 'dead-letter',
    title: 'A refused message as it came; beyond 64 KiB its first KiB',
    headers: link('components/schemas/DeadLetterHeaders'),
    payload: { description: 'The bytes of the refused value.' },
  };
  const checkpoint = {
    name: 'novate.checkpoint.v1',
    title: 'A signed checkpoint: a C2SP tlog-checkpoint note, byte for byte',
    contentType: 'text/plain; charset=utf-8',
    headers: link('components/schemas/CheckpointHeaders'),
    payload: link('components/schemas/CheckpointNote'),
    bindings: keyed('Origin of the log.'),
  };
  return Object.fromEntries([
    ...inputs,
    ...acks,
    ['checkpoint', checkpoint],
    ['dead-letter', letter],
  ]);
}

/** The AsyncAPI 3 document of the clearing app, as YAML. */
export function asyncApiYaml(): string {
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Novate clearing: topics',
      version: '1',
      description:
        'What venues and custodians send, and what the house answers. The same inputs are taken over ' +
        'HTTP at POST /v1/inputs/{topic}. Generated; do not edit.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels: channels(),
    operations: operations(),
    components: {
      messages: messages(),
      schemas: {
        InputHeaders: inputHeaders,
        AckHeaders: ackHeaders,
        CheckpointHeaders: checkpointHeaders,
        DeadLetterHeaders: deadLetterHeaders,
        ...messageSchemas,
      },
    },
  };
  return `# Generated by npm run generate; do not edit.\n${toYaml(document)}`;
}
