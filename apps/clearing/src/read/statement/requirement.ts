import type { EventData, MarginGreeks, MarginPart, Units } from '#events';
import { decimal } from '../format.js';

type Assessed = EventData['MarginAssessed'];

/** A part of the explanation's top level, at the asset's scale. */
export interface StatementPart {
  readonly name: string;
  readonly amount: string;
}

/** What the risk standard asked of the account after the last cycle before the statement's end. */
export interface StatementRequirement {
  readonly cycle: number;
  readonly asset: string;
  readonly equity: string;
  readonly initialMargin: string;
  readonly maintenanceMargin: string;
  /** Equity less initial margin: below zero is a deficit. */
  readonly available: string;
  readonly status: 'ok' | 'fallback';
  readonly notes: readonly string[];
  readonly health?: Assessed['health'];
  readonly greeks: readonly MarginGreeks[];
  /** Parts sum to the initial and the maintenance margin. */
  readonly parts: {
    readonly initialMargin: readonly StatementPart[];
    readonly maintenanceMargin: readonly StatementPart[];
  };
  readonly modelId: string;
  readonly markSetId: string;
}

export function requirementOf(data: Assessed, scale: number): StatementRequirement {
  const at = (units: Units): string => decimal(BigInt(units), scale);
  const top = (parts: readonly MarginPart[]): StatementPart[] =>
    parts.map(({ name, amount }) => ({ name, amount: at(amount) }));
  const { equity, initialMargin, maintenanceMargin, health } = data;
  return {
    ...{ cycle: data.cycle, asset: data.asset },
    equity: at(equity),
    initialMargin: at(initialMargin),
    maintenanceMargin: at(maintenanceMargin),
    available: decimal(BigInt(equity) - BigInt(initialMargin), scale),
    ...{ status: data.status, notes: data.notes },
    ...(health && { health: { ...health, idle: at(health.idle) } }),
    greeks: data.greeks,
    parts: {
      initialMargin: top(data.parts.initialMargin),
      maintenanceMargin: top(data.parts.maintenanceMargin),
    },
    ...{ modelId: data.modelId, markSetId: data.markSetId },
  };
}
