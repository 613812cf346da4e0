import type { RiskKernel } from '../kernel/port.js';
import { plainBlack76 } from './reference/pricing.js';

/** Elementary functions and European prices of the engine at hand, so that comparison models are tested without the kernel. */
export const pricingStandIn: Pick<RiskKernel, 'exp' | 'log' | 'optionPrice' | 'black76'> = {
  exp: Math.exp,
  log: Math.log,
  optionPrice: plainBlack76,
  black76: ({ forward, strike, years, vol, discount, call }) =>
    forward.map((f, j) =>
      plainBlack76({
        type: call[j] === 1 ? 'call' : 'put',
        style: 'european',
        forward: f,
        strike: strike[j] ?? 0,
        years: years[j] ?? 0,
        vol: vol[j] ?? 0,
        discount: discount[j] ?? 0,
      }),
    ),
};
