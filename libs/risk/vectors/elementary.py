"""Golden values of elementary.json, from python3's decimal alone: python3 elementary.py > elementary.json

exp and ln are decimal's own (correctly rounded at the precision set); erf is its Maclaurin series with enough digits for
the cancellation; normal functions follow from it; the quantile is Newton's method on them. A row is [x, hi, lo]:
f(x) = hi + lo to about 32 digits, hi the nearest float. A row of black76 is [forward, strike, years, vol, discount, call, price].
"""
import json, random, sys
from decimal import Decimal as D, getcontext

getcontext().prec = 60
PI = D("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798214808651")
COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 60


def erf_series(x):
    """erf to 60 digits after the leading ones of erfc: terms reach exp(x^2), erfc is as small as exp(-x^2)."""
    getcontext().prec = 70 + int(abs(x) * abs(x))
    term = total = x
    n = 0
    while abs(term) > D(10) ** -(getcontext().prec):
        n += 1
        term *= -x * x / n
        total += term / (2 * n + 1)
    return total * 2 / PI_LONG.sqrt()


def pi_long(digits):
    """Machin: pi = 16 atan(1/5) - 4 atan(1/239)."""
    getcontext().prec = digits + 10

    def atan_inverse(k):
        power = total = D(1) / k
        n = 1
        while abs(power) > D(10) ** -(digits + 5):
            power /= -k * k
            n += 2
            total += power / n
        return total

    return 16 * atan_inverse(5) - 4 * atan_inverse(239)


PI_LONG = pi_long(1700)


def done(value):
    getcontext().prec = 60
    return +value


def erf(x):
    return done(erf_series(x))


def erfc(x):
    return done(1 - erf_series(x))


def cdf(x):
    getcontext().prec = 1700 if abs(x) > 5 else 120
    return erfc(-x / D(2).sqrt()) / 2


def pdf(x):
    getcontext().prec = 60
    return (-x * x / 2).exp() / (2 * PI_LONG).sqrt()


def quantile(p):
    getcontext().prec = 60
    lo, hi = D(-40), D(40)
    x = D(0)
    for _ in range(200):
        value = cdf(x)
        lo, hi = (lo, x) if value > p else (x, hi)
        density = pdf(x)
        # On the logarithm, which is nearly a parabola in the tail; inside the bracket.
        nxt = x - (value.ln() - p.ln()) * value / density
        if not lo < nxt < hi:
            nxt = (lo + hi) / 2
        if abs(nxt - x) < D(10) ** -40 * max(abs(x), D(10) ** -10):
            return nxt
        x = nxt
    raise ArithmeticError(p)


def row(f, x):
    value = f(D(x))
    hi = float(value)
    return [x, hi, float(value - D(hi))]


random.seed(4)
u = random.uniform
signed = lambda a: random.choice((-1, 1)) * a
POINTS = {
    "exp": (lambda x: x.exp(), [lambda: u(-1, 1), lambda: u(-40, 40), lambda: u(-708, 709), lambda: signed(10 ** u(-12, 0))]),
    "log": (lambda x: x.ln(), [lambda: u(0.5, 2), lambda: 1 + signed(10 ** u(-12, -1)), lambda: 10 ** u(-300, 300), lambda: 10 ** u(-3, 6)]),
    "erf": (erf, [lambda: u(-1, 1), lambda: u(-3, 3), lambda: u(-6, 6), lambda: signed(10 ** u(-12, 0))]),
    "erfc": (erfc, [lambda: u(-1, 1), lambda: u(-3, 3), lambda: u(0, 10), lambda: u(0, 26)]),
    "normalCdf": (cdf, [lambda: u(-1, 1), lambda: u(-3, 3), lambda: u(-10, 10), lambda: u(-37, 0)]),
    "normalPdf": (pdf, [lambda: u(-1, 1), lambda: u(-5, 5), lambda: u(-37, 37)]),
    "normalQuantile": (quantile, [lambda: u(0, 1), lambda: u(0, 0.05), lambda: 10 ** u(-300, 0), lambda: 0.5 + signed(10 ** u(-10, -1))]),
}
out = {"how": "elementary.py beside this file (python3, decimal); rows [x, hi, lo], f(x) = hi + lo; black76 [forward, strike, years, vol, discount, call, price]; seed 4", "licence": "ours"}
for name, (f, draws) in POINTS.items():
    if name == "normalQuantile":
        count = max(COUNT // 3, 10)
    else:
        count = COUNT
    out[name] = [row(f, draws[i % len(draws)]()) for i in range(count)]


def black(forward, strike, years, vol, discount, call):
    getcontext().prec = 120
    f, k, t, v, d = map(D, (forward, strike, years, vol, discount))
    s = v * t.sqrt()
    d1 = (f / k).ln() / s + s / 2
    sign = 1 if call else -1
    first, second = cdf(sign * d1), cdf(sign * (d1 - s))
    getcontext().prec = 60
    return float(d * sign * (f * first - k * second))


def black_row(i):
    forward = 60000 * 10 ** u(-0.5, 0.5)
    years, vol = 10 ** u(-3.5, 0.7), u(0.03, 3)
    # Up to twelve standard deviations from the money, either way.
    strike = forward * 2.718281828459045 ** (u(-12, 12) * vol * years**0.5)
    terms = [forward, strike, years, vol, 10 ** u(-0.3, 0), i % 2]
    return [*terms, black(*terms)]


out["black76"] = [black_row(i) for i in range(COUNT)]
body = ",\n".join(
    f'  {json.dumps(k)}: ' + (json.dumps(v) if isinstance(v, str) else "[\n" + ",\n".join(f"    {json.dumps(r)}" for r in v) + "\n  ]")
    for k, v in out.items()
)
print("{\n" + body + "\n}")
