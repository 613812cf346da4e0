/**
 * Many accounts over one table of instruments x scenarios, row by row: the greatest loss of each account, not below zero.
 * Account `a` holds the legs `offsets[a]` to `offsets[a + 1]` of `instruments` (row numbers) and `quantities`.
 */
export function gridLosses(
  table: usize,
  scenarios: i32,
  offsets: usize,
  instruments: usize,
  quantities: usize,
  accounts: i32,
  out: usize,
): void {
  const row = (<usize>scenarios) << 3;
  for (let a = 0; a < accounts; a++) {
    const from = load<i32>(offsets + ((<usize>a) << 2));
    const to = load<i32>(offsets + ((<usize>a) << 2), 4);
    let most = f64x2.splat(0);
    let j = 0;
    for (; j + 16 <= scenarios; j += 16) {
      most = worst16(table + ((<usize>j) << 3), row, instruments, quantities, from, to, most);
    }
    let greatest = max<f64>(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1));
    for (; j < scenarios; j++) {
      greatest = max<f64>(
        greatest,
        lossAt(table + ((<usize>j) << 3), row, instruments, quantities, from, to),
      );
    }
    store<f64>(out + ((<usize>a) << 3), greatest);
  }
}

function lossAt(
  table: usize,
  row: usize,
  instruments: usize,
  quantities: usize,
  from: i32,
  to: i32,
): f64 {
  let sum: f64 = 0;
  for (let i = from; i < to; i++) {
    const a = load<f64>(table + <usize>load<u32>(instruments + ((<usize>i) << 2)) * row);
    sum -= load<f64>(quantities + ((<usize>i) << 3)) * a;
  }
  return sum;
}

function worst16(
  table: usize,
  row: usize,
  instruments: usize,
  quantities: usize,
  from: i32,
  to: i32,
  most: v128,
): v128 {
  let s0 = f64x2.splat(0);
  let s1 = s0,
    s2 = s0,
    s3 = s0,
    s4 = s0,
    s5 = s0,
    s6 = s0,
    s7 = s0;
  for (let i = from; i < to; i++) {
    const a = table + <usize>load<u32>(instruments + ((<usize>i) << 2)) * row;
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
  // No loss is NaN: arrays and quantities are finite, so the cheaper pmax gives what max would.
  const low = f64x2.pmax(f64x2.pmax(s0, s1), f64x2.pmax(s2, s3));
  const high = f64x2.pmax(f64x2.pmax(s4, s5), f64x2.pmax(s6, s7));
  return f64x2.pmax(most, f64x2.pmax(low, high));
}

/** Greatest of `count` row numbers (32 bits, unsigned); 0 of none. */
export function greatestRow(rows: usize, count: i32): u32 {
  let most = i32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) most = i32x4.max_u(most, v128.load(rows + ((<usize>i) << 2)));
  let greatest = max<u32>(
    max<u32>(i32x4.extract_lane(most, 0), i32x4.extract_lane(most, 1)),
    max<u32>(i32x4.extract_lane(most, 2), i32x4.extract_lane(most, 3)),
  );
  for (; i < count; i++) greatest = max<u32>(greatest, load<u32>(rows + ((<usize>i) << 2)));
  return greatest;
}
