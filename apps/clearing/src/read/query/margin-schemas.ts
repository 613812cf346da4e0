import { text, integer, amount, flag, oneOf, list, object, money } from './schema.js';
import type { Schema } from './schema.js';

const margins = {
  equity: money('After haircuts'),
  initialMargin: money('Asked for new risk'),
  maintenanceMargin: money('Asked to keep what is there'),
  available: money('Equity less initial margin'),
};
const greeks = {
  delta: amount('Units of the underlying.'),
  gamma: amount('Change of delta per 1 % of price.'),
  vega: amount('Numeraire per volatility point.'),
  theta: amount('Numeraire per day.'),
  rho: amount('Numeraire per basis point.'),
};
const part = (): Schema => ({
  type: 'object',
  description: 'name, amount, and parts that sum to it exactly; dates carry their weight.',
});

/** Answers of the risk standard's routes. */
export const marginSchemas = {
  Margin: object({
    ...{ account: text(), member: text(), cycle: integer(), asset: text(), scale: integer() },
    position: integer('Of its event in the journal'),
    ...margins,
    status: oneOf('ok', 'fallback'),
    notes: list(text('A conservative rule that took the place of a missing number')),
    'health?': object({
      'ratio?': amount('Equity over maintenance margin'),
      ruin: amount('Probability that a day loses more than the equity'),
      distress: amount('Probability that a day leaves less than the maintenance margin'),
      score: amount('0 to 100'),
      idle: money('Equity above the initial margin'),
    }),
    greeks: list(object({ underlying: text(), ...greeks })),
    parts: object({
      equity: list(part()),
      initialMargin: list(part()),
      maintenanceMargin: list(part()),
    }),
    ...{ proposal: text(), modelId: text('Hex SHA-256'), markSetId: text('Hex SHA-256') },
    ...{ scenarioRoot: text(), historyRoot: text(), days: integer('Days of the factor history') },
  }),
  MarginExplained: object({
    ...{ account: text(), cycle: integer(), asset: text(), scale: integer() },
    equal: flag('The recorded amounts came out again to the minor unit'),
    modelId: text('Hex SHA-256'),
    ...{ equity: part(), initialMargin: part(), maintenanceMargin: part() },
    positions: { ...part(), description: 'The core by position instead of by date.' },
    fallbacks: list(object({ code: text(), field: text(), reason: text() })),
    greeks: {
      type: 'object',
      description:
        'Per position, per underlying and in all: delta, cashDelta, gamma, vega, theta, rho.',
    },
    'health?': { type: 'object', description: 'Ratio, probabilities, score, idle capital, sizes.' },
    'variance?': {
      type: 'object',
      description: 'Deviation, its components, delta-gamma-vega VaR.',
    },
    inputs: { type: 'object', description: 'Positions, balances, marks and market used.' },
  }),
  RiskModel: object({
    ...{ proposal: text(), name: text(), version: text() },
    status: oneOf('proposed', 'approved', 'active', 'retired', 'withdrawn'),
    ...{ wasmHash: text('Hex SHA-256'), parametersHash: text('Hex SHA-256'), history: text() },
    ...{ proposer: text(), 'approver?': text() },
    'fromCycle?': integer('Takes effect at the cut of this cycle'),
    'activeFrom?': integer('Took effect at the cut of this cycle'),
    position: integer(),
    parameters: { type: 'object', description: 'Every parameter with unit, bounds and source.' },
  }),
  ScenarioSet: object({
    asOfPosition: integer('Number of events the answer includes'),
    chainHash: text(),
    data: object({
      ...{ proposal: text(), root: text('Of the factor history'), factors: list(text()) },
      scenarios: list({
        type: 'object',
        description: 'date, mirrored, weight, and one shock per factor.',
      }),
    }),
  }),
} as const satisfies Record<string, Schema>;
