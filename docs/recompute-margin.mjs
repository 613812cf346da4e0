#!/usr/bin/env node
// Computes every core requirement of one cycle again, from the files of `novate export --margin --out FOLDER`, with nothing of Novate's.
//   node recompute-margin.mjs FOLDER
// It checks the hashes (history, parameters, model id), then each account's losses, expected shortfall and core against what the
// journal recorded. `rebuild-scenarios.mjs` beside it makes the scenario set itself from the closes.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? 'novate-margin';
const read = (name) => readFileSync(join(folder, name), 'utf8');
const { model, history, market, accounts } = JSON.parse(read('margin.json'));
const parameters = JSON.parse(model.parameters).parameters;
const of = (key) => parameters[key].value;
let failures = 0;
const check = (what, ok, detail = '') => {
  if (!ok) failures += 1;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${what}${detail && `: ${detail}`}`);
};

// ---- hashes: SHA-256; RFC 9162 Merkle trees over canonical JSON (keys sorted, no spaces)
const sha = (...parts) => parts.reduce((h, p) => h.update(p), createHash('sha256')).digest();
const sorted = (v) =>
  Array.isArray(v)
    ? v.map(sorted)
    : v && typeof v === 'object'
      ? Object.fromEntries(
          Object.keys(v)
            .sort()
            .map((k) => [k, sorted(v[k])]),
        )
      : v;
const canonical = (v) => JSON.stringify(sorted(v));
function tree(hashes) {
  if (hashes.length === 1) return hashes[0];
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return sha('\x01', tree(hashes.slice(0, split)), tree(hashes.slice(split)));
}
const root = (leaves) => tree(leaves.map((leaf) => sha('\x00', leaf)));
const { name, maximumGapDays, factors, days } = history;
const historyRoot = root([canonical({ name, maximumGapDays, factors }), ...days.map(canonical)]);
check('scenario root', root([historyRoot]).toString('hex') === model.scenarioRoot);
check('parameters', sha(model.parameters).toString('hex') === model.parametersHash);
const parts = [
  'novate/risk-model/v1',
  model.wasmHash,
  model.parametersHash,
  model.scenarioRoot,
  '',
];
check('model id', sha(parts.join('\n')).toString('hex') === model.modelId);

// ---- the published scenario set: date, mirrored, weight, one shock per factor
const scenarios = read('scenarios.csv')
  .trim()
  .split('\r\n')
  .slice(1)
  .map((line) => line.split(',').slice(2).map(Number));
const weights = scenarios.map(([weight]) => weight);
const set = scenarios.map(([, ...shocks]) => shocks);

// ---- losses, expected shortfall, core (linear and inverse instruments; collateral that moves is a spot position)
const instruments = new Map(market.instruments.map((each) => [each.id, each]));
const index = new Map(factors.map(({ id }, i) => [id, i]));
const amount = ({ quantity, quantityScale }) => Number(quantity) / 10 ** quantityScale;
const fresh = (mark, underlying) =>
  mark.stale && !underlying.stale ? underlying.price : mark.price;
function legs({ positions, collateral }) {
  const found = positions.map((p) => {
    const { settlement, contractSize, underlying, kind } = instruments.get(p.instrument);
    if (kind === 'option' || kind === 'payoff')
      throw new Error(`${p.instrument}: this script prices no options`);
    const price = fresh(market.marks[p.instrument], market.underlyings[underlying]);
    const absolute = factors[index.get(underlying)].move === 'absolute';
    return {
      factor: index.get(underlying),
      slope: amount(p) * contractSize * (settlement === 'inverse' || absolute ? 1 : price),
    };
  });
  for (const c of collateral) {
    const asset = market.assets[c.asset];
    if (asset?.factor !== undefined)
      found.push({ factor: index.get(asset.factor), slope: amount(c) * asset.price });
  }
  return found;
}
function shortfall(losses, alpha) {
  const order = losses.map((_, j) => j).sort((a, b) => losses[b] - losses[a] || a - b);
  let left = alpha,
    sum = 0;
  for (const j of order) {
    const used = Math.min(weights[j], left);
    sum += used * losses[j];
    left -= used;
    if (left <= 0) break;
  }
  return sum / alpha;
}
let largest = 0;
for (const account of accounts) {
  const held = legs(account);
  const losses = set.map((row) =>
    held.reduce((s, { factor, slope }) => s - slope * row[factor], 0),
  );
  const core = of('core.k') * Math.max(shortfall(losses, of('core.alpha')), 0);
  const recorded = Number(
    account.requirement.parts.initialMargin.find((p) => p.name === 'core').amount,
  );
  const difference = Math.abs(core * 10 ** market.numeraire.scale - recorded);
  largest = Math.max(largest, difference);
  if (difference > 2)
    check(account.account, false, `core ${core}, recorded ${recorded} minor units`);
}
check(
  `core of ${accounts.length} accounts, cycle ${JSON.parse(read('margin.json')).cycle}`,
  largest <= 2,
  `largest difference ${largest.toFixed(3)} minor units of ${market.numeraire.asset}`,
);
process.exitCode = failures === 0 ? 0 : 1;
