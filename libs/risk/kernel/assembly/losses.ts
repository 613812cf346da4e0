/**
 * Positions times arrays. Per scenario the order is the legs' order: `0 - q_0 a_0[j] - q_1 a_1[j] - ...`. Two scenarios share
 * a vector and sixteen a block, so that the running sums stay in registers; neither changes any scenario's order.
 */

/** `out[j] = -sum_i q_i a_i[j]`. `arrays`: `legs` pointers of 32 bits; `quantities`: as many float64. */
export function losses(arrays: usize, quantities: usize, legs: i32, length: i32, out: usize): void {
  let j = 0;
  for (; j + 16 <= length; j += 16) block16(arrays, quantities, legs, (<usize>j) << 3, out);
  for (; j + 2 <= length; j += 2) block2(arrays, quantities, legs, (<usize>j) << 3, out);
  for (; j < length; j++) {
    let sum: f64 = 0;
    for (let i = 0; i < legs; i++) {
      const a = load<f64>(<usize>load<u32>(arrays + ((<usize>i) << 2)) + ((<usize>j) << 3));
      sum -= load<f64>(quantities + ((<usize>i) << 3)) * a;
    }
    store<f64>(out + ((<usize>j) << 3), sum);
  }
}

function block16(arrays: usize, quantities: usize, legs: i32, at: usize, out: usize): void {
  let s0 = f64x2.splat(0);
  let s1 = s0,
    s2 = s0,
    s3 = s0,
    s4 = s0,
    s5 = s0,
    s6 = s0,
    s7 = s0;
  for (let i = 0; i < legs; i++) {
    const a = <usize>load<u32>(arrays + ((<usize>i) << 2)) + at;
    const q = v128.load_splat<f64>(quantities + ((<usize>i) << 3));
    s0 = f64x2.sub(s0, f64x2.mul(q, v128.load(a)));
    s1 = f64x2.sub(s1, f64x2.mul(q, v128.load(a, 16)));
    s2 = f64x2.sub(s2, f64x2.mul(q, v128.load(a, 32)));
    s3 = f64x2.sub(s3, f64x2.mul(q, v128.load(a, 48)));
    s4 = f64x2.sub(s4, f64x2.mul(q, v128.load(a, 64)));
    s5 = f64x2.sub(s5, f64x2.mul(q, v128.load(a, 80)));
    s6 = f64x2.sub(s6, f64x2.mul(q, v128.load(a, 96)));
    s7 = f64x2.sub(s7, f64x2.mul(q, v128.load(a, 112)));
  }
  const o = out + at;
  v128.store(o, s0);
  v128.store(o, s1, 16);
  v128.store(o, s2, 32);
  v128.store(o, s3, 48);
  v128.store(o, s4, 64);
  v128.store(o, s5, 80);
  v128.store(o, s6, 96);
  v128.store(o, s7, 112);
}

function block2(arrays: usize, quantities: usize, legs: i32, at: usize, out: usize): void {
  let sum = f64x2.splat(0);
  for (let i = 0; i < legs; i++) {
    const a = <usize>load<u32>(arrays + ((<usize>i) << 2)) + at;
    const q = v128.load_splat<f64>(quantities + ((<usize>i) << 3));
    sum = f64x2.sub(sum, f64x2.mul(q, v128.load(a)));
  }
  v128.store(out + at, sum);
}

/** `out[j] = losses[j] - q a[j]`: the same bits as `losses` with that leg last. */
export function addLeg(losses: usize, array: usize, quantity: f64, length: i32, out: usize): void {
  const q = f64x2.splat(quantity);
  let j = 0;
  for (; j + 2 <= length; j += 2) {
    const at = (<usize>j) << 3;
    v128.store(out + at, f64x2.sub(v128.load(losses + at), f64x2.mul(q, v128.load(array + at))));
  }
  if (j < length) {
    const at = (<usize>j) << 3;
    store<f64>(out + at, load<f64>(losses + at) - quantity * load<f64>(array + at));
  }
}

/** Index of the first greatest loss above zero, -1 where none is. */
export function worst(losses: usize, length: i32): i32 {
  let greatest: f64 = 0;
  let index = -1;
  for (let j = 0; j < length; j++) {
    const loss = load<f64>(losses + ((<usize>j) << 3));
    if (loss > greatest) {
      greatest = loss;
      index = j;
    }
  }
  return index;
}

/** Is every number finite? Infinity - Infinity and NaN - NaN are both NaN, which differs from 0. */
export function allFinite(values: usize, length: i32): bool {
  const zero = f64x2.splat(0);
  let lost = zero;
  let j = 0;
  for (; j + 4 <= length; j += 4) {
    const at = values + ((<usize>j) << 3);
    const a = v128.load(at);
    const b = v128.load(at, 16);
    lost = v128.or(lost, f64x2.ne(f64x2.sub(a, a), zero));
    lost = v128.or(lost, f64x2.ne(f64x2.sub(b, b), zero));
  }
  if (v128.any_true(lost)) return false;
  for (; j < length; j++) {
    const value = load<f64>(values + ((<usize>j) << 3));
    if (value - value !== 0) return false;
  }
  return true;
}
