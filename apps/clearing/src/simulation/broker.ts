import type { MessageSource, SourceBatch, SourceHandler, SourceMessage } from '../intake/index.js';
import type { Surroundings } from './disk.js';
import type { Life } from './scheduler.js';

/** A message as its sender hands it to the broker. */
export interface WireMessage {
  readonly topic: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array;
}

const POLL_MS = 25;
const SESSION_MS = 120;

/** One partition: offsets without a message are what transactions and compaction leave behind. */
class Partition {
  readonly log: (SourceMessage | undefined)[] = [];

  constructor(
    readonly topic: string,
    readonly partition: number,
  ) {}

  get id(): string {
    return `${this.topic}/${this.partition}`;
  }

  fetch(from: number, count: number): SourceBatch | undefined {
    const until = Math.min(this.log.length, from + count);
    if (from >= until) return undefined;
    const messages = this.log.slice(from, until).filter((m) => m !== undefined);
    return {
      topic: this.topic,
      partition: this.partition,
      fetchedOffset: from,
      lastOffset: until - 1,
      highWatermark: this.log.length,
      messages,
    };
  }
}

/** Topics, partitions and consumer groups, as far as an intake can notice them. */
export class Broker {
  private readonly partitions = new Map<string, Partition>();
  private readonly groups = new Map<string, FakeSource[]>();

  constructor(
    readonly world: Surroundings,
    topics: readonly { readonly topic: string; readonly partitions: number }[],
  ) {
    for (const { topic, partitions } of topics) {
      for (let p = 0; p < partitions; p += 1) {
        const partition = new Partition(topic, p);
        this.partitions.set(partition.id, partition);
      }
    }
  }

  /** All of one key go to one partition. Returns where it now stands. */
  produce(message: WireMessage): { readonly partition: number; readonly offset: number } {
    const ofTopic = [...this.partitions.values()].filter((p) => p.topic === message.topic);
    let sum = 0;
    for (const char of message.key) sum += char.charCodeAt(0);
    const partition = ofTopic[sum % ofTopic.length]!;
    if (this.world.random.chance(0.05)) partition.log.push(undefined);
    const offset = partition.log.length;
    const { key, headers, value } = message;
    const timestamp = this.world.random.chance(0.1) ? -1 : 1_723_161_600_000_000;
    partition.log.push({ offset, key, headers, value, timestamp });
    return { partition: partition.partition, offset };
  }

  /** Has every offset been decided, as far as `isDecided` knows? */
  drained(isDecided: (topic: string, partition: number, offset: number) => boolean): boolean {
    return [...this.partitions.values()].every(({ topic, partition, log }) =>
      log.every((message, offset) => !message || isDecided(topic, partition, offset)),
    );
  }

  of(id: string): Partition {
    return this.partitions.get(id)!;
  }

  /** A consumer of a group: the app's own group of one, or one that several processes share. */
  source(life: Life, group: string): FakeSource {
    return new FakeSource(this, life, group);
  }

  join(source: FakeSource): void {
    const members = this.groups.get(source.group) ?? [];
    this.groups.set(source.group, [...members, source]);
    this.rebalance(source.group);
  }

  leave(source: FakeSource): void {
    const members = this.groups.get(source.group) ?? [];
    this.groups.set(
      source.group,
      members.filter((member) => member !== source),
    );
    this.rebalance(source.group);
  }

  /** Notices that a member has not been heard of for a while. */
  async buryLater(source: FakeSource): Promise<void> {
    await this.world.time.after(SESSION_MS);
    this.leave(source);
  }

  /** Partitions are dealt out anew; whoever had them has to stop where it stands. */
  rebalance(group: string): void {
    const members = this.groups.get(group) ?? [];
    const ids = [...this.partitions.keys()];
    const turn = this.world.random.below(ids.length);
    members.forEach((member, m) => {
      member.assign(ids.filter((_, i) => (i + turn) % members.length === m));
    });
  }

  rebalanceAll(): void {
    for (const group of this.groups.keys()) this.rebalance(group);
  }
}

/** A consumer as kafkajs is one: fetches partition by partition, delivers at least once, may be told to seek. */
export class FakeSource implements MessageSource {
  private readonly positions = new Map<string, { readonly offset: number }>();
  private handler: SourceHandler | undefined;
  private generation = 0;
  private paused = false;
  private stopped = false;

  constructor(
    private readonly broker: Broker,
    private readonly life: Life,
    readonly group: string,
  ) {}

  async start(handler: SourceHandler): Promise<void> {
    this.handler = handler;
    await this.broker.world.time.soon(this.life);
    this.broker.join(this);
  }

  /** A new assignment: everything begins again at the stored offsets. */
  assign(ids: readonly string[]): void {
    this.generation += 1;
    this.positions.clear();
    if (this.stopped || !this.life.alive) return;
    void this.begin(ids, this.generation);
  }

  seek(topic: string, partition: number, offset: number): void {
    const id = `${topic}/${partition}`;
    if (this.positions.has(id)) this.positions.set(id, { offset });
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  async hint(): Promise<void> {
    await this.broker.world.time.soon(this.life);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.broker.leave(this);
    await this.broker.world.time.soon(this.life);
  }

  private async begin(ids: readonly string[], generation: number): Promise<void> {
    await this.broker.world.time.soon(this.life);
    if (generation !== this.generation) return;
    for (const id of ids) {
      const { topic, partition } = this.broker.of(id);
      this.positions.set(id, { offset: this.handler!.startOffset(topic, partition) });
      void this.consume(id, generation);
    }
  }

  private async consume(id: string, generation: number): Promise<void> {
    const { time, random } = this.broker.world;
    const current = (): boolean => !this.stopped && generation === this.generation;
    await time.soon(this.life);
    while (current()) {
      const from = this.positions.get(id)!;
      const count = random.between(1, 12);
      const batch = this.paused ? undefined : this.broker.of(id).fetch(from.offset, count);
      if (!batch) {
        await time.soon(this.life, 2 * POLL_MS);
        continue;
      }
      await time.soon(this.life);
      if (!current()) return;
      // A seek between fetch and delivery makes what was fetched stale.
      if (this.positions.get(id) !== from) continue;
      await this.handler!.batch(batch, async () => {
        await time.soon(this.life);
        return current() && this.positions.get(id) === from;
      });
      if (!current()) return;
      if (this.positions.get(id) === from) this.positions.set(id, { offset: this.after(batch) });
      await time.soon(this.life);
    }
  }

  /** Now and then a broker delivers again what it has delivered. */
  private after({ lastOffset }: SourceBatch): number {
    const { random } = this.broker.world;
    return random.chance(0.03) ? random.below(lastOffset + 2) : lastOffset + 1;
  }
}
