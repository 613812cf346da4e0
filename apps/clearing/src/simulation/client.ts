import type { Command } from '#ledger';
import type { StreamTopic } from '#events';
import { InputReader } from '../intake/index.js';
import { recordedEvents } from '../engine/index.js';
import type { EngineItem, Outcome } from '../engine/index.js';
import type { Auditor } from './auditor.js';
import type { Day } from './day.js';
import type { Surroundings } from './disk.js';
import type { Process } from './house.js';

const PATIENCE_MS = 150;
const RETRY_MS = 15;
/** Answers with which a client comes again later: its turn has not come. */
const AGAIN = /^(4003|4005)_/;

/** Callers over HTTP: they wait for an answer, and without one they ask again, whoever answers then. */
export class Client {
  finished = false;
  private requests = 0;

  constructor(
    private readonly world: Surroundings,
    private readonly auditor: Auditor,
    private readonly pick: () => Process | undefined,
  ) {}

  /** Sends commands together, until all were answered. */
  async register(commands: readonly Command[]): Promise<void> {
    if (commands.length > 0)
      await this.untilAnswered(() => commands.map((command) => ({ command })));
  }

  async run(day: Day): Promise<void> {
    const reader = new InputReader(new Map(), () => 1);
    const commands = this.register(day.members.map(registration));
    for (const message of day.overHttp) {
      await this.untilAnswered(() => {
        const { topic, headers, value } = message;
        this.auditor.sent(topic, headers, value);
        this.requests += 1;
        const delivery = String(this.requests);
        const raw = { channel: 'http' as const, topic, headers, value, delivery };
        const stream = topic.split('.')[1] as StreamTopic;
        return [reader.read(raw, stream, 'venue:V1', 1)];
      });
    }
    await commands;
    this.finished = true;
  }

  private async untilAnswered(make: () => readonly EngineItem[]): Promise<void> {
    const { time } = this.world;
    for (;;) {
      const process = this.pick();
      const outcomes = process && (await this.ask(process, make()));
      if (outcomes && !outcomes.some(({ rejection }) => AGAIN.test(rejection?.code ?? ''))) return;
      await time.soon(undefined, RETRY_MS);
    }
  }

  /** The outcomes, or nothing where the process ended, refused or kept silent. */
  private async ask(
    process: Process,
    items: readonly EngineItem[],
  ): Promise<Outcome[] | undefined> {
    const { time } = this.world;
    const answer = async (): Promise<Outcome[]> => {
      await time.soon(process.life);
      const outcomes = await process.engine!.submit(items);
      await time.soon(process.life);
      for (const { id, position } of outcomes.flatMap(recordedEvents)) {
        this.auditor.promise(position, id);
      }
      return outcomes;
    };
    const none = (): undefined => undefined;
    return Promise.race([answer().catch(none), time.after(PATIENCE_MS).then(none)]);
  }
}

/** What an operator asks for when a member joins. */
export const registration = (member: string): Command => ({
  kind: 'register-member',
  commandId: `register ${member}`,
  actor: 'operator:operator',
  occurredAt: 1,
  member,
  name: member,
});
