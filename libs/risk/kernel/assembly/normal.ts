import { exp, log } from './elementary';

const SQRT_HALF: f64 = 0.7071067811865476;
const SQRT2: f64 = 1.4142135623730951;
const SQRT_2PI: f64 = 2.5066282746310002;
const INV_SQRT_2PI: f64 = 0.3989422804014327;
/** 2^27 + 1: cuts a float into halves whose products are exact (Veltkamp, Dekker). */
const SPLIT: f64 = 134217729;

/** What the rounding of x * x left out; |x| below 1e150. */
function squareTail(x: f64, xx: f64): f64 {
  const t = SPLIT * x;
  const hi = t - (t - x);
  const lo = x - hi;
  return hi * hi - xx + 2 * hi * lo + lo * lo;
}

/** exp(-c x^2) for c = 1 or 1/2: the square's own rounding would cost x^2 units in the last place. */
function gauss(x: f64, c: f64): f64 {
  const a = min(abs(x), 40);
  const aa = a * a;
  const e = exp(-c * aa);
  return e - e * (c * squareTail(a, aa));
}

/**
 * Mills' ratio m about z = .25, .75, 1.25 and 1.75, half a unit wide each: m there in two parts, then the coefficients
 * of (m(z) - m) / d, d the distance, in ascending powers; fits within 9e-18.
 */
const SEGMENT = 14;
const SEGMENTS = memory.data<f64>([
  0.4140321029477354, 1.6593012241084574e-17, -0.2954342546644988, 0.17008676964080524,
  -0.08430418741813978, 0.03725268069661196, -0.014998203441214617, 0.005583854967649712,
  -0.001943177617585142, 0.0006372578215272369, -0.00019819104261853358, 5.876489142847785e-5,
  -1.6909021878568805e-5, 4.61693077199314e-6, 0.30023246233995093, 2.3538197066020127e-18,
  -0.17376793364646947, 0.0849532560525494, -0.03668433053569307, 0.014360002037703264,
  -0.005182865800127529, 0.001745475446969746, -0.0005533942661071719, 0.00016630376642075205,
  -4.762674849830507e-5, 1.3057199820626014e-5, -3.480064095918033e-6, 8.844131999531273e-7,
  0.23076032130563176, 1.2757616866751203e-17, -0.11049187876939295, 0.04632273642194528,
  -0.017529486080655236, 0.006102719705283323, -0.0019802172895395887, 0.0006045746820213339,
  -0.00017492843804999304, 4.823927704777649e-5, -1.2736023325507043e-5, 3.231674648913157e-6,
  -7.986948877740883e-7, 1.8906265437203613e-7, 0.18523166467823896, 5.204928727591149e-18,
  -0.0747868672145145, 0.027177323526419293, -0.00907551701442723, 0.002823792187793322,
  -0.0008267761370979408, 0.00022948899126369046, -6.073863299808039e-5, 1.539955035795605e-5,
  -3.7542538961268087e-6, 8.82901456399748e-7, -2.0262769463255114e-7, 4.47240094819743e-8,
]);

/**
 * Mills' ratio at z >= 0, to about one unit in the last place: what is rounded often is a small part of it. Below 2 it
 * is a constant and a polynomial in the distance from it; above, 1/(sqrt(2 pi) z) less a rational function of
 * u = 1/z^2, fit within 4.8e-17 of (1 - sqrt(2 pi) z m(z)) / u. (`mills2`, which prices use, is faster and rougher.)
 */
export function mills(z: f64): f64 {
  if (z < 2) {
    const i = <i32>(2 * z);
    const d = z - (0.5 * <f64>i + 0.25);
    const row = SEGMENTS + ((i * SEGMENT) << 3);
    let p = load<f64>(row, 13 << 3);
    for (let j = 12; j >= 2; j -= 1) p = p * d + load<f64>(row + (j << 3));
    return load<f64>(row) + (p * d + load<f64>(row, 1 << 3));
  }
  const u = 1 / (z * z);
  let p: f64 = 204949.8943369972;
  p = p * u + 1203300.9150377924;
  p = p * u + 1751701.5669475957;
  p = p * u + 991102.6281559968;
  p = p * u + 261619.9494310917;
  p = p * u + 34949.508764713944;
  p = p * u + 2399.937717855029;
  p = p * u + 79.67495467829522;
  p = p * u + 1;
  let q: f64 = 245351.41646381622;
  q = q * u + 2103348.406835248;
  q = q * u + 4576961.723496966;
  q = q * u + 3960105.9398043794;
  q = q * u + 1639135.3672769298;
  q = q * u + 355001.1975706106;
  q = q * u + 41713.27219000611;
  q = q * u + 2632.962581890291;
  q = q * u + 82.67495467829498;
  q = q * u + 1;
  const tail = INV_SQRT_2PI / z;
  return tail - tail * ((u * p) / q);
}

/** erf for |x| <= .7: x p(x^2), the fit within 1.9e-19. */
function erfCentral(x: f64): f64 {
  const u = x * x;
  let p: f64 = 1.1856157563578e-8;
  p = p * u - 1.6035971356668874e-7;
  p = p * u + 1.6440861545091587e-6;
  p = p * u - 1.4924793383492944e-5;
  p = p * u + 1.2055310697258877e-4;
  p = p * u - 8.548326650505341e-4;
  p = p * u + 5.223977621546255e-3;
  p = p * u - 2.686617064489365e-2;
  p = p * u + 0.11283791670954382;
  p = p * u - 0.3761263890318374;
  return x * (p * u + 1.1283791670955126);
}

/** erfc for x >= 0: 2 exp(-x^2) m(sqrt(2) x). */
function erfcUpper(x: f64): f64 {
  return 2 * gauss(x, 1) * mills(SQRT2 * min(x, 40));
}

/** (2/sqrt(pi)) x integral of exp(-t^2) from 0 to x. */
export function erf(x: f64): f64 {
  if (x !== x) return NaN;
  const a = abs(x);
  return a <= 0.7 ? erfCentral(x) : copysign<f64>(1 - erfcUpper(a), x);
}

/** 1 - erf(x), with full relative precision where it is small. */
export function erfc(x: f64): f64 {
  if (x !== x) return NaN;
  if (abs(x) <= 0.25) return 1 - erfCentral(x);
  return x > 0 ? erfcUpper(x) : 2 - erfcUpper(-x);
}

/** Standard normal distribution function; relative precision in the lower tail down to the smallest float. */
export function normalCdf(x: f64): f64 {
  if (x !== x) return NaN;
  if (abs(x) <= 0.6) return 0.5 + 0.5 * erfHalf(x);
  const a = min(abs(x), 40);
  const tail = gauss(a, 0.5) * mills(a);
  return x < 0 ? tail : 1 - tail;
}

/** erf(x / sqrt 2) near 0. */
function erfHalf(x: f64): f64 {
  return erfCentral(x * SQRT_HALF);
}

/** Standard normal density. */
export function normalPdf(x: f64): f64 {
  return x !== x ? NaN : INV_SQRT_2PI * gauss(x, 0.5);
}

/** Relative error below 1.2e-9: P. J. Acklam's rational approximation (2003), lower half. */
function quantileStart(p: f64): f64 {
  if (p < 0.02425) {
    const t = sqrt(-2 * log(p));
    const a =
      ((((-7.784894002430293e-3 * t - 0.3223964580411365) * t - 2.400758277161838) * t -
        2.549732539343734) *
        t +
        4.374664141464968) *
        t +
      2.938163982698783;
    const b =
      (((7.784695709041462e-3 * t + 0.3224671290700398) * t + 2.445134137142996) * t +
        3.754408661907416) *
        t +
      1;
    return a / b;
  }
  const q = p - 0.5;
  const u = q * q;
  const a =
    ((((-39.69683028665376 * u + 220.9460984245205) * u - 275.9285104469687) * u +
      138.357751867269) *
      u -
      30.66479806614716) *
      u +
    2.506628277459239;
  const b =
    ((((-54.47609879822406 * u + 161.5858368580409) * u - 155.6989798598866) * u +
      66.80131188771972) *
      u -
      13.28068155288572) *
      u +
    1;
  return (q * a) / b;
}

/** Inverse of normalCdf: Acklam's start and one step of Halley. 0 and 1 give the infinities, all else outside NaN. */
export function normalQuantile(p: f64): f64 {
  if (!(p >= 0 && p <= 1)) return NaN;
  if (p === 0) return -Infinity;
  if (p === 1) return Infinity;
  if (p > 0.5) return -lowerQuantile(1 - p);
  return lowerQuantile(p);
}

function lowerQuantile(p: f64): f64 {
  const x = quantileStart(p);
  // Near the middle the half is taken out first: p - 1/2 is exact there.
  const error = x > -0.6 ? 0.5 * erfHalf(x) - (p - 0.5) : normalCdf(x) - p;
  const u = (error * SQRT_2PI) / gauss(x, 0.5);
  return x - u / (1 + 0.5 * x * u);
}
