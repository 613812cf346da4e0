import { memoryJournal } from '#events';
import type { AnyRecordedEvent, StreamTopic } from '#events';
import type { Command, InputBody } from '#ledger';
import { currentKernelHash, shippedUrsParameters } from '#risk';
import { evidence } from '../../../../libs/ledger/src/testing/chain.js';
import { Assessor } from '../margin/index.js';
import { openEngine } from './open-engine.js';

const AT = 1_723_161_600_000_000;

/** Closes of two coins over `count` days: a walk of its own, the same on every machine. */
export function closes(count: number): { dates: string[]; values: string[][] } {
  let seed = 7;
  const step = (): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return seed / 0x7fffffff - 0.5;
  };
  const levels = [60_000, 3000];
  const dates = Array.from({ length: count }, (_, i) =>
    new Date(Date.UTC(2023, 0, 1 + i)).toISOString().slice(0, 10),
  );
  const values = dates.map(() => {
    const common = step() * 0.08;
    levels.forEach((level, i) => (levels[i] = level * (1 + common + step() * 0.03)));
    return levels.map((level) => level.toFixed(2));
  });
  return { dates, values };
}

/** What lets `urs` into the test house: history by the operator, approval by the risk officer. */
export function riskCommands(days = 200): Command[] {
  const parameters = shippedUrsParameters();
  const factor = (id: string) => ({
    factor: id,
    kind: 'price',
    move: 'relative',
    instruments: [`${id}-PERP`],
    assets: [],
    market: { group: 'crypto', tier: 'large', spread: '0.0001', adv: '10000000000' },
  });
  const commands: readonly (readonly [string, object])[] = [
    [
      'operator',
      {
        kind: 'record-factor-history',
        history: 'crypto',
        numeraire: 'USDT',
        factors: [factor('BTC'), factor('ETH')],
        ...closes(days),
      },
    ],
    [
      'operator',
      {
        kind: 'propose-risk-model',
        proposal: 'urs-1',
        name: 'urs',
        version: parameters.version,
        wasmHash: currentKernelHash(),
        parameters: parameters.canonical(),
        history: 'crypto',
      },
    ],
    ['risk', { kind: 'approve-risk-model', proposal: 'urs-1' }],
  ];
  return commands.map(([role, body], i) => {
    const base = { commandId: `risk-${i}`, actor: `${role}:${role}`, occurredAt: AT };
    return { ...base, ...body } as unknown as Command;
  });
}

/** Inputs of a day: `window` each, sequences by stream. */
export class RiskDay {
  private readonly sequences = new Map<string, number>();
  window = 1;

  input(topic: StreamTopic, key: string, body: InputBody): Command {
    const venue = topic === 'deposits' ? 'custody' : 'V1';
    const stream = { venue, topic, key };
    const id = `${venue}|${topic}|${key}`;
    const sequence = (this.sequences.get(id) ?? 0) + 1;
    this.sequences.set(id, sequence);
    const none = { channel: 'http' as const, sha256: '', bytes: 0, value: '', truncated: false };
    const at = { stream, sequence, window: this.window };
    return { kind: 'input', at, body, actor: venue, source: () => none };
  }

  deposit(account: string, amount: string): Command {
    const number = (this.sequences.get('custody|deposits|USDT') ?? 0) + 1;
    const what = { account, asset: 'USDT', amount, at: AT, ...evidence('USDT', number) };
    return this.input('deposits', 'USDT', { type: 'deposit', ...what });
  }

  mark(instrument: string, price: string): Command {
    return this.input('marks', instrument, { type: 'mark', instrument, price, at: AT });
  }

  trade(
    instrument: string,
    buyer: string,
    seller: string,
    quantity: string,
    price: string,
  ): Command {
    const tradeId = `T-${this.window}-${this.sequences.size}-${buyer}-${instrument}`;
    const trade = { tradeId, instrument, buyer, seller, quantity, price, executedAt: AT };
    return this.input('trades', instrument, { type: 'trade', trade });
  }

  /** Cuts the window; nothing waits for venues here. */
  cut(): Command {
    const window = this.window;
    this.window += 1;
    const base = { commandId: `cut-${window}`, actor: 'operator:operator', occurredAt: AT };
    const endsAt = AT + window * 60_000_000;
    return { kind: 'end-wait', window, endsAt, reason: 'test', ...base } as unknown as Command;
  }
}

/** The journal of a small house under `urs`: three cycles, two members with opposite books in two coins. */
export async function riskHistory(days = 200): Promise<{
  readonly events: readonly AnyRecordedEvent[];
  readonly stateHash: string;
}> {
  const journal = memoryJournal();
  const engine = await openEngine(journal, { assess: new Assessor().assess });
  const day = new RiskDay();
  const commands = [
    ...riskCommands(days),
    day.deposit('M1-H', '500000'),
    day.deposit('M2-H', '500000'),
    day.mark('BTC-PERP', '61000.00'),
    day.mark('ETH-PERP', '2600.00'),
    day.trade('BTC-PERP', 'M1-H', 'M2-H', '10', '61000.00'),
    day.cut(),
    day.mark('BTC-PERP', '61500.00'),
    day.trade('ETH-PERP', 'M2-H', 'M1-H', '100', '2610.00'),
    day.cut(),
    day.mark('ETH-PERP', '2650.00'),
    day.cut(),
  ];
  for (const command of commands) {
    const [outcome] = await engine.submit([{ command }]);
    if (outcome?.rejection) throw new Error(`${command.kind}: ${outcome.rejection.reason}`);
  }
  const events: AnyRecordedEvent[] = [];
  for await (const batch of journal.read(0)) events.push(...batch.events);
  return { events, stateHash: engine.stateHash() };
}
