import { createHash } from 'node:crypto';
import type { AnyNewEvent } from '#events';
import {
  initialState,
  readMessage,
  readiness,
  step,
  type Command,
  type Decision,
  type HouseState,
  type InputBody,
} from '#ledger';
import { Assessor } from '../../../clearing/src/margin/index.js';
import type { OperatorCommand } from './reference.js';
import type { Message } from './streams.js';
import { toKafka } from './wire.js';

type Input = Extract<Command, { kind: 'input' }>;

/** A clearing house in this process: no journal, no network. What the real one has to agree with. */
export class InProcessHouse {
  readonly state: HouseState = initialState();
  private readonly held = new Map<string, Input[]>();
  private readonly assessor = new Assessor();

  constructor(private readonly onEvent: (event: AnyNewEvent) => void = () => undefined) {}

  /** Gives an operator command; throws where it is rejected. */
  command({ kind, idempotencyKey, body, by = 'operator' }: OperatorCommand): void {
    const base = { kind, commandId: idempotencyKey, actor: `${by}:${by}`, occurredAt: 0 };
    const { rejection } = this.apply({ ...base, ...body } as Command);
    if (rejection) throw new Error(`${idempotencyKey}: ${rejection.code} ${rejection.reason}`);
  }

  /** Takes messages in any interleaving: a stream whose turn has not come waits, the others go on. */
  publish(messages: Iterable<Message>): void {
    for (const message of messages) {
      const input = read(message);
      const id = `${message.venue}|${message.topic}|${message.key}`;
      const queue = this.held.get(id) ?? [];
      this.held.set(id, queue);
      queue.push(input);
      if (queue.length > 1) continue;
      const window = this.state.openWindow;
      this.drain(queue);
      while (this.state.openWindow !== window && this.drainAll());
    }
  }

  /** Messages still waiting for their turn. */
  get waiting(): number {
    return [...this.held.values()].reduce((sum, queue) => sum + queue.length, 0);
  }

  private drainAll(): boolean {
    const window = this.state.openWindow;
    for (const queue of this.held.values()) this.drain(queue);
    return this.state.openWindow !== window;
  }

  private drain(queue: Input[]): void {
    let done = 0;
    for (const input of queue) {
      if (readiness(this.state, input.at) !== 'ready') break;
      this.apply(input);
      done += 1;
    }
    queue.splice(0, done);
  }

  private apply(command: Command): Decision {
    const decision = step(this.state, command, this.assessor.assess);
    for (const event of decision.events) this.onEvent(event);
    return decision;
  }
}

function read(message: Message): Input {
  const { headers, value } = toKafka(message, 'not checked in this process');
  const result = readMessage({ topic: message.topic, headers, value });
  if (!result.ok) throw new Error(`${message.value}: ${result.rejection.code}`);
  const sha256 = (): string => createHash('sha256').update(value).digest('hex');
  return {
    kind: 'input',
    at: result.at,
    body: result.body satisfies InputBody,
    actor: `kafka:${message.venue}`,
    source: () => ({
      channel: 'kafka',
      sha256: sha256(),
      bytes: value.length,
      value: value.toString('base64'),
      truncated: false,
    }),
  };
}
