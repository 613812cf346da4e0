import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Engine } from '../engine/index.js';

/** What is watched beside the engine; absent without Kafka. */
export interface MetricSources {
  readonly intake?: { readonly stats: { held: number; underWay: number; lag: number } };
  readonly publisher?: { readonly position: number };
  readonly proofs?: { readonly position: number };
}

/** Prometheus metrics of one process. Names end in their unit. */
export class Metrics {
  private readonly registry = new Registry();

  constructor(engine: Engine, sources: () => MetricSources) {
    collectDefaultMetrics({ register: this.registry });
    const registers = [this.registry];
    const commands = new Counter({
      name: 'novate_commands_total',
      help: 'Commands decided and durable.',
      registers,
    });
    const events = new Counter({
      name: 'novate_events_total',
      help: 'Events appended to the journal.',
      registers,
    });
    const append = new Histogram({
      name: 'novate_append_seconds',
      help: 'Time to make one batch durable.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registers,
    });
    engine.onBatch((report) => {
      commands.inc(report.commands);
      events.inc(report.events);
      append.observe(report.appendMs / 1000);
    });
    const gauges: readonly [string, string, () => number][] = [
      ['novate_journal_size_events', 'Events in the journal.', () => engine.head.size],
      ['novate_open_window', 'Number of the open window.', () => engine.state.openWindow],
      ['novate_engine_queue_commands', 'Commands not yet decided.', () => engine.queued],
      [
        'novate_intake_held_messages',
        'Held for waiting streams.',
        () => sources().intake?.stats.held ?? 0,
      ],
      [
        'novate_intake_lag_messages',
        'Behind the newest offsets.',
        () => sources().intake?.stats.lag ?? 0,
      ],
      [
        'novate_outputs_position_events',
        'Published up to here.',
        () => sources().publisher?.position ?? 0,
      ],
      [
        'novate_proofs_position_events',
        'Leaf hashes stored up to here.',
        () => sources().proofs?.position ?? 0,
      ],
    ];
    for (const [name, help, read] of gauges) {
      const collect = (): void => gauge.set(read());
      const gauge: Gauge = new Gauge({ name, help, registers: [], collect });
      this.registry.registerMetric(gauge);
    }
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}
