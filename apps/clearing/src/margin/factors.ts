import type { RiskFactor } from '#events';
import type { FactorHistory, HouseState } from '#ledger';

/** Which factor prices what, as a factor history says it. */
export class FactorMap {
  private readonly byInstrument = new Map<string, RiskFactor>();
  private readonly byAsset = new Map<string, RiskFactor>();

  constructor(readonly history: Pick<FactorHistory, 'factors' | 'numeraire'>) {
    for (const factor of history.factors) {
      for (const id of factor.instruments) this.byInstrument.set(`${factor.kind}|${id}`, factor);
      for (const id of factor.assets) this.byAsset.set(`${factor.kind}|${id}`, factor);
    }
  }

  get prices(): readonly RiskFactor[] {
    return this.history.factors.filter(({ kind }) => kind === 'price');
  }

  /** Price factor of an instrument: its own, its underlying's, or that of the asset it delivers. */
  price(state: HouseState, instrument: string): RiskFactor | undefined {
    const { spec } = state.instruments.get(instrument)!;
    const own = this.byInstrument.get(`price|${instrument}`);
    if (own !== undefined) return own;
    if (spec.underlying !== undefined) return this.price(state, spec.underlying);
    return spec.baseAsset === undefined ? undefined : this.asset(spec.baseAsset);
  }

  /** Volatility factor: its own, or that of its underlying. */
  vol(state: HouseState, instrument: string): RiskFactor | undefined {
    const own = this.byInstrument.get(`iv|${instrument}`);
    const { underlying } = state.instruments.get(instrument)!.spec;
    return own ?? (underlying === undefined ? undefined : this.vol(state, underlying));
  }

  basis(instrument: string): RiskFactor | undefined {
    return this.byInstrument.get(`difference|${instrument}`);
  }

  asset(asset: string): RiskFactor | undefined {
    return this.byAsset.get(`price|${asset}`);
  }
}
