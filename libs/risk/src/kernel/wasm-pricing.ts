import { KernelError } from './kernel-error.js';
import type { Elementary, OptionColumns, OptionTerms, Pricing, RawGreeks } from './port.js';
import type { KernelInstance } from './wasm-instance.js';

/** The part of the binary's exports that is used here. */
interface PricingExports extends Elementary {
  optionPrice(american: boolean, call: boolean, ...terms: Terms): number;
  optionGreeks(american: boolean, call: boolean, ...terms: readonly [...Terms, out: number]): void;
  impliedVol(
    call: boolean,
    ...terms: readonly [
      forward: number,
      strike: number,
      years: number,
      discount: number,
      price: number,
    ]
  ): number;
  black76Batch(count: number, ...columns: readonly number[]): void;
}

type Terms = readonly [
  forward: number,
  strike: number,
  years: number,
  vol: number,
  discount: number,
];

/** Options of one call into the kernel: enough that views cost nothing, few enough to stay in a second-level cache. */
const CHUNK = 4096;
const GREEKS = ['price', 'delta', 'gamma', 'vega', 'theta', 'rho'] as const;
const COLUMNS = ['forward', 'strike', 'years', 'vol', 'discount'] as const;

/** The binary's elementary functions and prices. */
export function wasmPricing(instance: KernelInstance): Elementary & Pricing {
  const kernel = instance.exports as PricingExports;
  const { memory } = instance;
  const greeks = memory.alloc(GREEKS.length * 8);
  const batch = new Batch(instance);
  return {
    exp: (x) => kernel.exp(x),
    log: (x) => kernel.log(x),
    erf: (x) => kernel.erf(x),
    erfc: (x) => kernel.erfc(x),
    normalCdf: (x) => kernel.normalCdf(x),
    normalPdf: (x) => kernel.normalPdf(x),
    normalQuantile: (p) => kernel.normalQuantile(p),
    optionPrice: (terms) => kernel.optionPrice(...styleOf(terms), ...validTerms(terms)),
    optionGreeks: (terms) => {
      kernel.optionGreeks(...styleOf(terms), ...validTerms(terms), greeks);
      const values = memory.f64(greeks, GREEKS.length);
      return Object.fromEntries(GREEKS.map((name, i) => [name, values[i]])) as unknown as RawGreeks;
    },
    black76: (columns) => batch.prices(columns),
    impliedVol: (terms, price) => {
      const [forward, strike, years, , discount] = validTerms({ ...terms, vol: 0 });
      return kernel.impliedVol(terms.type === 'call', forward, strike, years, discount, price);
    },
  };
}

function styleOf({ style, type }: OptionTerms): [american: boolean, call: boolean] {
  return [style === 'american', type === 'call'];
}

/** Terms as the kernel takes them. Forward and strike may have any sign: at or below zero the option is worth its payoff. */
export function validTerms(terms: Omit<OptionTerms, 'style' | 'type'>): Terms {
  const { forward, strike, years, vol, discount } = terms;
  check('forward', forward, Number.isFinite(forward), 'a finite price');
  check('strike', strike, Number.isFinite(strike), 'a finite price');
  check('years', years, years >= 0 && years < Infinity, 'finite and not below zero');
  check('vol', vol, vol >= 0 && vol < Infinity, 'finite and not below zero');
  check('discount', discount, discount > 0 && discount < Infinity, 'finite and above zero');
  return [forward, strike, years, vol, discount];
}

function check(field: string, value: number, holds: boolean, rule: string): void {
  if (!holds) throw new KernelError('value-out-of-bounds', field, `${value}: give ${rule}`);
}

/** Columns in the kernel's memory, filled a chunk at a time. */
class Batch {
  private readonly call: number;
  private readonly columns: readonly number[];
  private readonly out: number;

  constructor(private readonly instance: KernelInstance) {
    this.call = instance.memory.alloc(CHUNK);
    this.columns = COLUMNS.map(() => instance.memory.alloc(CHUNK * 8));
    this.out = instance.memory.alloc(CHUNK * 8);
  }

  /** Values are not checked one by one: what `validTerms` would refuse gives a price of no meaning there. */
  prices(options: OptionColumns): Float64Array {
    const { length } = options.call;
    for (const name of COLUMNS) {
      if (options[name].length === length) continue;
      throw new KernelError(
        'shape-mismatch',
        name,
        `${options[name].length} values beside ${length} of call: give columns of one length`,
      );
    }
    const prices = new Float64Array(length);
    for (let at = 0; at < length; at += CHUNK) this.chunk(options, at, prices);
    return prices;
  }

  private chunk(options: OptionColumns, at: number, prices: Float64Array): void {
    const { memory, exports } = this.instance;
    const end = Math.min(at + CHUNK, prices.length);
    memory.u8(this.call, CHUNK).set(options.call.subarray(at, end));
    this.columns.forEach((pointer, i) => {
      memory.f64(pointer, CHUNK).set(options[COLUMNS[i] ?? 'forward'].subarray(at, end));
    });
    const kernel = exports as PricingExports;
    kernel.black76Batch(end - at, this.call, ...this.columns, this.out);
    prices.set(memory.f64(this.out, end - at), at);
  }
}
