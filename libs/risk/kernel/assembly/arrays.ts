/** An instrument's change of value per unit of quantity in every scenario, where that takes no more than arithmetic. */

/** `out[j] = scale x[j]`: relative moves with scale = size x price, absolute ones and inverse contracts with scale = size. */
export function linearArray(scale: f64, x: usize, length: i32, out: usize): void {
  for (let j: usize = 0; j < (<usize>length) << 3; j += 8) {
    store<f64>(out + j, scale * load<f64>(x + j));
  }
}

/**
 * With a basis b = `level` that moves by y: size x price x ((1+x)(1+b+y) - (1+b)); where x is a move in price units,
 * size x ((price+x)(1+b+y) - price(1+b)).
 */
export function basisArray(
  absolute: bool,
  size: f64,
  price: f64,
  level: f64,
  x: usize,
  y: usize,
  length: i32,
  out: usize,
): void {
  const now = 1 + level;
  const scale = absolute ? size : size * price;
  const base = absolute ? price : 1;
  const before = base * now;
  for (let j: usize = 0; j < (<usize>length) << 3; j += 8) {
    const after = (base + load<f64>(x + j)) * (now + load<f64>(y + j));
    store<f64>(out + j, scale * (after - before));
  }
}
