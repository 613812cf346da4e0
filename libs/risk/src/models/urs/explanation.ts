import type { Part } from '../../explain.js';
import type { RuleResult } from '../../kernel/rule-tables.js';
import type { UrsParameters } from '../../parameters.js';
import type { SetLosses } from './core.js';

/** What one assessment found, before it is money. */
export interface Found {
  readonly sets: readonly SetLosses[];
  readonly rules: RuleResult;
  /** Ids of the rules' underlyings, in their order. */
  readonly underlyings: readonly string[];
}

const ADD_ONS = [
  ['liquidity', 'liquidity'],
  ['crowding', 'crowding'],
  ['concentration', 'concentration'],
  ['open-interest', 'openInterest'],
  ['oracle', 'oracle'],
  ['peg', 'peg'],
  ['funding', 'funding'],
  ['unrealised-gains', 'unrealised'],
  ['fallback', 'fallback'],
] as const;
const PER_UNDERLYING = ['liquidity', 'crowding', 'concentration', 'openInterest'] as const;
const IN_MAINTENANCE = ['liquidity', 'crowding', 'funding', 'fallback'] as const;

/** Initial margin: core, what the tail grid and the floors raise it by, and every add-on that is asked. */
export function initialPart(found: Found, parameters: UrsParameters, isFull: boolean): Part {
  const { totals } = found.rules;
  const parts = [...riskParts(found, parameters, isFull), ...addOnParts(found)];
  return { name: 'initial-margin', value: totals.initialMargin, parts };
}

/** Maintenance margin: phi of the risk margin, and the add-ons that enter it. */
export function maintenancePart(found: Found): Part {
  const { totals } = found.rules;
  const kept = IN_MAINTENANCE.filter((key) => totals[key] !== 0).map((key) => ({
    name: key,
    value: totals[key],
  }));
  const parts = [{ name: 'risk-share', value: totals.phi * totals.risk }, ...kept];
  return { name: 'maintenance-margin', value: totals.maintenanceMargin, parts };
}

function riskParts(found: Found, parameters: UrsParameters, isFull: boolean): Part[] {
  const { core, grid, floor } = found.rules.totals;
  const afterGrid = Math.max(core, grid);
  const raises = [
    { name: 'tail-grid', value: afterGrid - core },
    { name: 'floor', value: Math.max(afterGrid, floor) - afterGrid },
  ];
  return [corePart(found, parameters, isFull), ...raises.filter(({ value }) => value !== 0)];
}

function corePart(found: Found, parameters: UrsParameters, isFull: boolean): Part {
  const value = found.rules.totals.core;
  const asked = found.sets.filter(({ shortfall }) => shortfall.value > 0);
  if (!isFull || asked.length === 0) return { name: 'core', value };
  return { name: 'core', value, parts: asked.flatMap((set) => dateParts(set, parameters)) };
}

/** The scenarios used, worst first: date, share of the tail, and what each position lost in it. */
function dateParts({ scenarios, moving, shortfall }: SetLosses, parameters: UrsParameters): Part[] {
  const alpha = parameters.number('core.alpha');
  const k = parameters.number('core.k');
  const columns = moving.map(({ array }) => array.values());
  return shortfall.atoms.map(({ index, mass, loss }) => {
    const weight = mass / alpha;
    const parts = moving.map(({ id, quantity }, i) => ({
      name: id,
      value: -k * weight * quantity * (columns[i]?.[index] ?? 0),
    }));
    return { name: dateOf(scenarios, index), value: k * weight * loss, weight, parts };
  });
}

/** `2020-03-12`, or `2020-03-12 mirrored`. */
export function dateOf({ dates }: { readonly dates: readonly string[] }, scenario: number): string {
  const date = dates[scenario % dates.length] ?? '';
  return scenario < dates.length ? date : `${date} mirrored`;
}

/** The core by position (Euler): each one's losses in the scenarios used, weighted as they are. */
export function positionsPart(found: Found, parameters: UrsParameters): Part {
  const alpha = parameters.number('core.alpha');
  const k = parameters.number('core.k');
  const parts = found.sets
    .filter(({ shortfall }) => shortfall.value > 0)
    .flatMap(({ moving, shortfall }) =>
      moving.map(({ id, quantity, array }) => {
        const values = array.values();
        const sum = shortfall.atoms.reduce(
          (so, { index, mass }) => so - mass * (quantity * (values[index] ?? 0)),
          0,
        );
        return { name: id, value: (k * sum) / alpha };
      }),
    );
  return { name: 'core', value: found.rules.totals.core, parts };
}

function addOnParts({ rules, underlyings }: Found): Part[] {
  return ADD_ONS.filter(([, key]) => rules.totals[key] !== 0).map(([name, key]) => {
    const value = rules.totals[key];
    const detail = PER_UNDERLYING.find((each) => each === key);
    if (detail === undefined) return { name, value };
    const parts = underlyings
      .map((id, u) => ({ name: id, value: rules.underlyings[u]?.[detail] ?? 0 }))
      .filter((each) => each.value !== 0);
    return { name, value, parts };
  });
}
