/**
 * Random books, the same on every machine, through the loader and the binary: what two engines must agree about to the last
 * bit. Pure, so that it runs in a browser as it does in Node.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Book } from '../book.js';
import { canonicalJson } from '../canonical.js';
import type { RiskKernel, ScenarioArray, Valuation } from '../kernel/port.js';
import { loadKernel } from '../kernel/wasm-kernel.js';
import { UrsModel } from '../models/urs/urs.js';
import { UrsParameters } from '../parameters.js';
import { buildScenarios, type Scenarios } from '../scenarios/scenarios.js';
import { testMarket } from './market.js';
import { randomHistory } from './random-history.js';
import { type Draw, seeded } from './random.js';

/** SHA-256 of little-endian float64s, or of canonical JSON where bigints are (margins). Lower-case hex. */
export interface DeterminismHashes {
  readonly scenarios: string;
  readonly arrays: string;
  readonly losses: string;
  readonly shortfalls: string;
  /** Requirements of `urs`: initial and maintenance margin, equity, available; without the model id, which changes where no bit does. */
  readonly margins: string;
}

/** What is pinned in vectors/determinism.json, and what each engine computes anew. No hash of binary or parameters: bits alone. */
export interface DeterminismRun {
  readonly books: number;
  readonly hashes: DeterminismHashes;
}

export const BOOKS = 10_000;
const INSTRUMENTS = 60;
const HISTORY_DAYS = 260;
const ALPHA = 0.0077;
const SEED = 20_261_125;

class Digest {
  private readonly hash = sha256.create();

  numbers(values: Float64Array): void {
    this.hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }

  text(text: string): void {
    this.hash.update(utf8ToBytes(text));
  }

  hex(): string {
    return bytesToHex(this.hash.digest());
  }
}

/** Runs all of it in this engine. `parameters` is the shipped document, parsed. */
export function determinismRun(
  wasm: Uint8Array,
  wasmHash: string,
  parameters: unknown,
  books: number = BOOKS,
): DeterminismRun {
  const kernel = loadKernel(wasm, wasmHash);
  const read = UrsParameters.read(parameters);
  const history = randomHistory('determinism', ['A', 'B', 'VOL'], HISTORY_DAYS, SEED);
  const scenarios = buildScenarios(kernel, read, history);
  const arrays = arraysOf(kernel, scenarios);
  const hashes = {
    scenarios: scenarioHash(scenarios),
    arrays: hashOf(arrays.map((each) => each.values())),
    ...coreHashes(kernel, scenarios, arrays, books),
    margins: marginHash(new UrsModel({ kernel, parameters: read, scenarios: [scenarios] }), books),
  };
  return { books, hashes };
}

function hashOf(columns: readonly Float64Array[]): string {
  const digest = new Digest();
  for (const column of columns) digest.numbers(column);
  return digest.hex();
}

function scenarioHash({ set }: Scenarios): string {
  const columns = Array.from({ length: set.factors }, (_, i) => set.column(i));
  return hashOf([...columns, set.weights(), ...Object.values(set.facts ?? {})]);
}

function arraysOf(kernel: RiskKernel, { set }: Scenarios): ScenarioArray[] {
  const draw = seeded(SEED + 1);
  return Array.from({ length: INSTRUMENTS }, (_, i) => kernel.array(set, valuation(draw, i)));
}

/** Every kind in turn: linear, with a basis, absolute, inverse, European, American, with a vol factor, piecewise. */
function valuation(draw: Draw, i: number): Valuation {
  const price = 20 + 200 * draw.uniform();
  const factor = draw.whole(0, 2);
  const move = i % 16 < 12 ? 'relative' : 'absolute';
  const size = 0.1 + draw.uniform();
  const later = { years: 0.005 + draw.uniform(), vol: 0.1 + draw.uniform(), horizon: 1 / 365 };
  const discount = 1 - 0.05 * draw.uniform();
  const strike = price * (0.6 + 0.8 * draw.uniform());
  const type = draw.uniform() < 0.5 ? 'call' : 'put';
  const vol = draw.uniform() < 0.5 ? { volFactor: 2 } : {};
  switch (i % 8) {
    case 0:
      return { kind: 'linear', size, price, factor, move };
    case 1:
      return { kind: 'inverse', size, factor };
    case 2: {
      const basis = { level: 0.02 * draw.uniform(), factor: 1 - factor };
      return { kind: 'linear', size, price, factor, move, basis };
    }
    case 3: {
      const knots = [0.8, 1, 1.2].map((each, k) => [each * price, k === 1 ? 10 : 0] as const);
      const { years, vol: flat, horizon } = later;
      const terms = { forward: price, years, vol: flat, discount };
      return { kind: 'piecewise', size, knots, ...terms, horizon, factor, move, ...vol };
    }
    default: {
      const style = i % 8 === 4 ? 'american' : 'european';
      const { years, vol: now, horizon } = later;
      const terms = { type, style, forward: price, strike, years, vol: now, discount } as const;
      return { kind: 'option', size, terms, horizon, factor, move, ...vol };
    }
  }
}

function coreHashes(
  kernel: RiskKernel,
  { set }: Scenarios,
  arrays: readonly ScenarioArray[],
  books: number,
): Pick<DeterminismHashes, 'losses' | 'shortfalls'> {
  const draw = seeded(SEED + 2);
  const [losses, shortfalls] = [new Digest(), new Digest()];
  for (let b = 0; b < books; b++) {
    const legs = Array.from({ length: 1 + draw.whole(0, 12) }, () => draw.whole(0, arrays.length));
    const held = legs.flatMap((at) => arrays.slice(at, at + 1));
    const vector = kernel.losses(
      held,
      held.map(() => draw.normal() * 50),
    );
    const { value, atoms } = kernel.shortfall(vector, set, ALPHA);
    losses.numbers(vector.values());
    const used = atoms.flatMap(({ index, mass, loss }) => [index, mass, loss]);
    shortfalls.numbers(Float64Array.from([value, ...used]));
    vector.release();
  }
  return { losses: losses.hex(), shortfalls: shortfalls.hex() };
}

/** Everything the test market lists, the unpriced contract too: fallbacks are part of the requirement. */
function marginHash(model: UrsModel, books: number): string {
  const market = testMarket({ adv: 1e6, underlying: { openInterest: 1e7, crowding: 0.4 } });
  const ids = [...market.instruments.keys()];
  const draw = seeded(SEED + 3);
  const digest = new Digest();
  for (let b = 0; b < books; b++) {
    const book = randomBook(draw, ids);
    const asked = model.assess(book, market, { detail: 'summary' });
    const { equity, initialMargin, maintenanceMargin, available } = asked;
    const amounts = [equity, initialMargin, maintenanceMargin, available].map(String);
    digest.text(canonicalJson(amounts));
  }
  model.release();
  return digest.hex();
}

function randomBook(draw: Draw, ids: readonly string[]): Book {
  const amount = () => ({ quantity: BigInt(draw.whole(-1e9, 1e9)), quantityScale: 6 });
  const count = 1 + draw.whole(0, 8);
  const positions = Array.from({ length: count }, () => draw.whole(0, ids.length)).flatMap((at) =>
    ids.slice(at, at + 1).map((instrument) => ({ instrument, ...amount() })),
  );
  const collateral = ['USDT', 'A', 'CASHLIKE'].flatMap((asset) =>
    draw.uniform() < 0.4 ? [{ asset, ...amount() }] : [],
  );
  return { account: 'M1-H', positions, collateral };
}
