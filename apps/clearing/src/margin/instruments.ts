import type { InstrumentSpec } from '#events';
import { toFloat } from '#risk';
import type { OptionContract, RiskInstrument } from '#risk';

/** What moves an instrument, as ids of factors. */
export interface Moves {
  readonly underlying: string;
  readonly volFactor?: string;
  readonly basisFactor?: string;
}

/** An instrument as a model sees it. Inverse contracts are quoted in a currency the house does not hold: its worth is the numeraire's. */
export function riskInstrument(
  spec: InstrumentSpec,
  numeraire: string,
  { underlying, volFactor, basisFactor }: Moves,
): RiskInstrument {
  const terms = {
    id: spec.instrument,
    underlying,
    settlement: spec.payoff,
    contractSize: toFloat(BigInt(spec.contractSize), spec.contractSizeScale, 'contractSize'),
    quote: spec.payoff === 'inverse' ? numeraire : spec.settlementAsset,
    allowsNegativePrice: spec.allowsNegativePrice,
    ...(basisFactor === undefined ? {} : { basisFactor }),
  };
  const expiry = spec.expiry ?? 0;
  const volatility = volFactor === undefined ? {} : { volFactor };
  const price = (units: string) => toFloat(BigInt(units), spec.priceScale, 'price');
  switch (spec.kind) {
    case 'spot':
    case 'perpetual':
      return { ...terms, kind: spec.kind };
    case 'future':
      return { ...terms, kind: 'future', expiry };
    case 'option': {
      const { type, strike, premium } = spec.option!;
      const option: OptionContract = {
        ...{ type, style: 'european', strike: price(strike), premium },
        ...volatility,
      };
      return { ...terms, kind: 'option', expiry, option };
    }
    case 'custom': {
      const { knots, premium } = spec.custom!;
      const points = knots.map((knot) => [price(knot.underlying), price(knot.value)] as const);
      const payoff = { form: 'piecewise' as const, knots: points, premium, ...volatility };
      return { ...terms, kind: 'payoff', expiry, payoff };
    }
  }
}
