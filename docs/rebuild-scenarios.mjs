#!/usr/bin/env node
// Makes a published scenario set again from the closes in the files of `novate export --margin --out FOLDER`, by the text of
// docs/risk-standard.md and with nothing of Novate's, and compares every shock.
//   node rebuild-scenarios.mjs FOLDER
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? 'novate-margin';
const read = (name) => readFileSync(join(folder, name), 'utf8');
const { model, history } = JSON.parse(read('margin.json'));
const { factors, days } = history;
const parameters = JSON.parse(model.parameters).parameters;
const of = (key) => parameters[key].value;

const n = factors.length;
const shock = (i, t) => {
  const [before, after] = [days[t][i + 1], days[t + 1][i + 1]];
  if (factors[i].move === 'absolute') return after - before;
  return factors[i].kind === 'iv' ? Math.log(after / before) : after / before - 1;
};
const R = days.slice(1).map((_, t) => factors.map((_, i) => shock(i, t)));
const T = R.length;
const clip = (x, lo, hi) => Math.min(Math.max(x, lo), hi);
const [lam, lamc, delta, m, cv, cz, zc, n0, nc] = [
  'lam',
  'lamc',
  'delta',
  'm',
  'cv',
  'cz',
  'zc',
  'n0',
  'nc',
].map((k) => of(`core.${k}`));
const floor = of('core.varianceFloor');
const filtered = factors.map((_, i) => {
  const squares = R.map((row) => row[i] ** 2);
  const med = Math.max(
    squares.slice(0, n0).sort((a, b) => a - b)[Math.floor(n0 / 2)] / 0.455,
    floor,
  );
  let v = Math.max(
    squares.slice(0, n0).reduce((s, x) => s + Math.min(x, cv * cv * med), 0) / n0,
    floor,
  );
  const z = [],
    w = [];
  for (let t = 0; t < T; t++) {
    z.push(clip(R[t][i] / Math.sqrt(v), -cz, cz));
    w.push(Math.min(squares[t], cv * cv * v));
    v = Math.max(lam * v + (1 - lam) * w[t], floor);
  }
  const long = w.slice(Math.max(0, T - of('core.LRW')));
  return {
    z,
    target: Math.sqrt((1 - m) * v + (m * long.reduce((s, x) => s + x, 0)) / long.length),
  };
});
function power(C, exponent) {
  // symmetric matrix power by cyclic Jacobi rotations
  const A = C.map((r) => [...r]),
    V = C.map((_, i) => C.map((_, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < 60; sweep++)
    for (let p = 0; p < n - 1; p++)
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(A[p][q]) < 1e-300) continue;
        const th = (A[q][q] - A[p][p]) / (2 * A[p][q]);
        const t = (th >= 0 ? 1 : -1) / (Math.abs(th) + Math.sqrt(th * th + 1));
        const c = 1 / Math.sqrt(t * t + 1),
          s = t * c;
        for (let k = 0; k < n; k++)
          [A[k][p], A[k][q]] = [c * A[k][p] - s * A[k][q], s * A[k][p] + c * A[k][q]];
        for (let k = 0; k < n; k++)
          [A[p][k], A[q][k]] = [c * A[p][k] - s * A[q][k], s * A[p][k] + c * A[q][k]];
        for (let k = 0; k < n; k++)
          [V[k][p], V[k][q]] = [c * V[k][p] - s * V[k][q], s * V[k][p] + c * V[k][q]];
      }
  const w = A.map((r, i) => Math.max(r[i], of('core.eig')) ** exponent);
  return C.map((_, i) => C.map((_, j) => w.reduce((s, x, k) => s + V[i][k] * x * V[j][k], 0)));
}
const Z = R.map((_, t) => filtered.map(({ z }) => z[t]));
const outer = (t) => {
  const c = Z[t].map((x) => clip(x, -zc, zc));
  return c.map((a) => c.map((b) => a * b));
};
let Q = factors.map((_, i) =>
  factors.map(
    (_, j) => Array.from({ length: nc }, (_, t) => outer(t)[i][j]).reduce((s, x) => s + x, 0) / nc,
  ),
);
let G = Q.map((r) => [...r]),
  N = nc;
const corr = (A, i, j) =>
  i === j ? 1 : A[i][j] / Math.sqrt(Math.max(A[i][i], 1e-12) * Math.max(A[j][j], 1e-12));
const mixed = () =>
  Q.map((r, i) => r.map((_, j) => (1 - delta) * corr(Q, i, j) + delta * corr(G, i, j)));
const W = Math.min(of('core.W'), T - n0);
const U = [];
for (let t = 0; t < T; t++) {
  if (t >= T - W)
    U.push(power(mixed(), -0.5).map((row) => row.reduce((s, x, j) => s + x * Z[t][j], 0)));
  const o = outer(t);
  N += 1;
  Q = Q.map((r, i) => r.map((x, j) => lamc * x + (1 - lamc) * o[i][j]));
  G = G.map((r, i) => r.map((x, j) => x + (o[i][j] - x) / N));
}
const S = power(mixed(), 0.5);
const x = U.map((u) =>
  S.map((row, i) => filtered[i].target * row.reduce((s, a, j) => s + a * u[j], 0)),
);
const bounded = (row) =>
  row.map((v, i) =>
    factors[i].move === 'absolute' ? v : clip(v, of('core.clipLow'), of('core.clipHigh')),
  );
const mine = [...x.map(bounded), ...x.map((row) => bounded(row.map((v) => -v)))];
const published = read('scenarios.csv')
  .trim()
  .split('\r\n')
  .slice(1)
  .map((line) => line.split(',').slice(2).map(Number));
const set = published.map(([, ...shocks]) => shocks);
const worst = Math.max(
  ...set.map((row, j) => Math.max(...row.map((v, i) => Math.abs(v - mine[j][i])))),
);
const ok = set.length === mine.length && worst < 1e-11;
const what = `${set.length} scenarios from ${days.length} days of ${factors.map(({ id }) => id)}`;
console.log(`${ok ? 'ok    ' : 'FAILED'} ${what}: largest difference ${worst}`);
process.exitCode = ok ? 0 : 1;
