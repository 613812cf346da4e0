import type { Tx } from './database.js';

export interface InstrumentScales {
  readonly price: number;
  readonly quantity: number;
  readonly settlementAsset: string;
}

/** Scales of assets and instruments. They never change, so each is read once. */
export class Scales {
  private readonly assets = new Map<string, number>();
  private readonly instruments = new Map<string, InstrumentScales>();

  async ofAssets(tx: Tx, ids: readonly string[]): Promise<(asset: string) => number> {
    const missing = [...new Set(ids)].filter((id) => !this.assets.has(id));
    if (missing.length > 0) {
      const rows = await tx.asset.findMany({ where: { asset: { in: missing } } });
      for (const { asset, scale } of rows) this.assets.set(asset, scale);
    }
    return (asset) => known(this.assets, asset);
  }

  async ofInstruments(
    tx: Tx,
    ids: readonly string[],
  ): Promise<(instrument: string) => InstrumentScales> {
    const missing = [...new Set(ids)].filter((id) => !this.instruments.has(id));
    if (missing.length > 0) {
      const rows = await tx.instrument.findMany({ where: { instrument: { in: missing } } });
      for (const row of rows) {
        const { priceScale: price, quantityScale: quantity, settlementAsset } = row;
        this.instruments.set(row.instrument, { price, quantity, settlementAsset });
      }
    }
    return (instrument) => known(this.instruments, instrument);
  }
}

function known<T>(map: ReadonlyMap<string, T>, id: string): T {
  const value = map.get(id);
  if (value === undefined) throw new Error(`The read model has no scale for ${id}.`);
  return value;
}
