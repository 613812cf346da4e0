import { randomUUID } from 'node:crypto';
import { Controller, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { StreamTopic } from '#events';
import { reject, topics } from '#ledger';
import type { Rejection } from '#ledger';
import { Engine } from '../../engine/index.js';
import type { Outcome } from '../../engine/index.js';
import { Problem, problemOf } from '../../problem/index.js';
import { actorOf, CurrentPrincipal, Roles } from '../../rights/index.js';
import type { Principal } from '../../rights/index.js';
import type { RawMessage } from '../evidence.js';
import { InputReader } from '../reader.js';
import type { ReadInput } from '../reader.js';
import { readBody } from './body.js';
import { fromCloudEvent } from './cloud-event.js';
import { parseJson } from './json.js';
import { submitted } from './submitted.js';

const MIB = 1024 * 1024;
const BATCH_TYPE = 'application/cloudevents-batch+json';
const MAX_BATCH = 10_000;
/** Levels a message's value may have (the ledger's limit), plus the envelope around it. */
const VALUE_DEPTH = 16;

/** What each feed may send. */
const topicsOf: Readonly<Partial<Record<Principal['role'], readonly StreamTopic[]>>> = {
  venue: ['trades', 'marks', 'funding', 'windows'],
  custody: ['deposits', 'windows'],
};

type Result =
  | {
      readonly status: 'accepted' | 'duplicate';
      readonly position?: number;
      readonly events: number;
    }
  | ({ readonly status: 'rejected' } & Record<string, unknown>);

/**
 * The HTTP intake: the same messages as on Kafka, as structured CloudEvents, single or in batches.
 */
@ApiTags('intake')
@Controller('v1/inputs')
export class InputsController {
  constructor(
    @Inject(Engine) private readonly engine: Engine,
    @Inject(InputReader) private readonly reader: InputReader,
  ) {}

  @Post(':topic')
  @Roles('venue', 'custody')
  @ApiOperation({ summary: 'Send one input (CloudEvents JSON) or a batch of up to 10,000.' })
  async receive(
    @Param('topic') name: string,
    @Req() request: Request,
    @Res() response: Response,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    const topic = topicNamed(name, principal);
    const batch = (request.headers['content-type'] ?? '').split(';')[0]?.trim() === BATCH_TYPE;
    const body = await readBody(request, batch ? 8 * MIB : MIB);
    const parsed = parseJson(body, VALUE_DEPTH + (batch ? 2 : 1));
    if (!parsed.ok) return this.refuse(body, topic, principal, parsed.rejection);
    if (batch) {
      if (Array.isArray(parsed.value) && parsed.value.length <= MAX_BATCH) {
        return this.receiveBatch(parsed.value, topic, principal, response);
      }
      const reason = `A batch is an array of at most ${MAX_BATCH} events.`;
      return this.refuse(body, topic, principal, reject('SCHEMA_VIOLATION', 'body', reason));
    }
    const read = this.read(parsed.value, topic, principal);
    if ('code' in read) throw Problem.of(read);
    const [outcome] = await submitted(this.engine, [read]);
    if (outcome) answer(response, outcome);
  }

  private async receiveBatch(
    events: readonly unknown[],
    topic: StreamTopic,
    principal: Principal,
    response: Response,
  ): Promise<void> {
    const reads = events.map((event) => this.read(event, topic, principal));
    const inputs = reads.filter((read): read is ReadInput => !('code' in read));
    const outcomes = await submitted(this.engine, inputs);
    let next = 0;
    const results = reads.map((read): Result => {
      if ('code' in read) return { ...problemOf(read), status: 'rejected' };
      const outcome = outcomes[next];
      next += 1;
      return outcome ? resultOf(outcome) : { status: 'rejected' };
    });
    const count = (status: Result['status']) => results.filter((r) => r.status === status).length;
    const [accepted, duplicates, rejected] = [
      count('accepted'),
      count('duplicate'),
      count('rejected'),
    ];
    const status = rejected > 0 ? 207 : accepted > 0 ? 201 : 200;
    response.status(status).json({ accepted, duplicates, rejected, results });
  }

  /** Reads one event; a rejection where the key may not speak for the source it names. */
  private read(event: unknown, topic: StreamTopic, principal: Principal): ReadInput | Rejection {
    const { headers, value, source } = fromCloudEvent(event);
    if (source !== undefined && source !== principal.id) {
      const reason = `This key speaks for ${principal.id} only.`;
      return reject('FORBIDDEN', 'source', reason);
    }
    return this.reader.read(rawOf(topic, headers, value), topic, actorOf(principal));
  }

  /** Records a body that cannot even be taken apart, and answers it. */
  private async refuse(
    body: Buffer,
    topic: StreamTopic,
    principal: Principal,
    rejection: Rejection,
  ): Promise<never> {
    const raw = rawOf(topic, {}, body);
    const unreadable = this.reader.unreadable(raw, actorOf(principal), rejection);
    const [outcome] = await submitted(this.engine, [unreadable]);
    throw Problem.of(rejection, { position: outcome?.position });
  }
}

function topicNamed(name: string, principal: Principal): StreamTopic {
  const all = Object.keys(topics) as StreamTopic[];
  const topic = all.find((t) => t === name || topics[t] === name);
  if (!topic) {
    const known = all.map((t) => topics[t]).join(', ');
    const detail = `There is no topic ${JSON.stringify(name.slice(0, 64))}; there are ${known}.`;
    throw new Problem({ type: 'about:blank', title: 'Unknown topic', status: 404, detail });
  }
  if (topicsOf[principal.role]?.includes(topic)) return topic;
  throw Problem.of(
    reject('FORBIDDEN', 'topic', `A ${principal.role} key may not send to ${topics[topic]}.`),
  );
}

const rawOf = (
  topic: StreamTopic,
  headers: Readonly<Record<string, string>>,
  value: Uint8Array,
): RawMessage => ({
  channel: 'http',
  topic: topics[topic],
  headers,
  value,
  delivery: randomUUID(),
});

function resultOf({ rejection, position, events }: Outcome): Result {
  const recorded = events.length > 0 ? { position } : {};
  if (!rejection) return { status: 'accepted', ...recorded, events: events.length };
  if (rejection.code === '4001_DUPLICATE') {
    return { status: 'duplicate', ...recorded, events: events.length };
  }
  return { ...problemOf(rejection), ...recorded, status: 'rejected' };
}

function answer(response: Response, outcome: Outcome): void {
  const result = resultOf(outcome);
  if (result.status === 'rejected' && outcome.rejection) {
    throw Problem.of(
      outcome.rejection,
      outcome.events.length > 0 ? { position: outcome.position } : {},
    );
  }
  response.status(result.status === 'accepted' ? 201 : 200).json(result);
}
