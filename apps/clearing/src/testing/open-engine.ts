import { memoryJournal } from '#events';
import type { Journal } from '#events';
import type { Command, InputBody } from '#ledger';
import { Engine } from '../engine/index.js';
import type { EngineOptions } from '../engine/index.js';
import { roleOf, setup } from './house.js';

/** The test house's reference data as commands. */
export const setupCommands = (): Command[] =>
  setup.map(([kind, body], index) => {
    const role = roleOf(kind);
    const base = { commandId: `setup-${index}`, actor: `${role}:${role}`, occurredAt: 1 };
    return { ...body, ...base, kind } as unknown as Command;
  });

/**
 * An engine over a memory journal, with the test house registered unless the journal already holds
 * it.
 */
export async function openEngine(
  journal: Journal = memoryJournal(),
  more: Partial<EngineOptions> = {},
): Promise<Engine> {
  let time = 1;
  const engine = await Engine.open({ journal, writer: 'spec', now: () => (time += 1), ...more });
  if (engine.head.size === 0) {
    await engine.submit(setupCommands().map((command) => ({ command })));
  }
  return engine;
}

/** A trade of M1 with M2 as an input command. */
export function tradeCommand(sequence: number, window = 1): Extract<Command, { kind: 'input' }> {
  const trade = {
    tradeId: `T${sequence}`,
    instrument: 'BTC-PERP',
    buyer: 'M1-H',
    seller: 'M2-H',
    quantity: '1',
    price: '60000',
    executedAt: 1,
  };
  const body: InputBody = { type: 'trade', trade };
  const stream = { venue: 'V1', topic: 'trades' as const, key: 'BTC-PERP' };
  const none = { channel: 'kafka' as const, sha256: '', bytes: 0, value: '', truncated: false };
  return { kind: 'input', at: { stream, sequence, window }, body, actor: 'V1', source: () => none };
}
