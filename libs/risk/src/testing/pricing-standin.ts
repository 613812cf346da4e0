import type { RiskKernel } from '../kernel/port.js';

/** erfc to full precision by series and continued fraction: slow, and only for tests. */
function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x < 2) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-18; n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = x;
  for (let k = 200; k > 0; k--) fraction = x + k / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}

const cdf = (x: number): number => erfc(-x / Math.SQRT2) / 2;

function black(f: number, k: number, t: number, v: number, disc: number, call: boolean): number {
  const sd = v * Math.sqrt(t);
  if (sd === 0) return disc * Math.max(call ? f - k : k - f, 0);
  const d1 = Math.log(f / k) / sd + sd / 2;
  const d2 = d1 - sd;
  return disc * (call ? f * cdf(d1) - k * cdf(d2) : k * cdf(-d2) - f * cdf(-d1));
}

/** Elementary functions and European prices of the engine at hand, so that comparison models are tested without the kernel. */
export const pricingStandIn: Pick<RiskKernel, 'exp' | 'log' | 'optionPrice' | 'black76'> = {
  exp: Math.exp,
  log: Math.log,
  optionPrice: ({ forward, strike, years, vol, discount, type }) =>
    black(forward, strike, years, vol, discount, type === 'call'),
  black76: ({ forward, strike, years, vol, discount, call }) =>
    forward.map((f, j) =>
      black(f, strike[j] ?? 0, years[j] ?? 0, vol[j] ?? 0, discount[j] ?? 0, call[j] === 1),
    ),
};
