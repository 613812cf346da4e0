import { canonicalLine, hashLine, postgresJournal } from '#events';
import type { HouseState } from '#ledger';
import type { Hex } from 'viem';
import { HouseCopy } from '../house/index.js';

/** The house's journal as it grows, read from its database and folded. */
export class JournalView {
  /** `<rail> <seq>` -> digest recorded as final. */
  readonly final = new Map<string, Hex>();
  /** Events of a type so far. */
  readonly counts = new Map<string, number>();
  /** `<rail> <index>` -> allotted by final legs, rail units. */
  readonly withdrawn = new Map<string, bigint>();

  private constructor(
    private readonly url: string,
    private readonly copy: HouseCopy,
  ) {}

  static async open(url: string): Promise<JournalView> {
    return new JournalView(url, await HouseCopy.open());
  }

  get state(): HouseState {
    return this.copy.state;
  }

  get size(): number {
    return this.copy.size;
  }

  lastSeq(rail: string): number {
    return this.copy.lastSeq(rail);
  }

  finalSeq(rail: string): number {
    return this.state.rails.rails.get(rail)?.finalSeq ?? 0;
  }

  count(type: string): number {
    return this.counts.get(type) ?? 0;
  }

  /** Reads what is new. A database that is away is read next time. */
  async refresh(): Promise<void> {
    const journal = postgresJournal({ url: this.url });
    try {
      for await (const { events, recorded = events } of journal.read(this.copy.size)) {
        events.forEach((event, i) => {
          if (event.position < this.copy.size) return;
          this.copy.apply(event, hashLine(canonicalLine(recorded[i]!)));
          this.hear(event);
        });
      }
    } catch (error) {
      if (!isAway(error)) throw error;
    } finally {
      await journal.close().catch(() => undefined);
    }
  }

  private hear(event: Parameters<HouseCopy['apply']>[0]): void {
    const { type, data } = event;
    this.counts.set(type, this.count(type) + 1);
    if (type === 'SettlementLegDue') {
      for (const { index, amount } of data.withdrawals) {
        const key = `${data.rail} ${index}`;
        this.withdrawn.set(key, (this.withdrawn.get(key) ?? 0n) + BigInt(amount));
      }
    }
    if (type !== 'SettlementLegFinalized') return;
    const key = `${data.rail} ${data.seq}`;
    if (this.final.has(key)) throw new Error(`leg ${key} was recorded as final twice`);
    this.final.set(key, data.digest as Hex);
  }
}

/** What a server says as it goes and comes; anything else is a fault of ours. */
function isAway(error: unknown): boolean {
  const text = `${String(error)} ${(error as { code?: string }).code ?? ''}`;
  return /ECONN|terminat|57P0|08\d\d\d|starting up|shutting down|recovery|socket|timeout/i.test(
    text,
  );
}
