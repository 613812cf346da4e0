import type { Book } from '../book.js';
import { hashDocument } from '../canonical.js';
import { explain, explainEquity, explainMargin, type Part } from '../explain.js';
import type { RiskKernel } from '../kernel/port.js';
import type { ModelIdentity } from '../model.js';
import type { UrsParameters } from '../parameters.js';
import type { Requirement, RequirementPart } from '../requirement.js';
import { roundNearest } from '../rounding.js';
import type { Scenarios } from '../scenarios/scenarios.js';
import { accountOf, type Held, type Leg, orderSides, withFilled } from './urs/account.js';
import type { MarketRisk } from './urs/market-risk.js';

/**
 * What the comparison models share: they are asked the same question as `urs` - the same books, equity, open orders and fallbacks - and
 * differ in what they ask of what is held. None of them has the standard's floors and add-ons.
 */
export interface ComparisonParts {
  readonly kernel: RiskKernel;
  /** Of `urs`: how instruments and factors are read. */
  readonly parameters: UrsParameters;
  /** Whose histories tell which factor moves an instrument. */
  readonly scenarios: readonly Scenarios[];
}

/** Hash of all that a model's numbers depend on: its own parameters, and those by which instruments are read. */
export function comparisonHash({ parameters }: ComparisonParts, own: object): string {
  return hashDocument({ own, reading: parameters.hash });
}

/** What a model asks of what is held. */
export interface Asked {
  readonly initial: RequirementPart;
  readonly maintenance: RequirementPart;
  readonly positions: RequirementPart;
}

/** The requirement of a book: initial margin is the greatest of the book as it is, with all its bids and with all its asks filled. */
export function comparisonRequirement(
  book: Book,
  risk: MarketRisk,
  identity: ModelIdentity,
  ask: (held: Held) => Asked,
): Requirement {
  const { asset, scale } = risk.market.numeraire;
  const account = accountOf(book, risk);
  const { initial: asIs, maintenance, positions } = ask(account);
  const worst = orderSides(book.orders)
    .map((side) => ask(withFilled(account, side, risk)).initial.amount)
    .reduce((most, each) => (each > most ? each : most), asIs.amount);
  const initial = raisedTo(asIs, worst);
  const equity = explainEquity(account.equity, scale);
  return {
    account: book.account,
    asset,
    scale,
    equity: equity.amount,
    initialMargin: initial.amount,
    maintenanceMargin: maintenance.amount,
    available: equity.amount - initial.amount,
    modelId: identity.modelId,
    markSetId: risk.market.markSetId,
    fallbacks: account.fallbacks,
    explanation: { equity, initialMargin: initial, maintenanceMargin: maintenance, positions },
  };
}

function raisedTo(initial: RequirementPart, amount: bigint): RequirementPart {
  const raise = amount - initial.amount;
  if (raise === 0n) return initial;
  return {
    ...initial,
    amount,
    parts: [...(initial.parts ?? []), { name: 'open-orders', amount: raise }],
  };
}

/** Of parts in whole units of the numeraire: initial margin their sum, maintenance margin a share of it, both rounded up. */
export function askedOf(parts: readonly Part[], share: number, scale: number): Asked {
  const value = parts.reduce((sum, part) => sum + part.value, 0);
  const kept = share * value;
  const shared = [{ name: 'risk-share', value: kept }];
  return {
    initial: explainMargin({ name: 'initial-margin', value, parts }, scale),
    maintenance: explainMargin({ name: 'maintenance-margin', value: kept, parts: shared }, scale),
    positions: explain({ name: 'core', value, parts }, roundNearest(value, scale, 'core'), scale),
  };
}

/** The worst case of what no scenario prices, as `urs` asks it; no part where everything is priced. */
export function unpriced(legs: readonly Leg[]): readonly Part[] {
  let value = 0;
  for (const { quantity, risk } of legs) {
    if (risk.valuation) continue;
    value += quantity > 0 ? quantity * risk.worst.long : -quantity * risk.worst.short;
  }
  return value > 0 ? [{ name: 'fallback', value }] : [];
}
