import type { PartitionOffset } from '#events';

/**
 * How far one Kafka partition has been decided: everything below `next`, and single offsets above
 * it. A waiting stream leaves a hole, which holds `next` back while the offsets after it go on
 * being decided.
 */
export class Progress {
  /** Bit i (least significant first) stands for offset `origin + i`; `origin <= nextOffset`. */
  private bits = new Uint8Array(64);
  private origin: number;
  private nextOffset: number;
  /** One above the highest decided offset. */
  private top: number;

  constructor(next = 0) {
    this.origin = next;
    this.nextOffset = next;
    this.top = next;
  }

  /** Reads what the journal stored. */
  static from(stored: PartitionOffset): Progress {
    const progress = new Progress(Number(stored.next));
    const ahead = Buffer.from(stored.ahead, 'base64');
    progress.bits = new Uint8Array(Math.max(64, ahead.length));
    progress.bits.set(ahead);
    for (let i = ahead.length * 8 - 1; i >= 0; i -= 1) {
      if ((ahead[i >> 3] ?? 0) & (1 << (i & 7))) {
        progress.top = progress.origin + i + 1;
        break;
      }
    }
    progress.advance();
    return progress;
  }

  /** The first offset not yet decided. */
  get next(): number {
    return this.nextOffset;
  }

  isDecided(offset: number): boolean {
    if (offset < this.nextOffset) return true;
    if (offset >= this.top) return false;
    const bit = offset - this.origin;
    return ((this.bits[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
  }

  /** Marks one offset as decided. */
  decide(offset: number): void {
    if (offset < this.nextOffset) return;
    if (offset === this.nextOffset && this.top === offset) return this.restart(offset + 1);
    this.set(offset);
    if (offset === this.nextOffset) this.advance();
  }

  /** Marks offsets `from` up to and without `to`: the broker holds no message there. */
  decideRange(from: number, to: number): void {
    if (to <= this.nextOffset) return;
    if (from <= this.nextOffset && to >= this.top) return this.restart(to);
    for (let offset = Math.max(from, this.nextOffset); offset < to; offset += 1) this.set(offset);
    this.advance();
  }

  /** The form the journal stores: bit i of `ahead` stands for offset `next + i`. */
  toStored(topic: string, partition: number): PartitionOffset {
    const span = this.top - this.nextOffset;
    const ahead = Buffer.alloc(span <= 0 ? 0 : (span + 7) >> 3);
    const first = this.nextOffset - this.origin;
    const shift = first & 7;
    for (let i = 0; i < ahead.length; i += 1) {
      const at = (first >> 3) + i;
      const pair = (this.bits[at] ?? 0) | ((this.bits[at + 1] ?? 0) << 8);
      ahead[i] = (pair >> shift) & 0xff;
    }
    return { topic, partition, next: String(this.nextOffset), ahead: ahead.toString('base64') };
  }

  private set(offset: number): void {
    this.reserve(offset);
    const bit = offset - this.origin;
    this.bits[bit >> 3] = (this.bits[bit >> 3] ?? 0) | (1 << (bit & 7));
    if (offset >= this.top) this.top = offset + 1;
  }

  /** Moves `next` over every decided offset that follows it. */
  private advance(): void {
    const end = this.top - this.origin;
    let bit = this.nextOffset - this.origin;
    while (bit < end && (this.bits[bit >> 3] ?? 0) & (1 << (bit & 7))) {
      bit += (bit & 7) === 0 && this.bits[bit >> 3] === 0xff ? 8 : 1;
    }
    if (bit >= end) return this.restart(this.top);
    this.nextOffset = this.origin + bit;
  }

  /** Nothing is decided ahead of `next` any more. */
  private restart(next: number): void {
    const used = ((this.top - this.origin) >> 3) + 1;
    if (this.top > this.nextOffset) this.bits.fill(0, 0, Math.min(used, this.bits.length));
    else if (this.top > this.origin) this.bits.fill(0);
    this.origin = next;
    this.nextOffset = next;
    this.top = next;
  }

  /** Makes room for `offset`: drops the decided bytes in front first, then grows. */
  private reserve(offset: number): void {
    if ((offset - this.origin) >> 3 < this.bits.length) return;
    const drop = (this.nextOffset - this.origin) >> 3;
    const kept = this.bits.subarray(drop);
    this.origin += drop * 8;
    const needed = ((offset - this.origin) >> 3) + 1;
    const bits = new Uint8Array(Math.max(kept.length, needed * 2));
    bits.set(kept);
    this.bits = bits;
  }
}

/** The progress of every partition. Asked for every message: found without making a text of topic and partition. */
export class AllProgress {
  private readonly ofTopic = new Map<string, Progress[]>();

  /** As the journal stored them. */
  static from(offsets: readonly PartitionOffset[]): AllProgress {
    const all = new AllProgress();
    for (const stored of offsets) all.topic(stored.topic)[stored.partition] = Progress.from(stored);
    return all;
  }

  of(topic: string, partition: number): Progress {
    return (this.topic(topic)[partition] ??= new Progress());
  }

  private topic(topic: string): Progress[] {
    let partitions = this.ofTopic.get(topic);
    if (!partitions) this.ofTopic.set(topic, (partitions = []));
    return partitions;
  }
}
