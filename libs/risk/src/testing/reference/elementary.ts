import type { Elementary } from '../../kernel/port.js';

/** Error function complement: Maclaurin's series near zero, the continued fraction of Laplace further out. Slow and plain. */
function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x < 1.5) return 1 - erfSeries(x);
  let fraction = x;
  for (let k = 300; k > 0; k -= 1) fraction = x + k / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}

function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-20 * Math.abs(sum); n += 1) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const normalCdf = (x: number): number => erfc(-x / Math.SQRT2) / 2;

/** By bisection: as good as normalCdf, and nothing to get wrong. */
function normalQuantile(p: number): number {
  let lo = -40;
  let hi = 40;
  for (let round = 0; round < 100; round += 1) {
    const middle = (lo + hi) / 2;
    if (normalCdf(middle) < p) lo = middle;
    else hi = middle;
  }
  return (lo + hi) / 2;
}

/** The engine's exp and log, and the normal distribution from an erfc that has nothing in common with the kernel's. */
export const plainElementary: Elementary = {
  exp: Math.exp,
  log: Math.log,
  erf: (x) => (Math.abs(x) < 1.5 ? erfSeries(x) : Math.sign(x) * (1 - erfc(Math.abs(x)))),
  erfc,
  normalCdf,
  normalPdf: (x) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI),
  normalQuantile,
};
