import type { Market } from '../../market.js';
import type { RuleLeg, RuleTables } from '../../kernel/rule-tables.js';
import { byCodeUnits } from '../../exact.js';
import type { UrsParameters } from '../../parameters.js';
import type { InstrumentRisk } from './instrument-risk.js';

const HOURS_OF_PREDICTION = 8;

/** What the rules take of one instrument, whoever holds it: made once per market. */
export interface LegTerms {
  /** Its underlying, where scenarios move it and the rules know it. */
  readonly underlying?: string;
  /** `underlying|expiry`; perpetuals and spot share the expiry `0`, at no years. */
  readonly expiry?: string;
  /** `underlying|expiry|strike` of options. */
  readonly strike?: string;
  readonly row: Omit<RuleLeg, 'quantity' | 'underlying' | 'expiry' | 'strike' | 'gridRow'>;
}

export function legTerms(risk: InstrumentRisk, isKnown: boolean): LegTerms {
  const { instrument, valuation } = risk;
  const { underlying, kind } = instrument;
  const row = {
    delta: risk.delta,
    notional: risk.notional,
    optionSize: kind === 'option' ? risk.size : 0,
    funding: risk.funding,
    isDerivative: kind !== 'spot',
    confidence: valuation ? risk.confidence : 1,
    worstLong: risk.worst.long,
    worstShort: risk.worst.short,
  };
  if (!valuation || !isKnown) return { row };
  const expiry = `${underlying}|${'expiry' in instrument ? instrument.expiry : 0}`;
  const strike = kind === 'option' ? { strike: `${expiry}|${instrument.option.strike}` } : {};
  return { underlying, expiry, ...strike, row };
}

/** The part of the rules' tables that no account changes. */
export interface FixedTables {
  readonly parameters: Omit<RuleTables['parameters'], 'unrealised'>;
  readonly pegs: readonly number[];
  readonly gridInRange: number;
}

export function fixedTables(parameters: UrsParameters, market: Market): FixedTables {
  const of = (key: string): number => parameters.number(key);
  const crowding = [...market.underlyings.values()].map((each) => each.crowding);
  return {
    parameters: {
      k: of('core.k'),
      tailShare: of('grid.tailShare'),
      impact: of('liquidity.impact'),
      participation: of('concentration.participation'),
      mpor: of('concentration.mpor'),
      crowdingSlope: of('crowding.slope'),
      oracleThreshold: of('oracle.threshold'),
      oracleFactor: of('oracle.factor'),
      pegThreshold: of('peg.threshold'),
      pegFactor: of('peg.factor'),
      fundingFactor: of('funding.hours') / HOURS_OF_PREDICTION,
      unrealisedWeight: of('unrealised.weight'),
      phi: of('maintenance.phi'),
      phiLow: of('maintenance.phiLow'),
      phiHigh: of('maintenance.phiHigh'),
      maintenanceCrowdingSlope: of('maintenance.crowdingSlope'),
      liquidationDays: market.liquidationDays ?? 0,
      marketCrowding: crowding.reduce((most, each) => Math.max(most, each), 0),
    },
    pegs: [...market.pegs.keys()].sort(byCodeUnits).map((id) => market.pegs.get(id) ?? 1),
    gridInRange: 3 * parameters.list('grid.spots').length,
  };
}
