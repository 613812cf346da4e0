import type { Book } from '../book.js';
import { identify } from '../identity.js';
import type { LiquidityTier, Market } from '../market.js';
import type { MarginModel, ModelIdentity } from '../model.js';
import type { Requirement, RequirementPart } from '../requirement.js';
import { roundUp } from '../rounding.js';
import { scenarioRoot } from '../scenarios/scenarios.js';
import {
  type Asked,
  type ComparisonParts,
  comparisonHash,
  comparisonRequirement,
  unpriced,
} from './comparison.js';
import { exactly, multiply, powerOfTen, type Ratio } from './ratio.js';
import {
  genesisTiers,
  type LeverageTier,
  type TieredMargin,
  tieredMargin,
  tieredModel,
} from './tiered.js';
import type { Held, Leg } from './urs/account.js';
import { MarketRisk } from './urs/market-risk.js';

/** Which published tier an underlying is in. */
const TIERS: Readonly<Record<LiquidityTier, LeverageTier>> = {
  large: genesisTiers.largeCap,
  mid: genesisTiers.midCap,
  small: genesisTiers.smallCap,
  tail: genesisTiers.longTail,
};

/** Decimals of the quote quanta in which the tiers state open interest: of USDC, so the numeraire is taken to be a dollar. */
const QUOTE_DECIMALS = 6;

/**
 * `tiered` on whole books: every instrument on its own pays its underlying's tier on its notional (an option its underlying's), and
 * nothing nets. Exact integers from the notional on. Collateral counts after its haircut and is not asked again. For comparison only.
 */
export class TieredModel implements MarginModel {
  readonly identity: ModelIdentity;
  private kept: MarketRisk | undefined;

  constructor(private readonly parts: ComparisonParts) {
    const { kernel, scenarios } = parts;
    this.identity = identify({
      ...tieredModel,
      wasmHash: kernel.hash,
      parametersHash: comparisonHash(
        parts,
        Object.fromEntries(Object.entries(TIERS).map(([name, tier]) => [name, texts(tier)])),
      ),
      scenarioRoot: scenarioRoot(scenarios),
    });
  }

  assess(book: Book, market: Market): Requirement {
    const { scale } = market.numeraire;
    return comparisonRequirement(book, this.riskOf(market), this.identity, (held) =>
      asked(held, scale),
    );
  }

  release(): void {
    this.kept?.release();
    this.kept = undefined;
  }

  private riskOf(market: Market): MarketRisk {
    if (this.kept?.market === market) return this.kept;
    this.release();
    const { kernel, parameters, scenarios } = this.parts;
    this.kept = new MarketRisk(kernel, parameters, scenarios, market);
    return this.kept;
  }
}

function asked({ legs }: Held, scale: number): Asked {
  const each = legs.flatMap((leg) => {
    const margin = marginOf(leg, scale);
    return margin ? [{ name: leg.id, margin }] : [];
  });
  const worst = unpriced(legs).map(({ name, value }) => ({ name, amount: roundUp(value, scale) }));
  const tree = (name: string, key: keyof TieredMargin): RequirementPart => {
    const parts = [
      ...each.map(({ name: id, margin }) => ({ name: id, amount: margin[key] })),
      ...worst,
    ];
    return { name, amount: parts.reduce((sum, { amount }) => sum + amount, 0n), parts };
  };
  return {
    initial: tree('initial-margin', 'initialMargin'),
    maintenance: tree('maintenance-margin', 'maintenanceMargin'),
    positions: tree('core', 'initialMargin'),
  };
}

/** Margin of one position, minor units; none where `urs` cannot price it and the worst case is asked instead. */
function marginOf({ quantity, risk }: Leg, scale: number): TieredMargin | undefined {
  const { underlying, valuation, notional } = risk;
  if (!underlying || !valuation) return undefined;
  const value = scaled(multiply(exactly(quantity), exactly(notional)), scale);
  const interest = scaled(exactly(underlying.openInterest), QUOTE_DECIMALS);
  return tieredMargin(value, TIERS[underlying.tier], interest);
}

const scaled = (value: Ratio, decimals: number): Ratio => multiply(value, powerOfTen(decimals));

/** A tier as its hash sees it: integers as text, which JSON has no other way to keep. */
function texts(tier: LeverageTier): Record<string, string> {
  return Object.fromEntries(Object.entries(tier).map(([key, value]) => [key, String(value)]));
}
