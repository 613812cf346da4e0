import type { AnyRecordedEvent, Batch, Micros } from '#events';

/** Variation margin of one cycle in one asset, minor units of the asset. */
export interface CycleMargin {
  readonly cycle: number;
  readonly asset: string;
  paid: bigint;
  received: bigint;
  /** What the floors leave to the house's rounding account. */
  rounding: bigint;
}

export interface Shortfall {
  readonly cycle: number;
  readonly account: string;
  readonly asset: string;
  readonly amount: bigint;
}

/** What the demo reports and the state no longer holds: read off the journal's events, one by one. */
export class Facts {
  accepted = 0;
  rejected = 0;
  events = 0;
  batches = 0;
  unmatchedWindows = 0;
  readonly margins = new Map<string, CycleMargin>();
  readonly shortfalls: Shortfall[] = [];
  /** instrument -> cycles settled at a carried price. */
  readonly stale = new Map<string, number[]>();
  /** instrument|asset -> what was delivered net, sum over accounts and cycles of the absolute amount. */
  readonly delivered = new Map<string, bigint>();
  /** When the first input and the last cut were written, microseconds. */
  firstInputAt: Micros | undefined;
  lastCutAt: Micros | undefined;
  /** End of the last cycle's window. */
  lastWindowEnd: Micros = 0;

  observeBatch({ events, header }: Batch): void {
    this.batches += 1;
    for (const event of events) {
      this.events += 1;
      this.observe(event);
      if (event.type === 'CycleCompleted') this.lastCutAt = header.recordedAt;
      if (event.type === 'TradeNovated') this.firstInputAt ??= header.recordedAt;
    }
  }

  /** Seconds from the first batch of trades to the last cut, as the journal recorded them. */
  get clearingSeconds(): number {
    if (this.firstInputAt === undefined || this.lastCutAt === undefined) return 0;
    return (this.lastCutAt - this.firstInputAt) / 1e6;
  }

  private observe(event: AnyRecordedEvent): void {
    if (event.type === 'TradeNovated') this.accepted += 1;
    else if (event.type === 'CycleCompleted') this.lastWindowEnd = event.data.endsAt;
    else if (event.type === 'InputRejected') this.rejected += 1;
    else if (event.type === 'VariationMarginCalculated') this.margin(event.data);
    else if (event.type === 'DeliveryCalculated') this.delivery(event.data);
    else if (event.type === 'SettlementPriceSet') this.price(event.data);
    else if (event.type === 'WindowReconciled' && !event.data.matched) this.unmatchedWindows += 1;
    else if (event.type === 'ShortfallRecorded') {
      const { cycle, account, asset, shortfall } = event.data;
      this.shortfalls.push({ cycle, account, asset, amount: BigInt(shortfall) });
    }
  }

  private margin(data: EventOf<'VariationMarginCalculated'>): void {
    const id = `${data.cycle}|${data.asset}`;
    let margin = this.margins.get(id);
    if (!margin) {
      margin = { cycle: data.cycle, asset: data.asset, paid: 0n, received: 0n, rounding: 0n };
      this.margins.set(id, margin);
    }
    margin.paid += BigInt(data.paid);
    margin.received += BigInt(data.received);
    margin.rounding += BigInt(data.rounding);
  }

  private delivery(data: EventOf<'DeliveryCalculated'>): void {
    const id = `${data.instrument}|${data.asset}`;
    let sum = this.delivered.get(id) ?? 0n;
    for (const [, , amount] of data.entries) sum += BigInt(amount.replace('-', ''));
    this.delivered.set(id, sum);
  }

  private price({ instrument, cycle, stale }: EventOf<'SettlementPriceSet'>): void {
    if (!stale) return;
    const cycles = this.stale.get(instrument);
    if (cycles) cycles.push(cycle);
    else this.stale.set(instrument, [cycle]);
  }
}

type EventOf<T extends AnyRecordedEvent['type']> = Extract<AnyRecordedEvent, { type: T }>['data'];
