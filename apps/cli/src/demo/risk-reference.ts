import { currentKernelHash, shippedUrsParameters } from '#risk';
import { historyUntil } from '../backtest/data/history.js';
import type { OperatorCommand } from './reference.js';

/** The last day whose close was known before the tape begins: no requirement of the demo looks ahead. */
export const LAST_KNOWN_DAY = '2024-08-07';

/**
 * Market quality, as the house states it: a basis point of spread, and daily volumes of the order Binance's perpetuals had in that
 * month. Invented, and on the careful side.
 */
const MARKET = {
  BTC: { spread: '0.0001', adv: '10000000000' },
  ETH: { spread: '0.0001', adv: '5000000000' },
} as const;

const PRICES = {
  BTC: ['BTC-USDT', 'BTC-USDT-PERP', 'BTC-USD-PERP'],
  ETH: ['ETH-USDT', 'ETH-USDT-PERP', 'ETH-USD-PERP'],
} as const;

/** The scenario set's source, then the model: proposed by the operator, approved by the risk officer, in force at the first cut. */
export function riskCommands(): readonly OperatorCommand[] {
  const { dates, closes } = historyUntil(LAST_KNOWN_DAY, ['BTC', 'ETH']);
  const parameters = shippedUrsParameters();
  const history = 'crypto';
  const proposal = `urs-${parameters.version}`;
  const factors = (['BTC', 'ETH'] as const).map((factor) => ({
    factor,
    kind: 'price',
    move: 'relative',
    instruments: PRICES[factor],
    assets: [factor],
    market: { group: 'crypto', tier: 'large', ...MARKET[factor] },
  }));
  const values = dates.map((_, day) => closes.map((column) => String(column[day])));
  const record = { history, numeraire: 'USDT', factors, dates, values };
  const propose = {
    proposal,
    name: 'urs',
    version: parameters.version,
    wasmHash: currentKernelHash(),
    parameters: parameters.canonical(),
    history,
  };
  return [
    { kind: 'record-factor-history', idempotencyKey: 'demo-history', body: record },
    { kind: 'propose-risk-model', idempotencyKey: 'demo-propose', body: propose },
    { kind: 'approve-risk-model', idempotencyKey: 'demo-approve', body: { proposal }, by: 'risk' },
  ];
}
