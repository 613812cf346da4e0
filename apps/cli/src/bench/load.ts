import type { AnyNewEvent } from '#events';
import type { Command } from '#ledger';
import { InProcessHouse } from '../demo/clear-in-process.js';
import type { OperatorCommand } from '../demo/reference.js';
import { buildScenario } from '../demo/scenario.js';
import type { Message } from '../demo/streams.js';
import { readTape } from '../demo/tape.js';

/** Real trades of the demo's tape and the reference data they need. */
export interface Load {
  readonly commands: readonly OperatorCommand[];
  /** All in the first window: the bench measures the way of a trade, not of a cycle. */
  readonly trades: readonly Message[];
}

export function readLoad(trades: number): Load {
  const { commands, messages } = buildScenario(readTape(), trades);
  return {
    commands,
    trades: messages.filter(({ topic }) => topic === 'trades').map((m) => ({ ...m, window: 1 })),
  };
}

/** Everything the clearing house records of its reference data and the first `count` trades. */
export function houseEvents({ commands, trades }: Load, count: number): AnyNewEvent[] {
  const events: AnyNewEvent[] = [];
  const house = new InProcessHouse((event) => events.push(event));
  for (const command of commands) house.command(command);
  house.publish(trades.slice(0, count));
  return events;
}

/** The facts the clearing house makes of the first `count` trades. */
export function tradeEvents(load: Load, count: number): AnyNewEvent[] {
  const events = houseEvents(load, count).filter(({ type }) => type === 'TradeNovated');
  if (events.length !== count) throw new Error(`${events.length} of ${count} trades accepted`);
  return events;
}

/** An operator command as the engine takes it. */
export function toCommand({ kind, idempotencyKey, body }: OperatorCommand): Command {
  const base = { kind, commandId: idempotencyKey, actor: 'operator:operator', occurredAt: 0 };
  return { ...base, ...body } as Command;
}
