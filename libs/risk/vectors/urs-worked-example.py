"""Worked example of the risk standard, computed without the kernel: plain Python 3, standard library, from the text of the standard.

Writes urs-worked-example.json beside itself: the inputs in full, every step's numbers, and the amounts in cents. The eigen-solver
is a power series of Newton steps for the matrix square root, not the kernel's Jacobi; exp, log and erf are the C library's.
Run: python3 libs/risk/vectors/urs-worked-example.py
"""
import json
import math
import pathlib
from datetime import date, timedelta
from fractions import Fraction

HERE = pathlib.Path(__file__).parent
DOCUMENT = json.loads((HERE / '../parameters/urs.json').read_text())
P = {key: each['value'] for key, each in DOCUMENT['parameters'].items()}
LISTS = {key: each['value'] for key, each in DOCUMENT['lists'].items()}
DAYS, FACTORS = 261, ['A', 'B', 'A-IV']
YEAR, DAY = 365 * 86_400 * 1_000_000, 86_400 * 1_000_000
NOW = 1_722_988_800_000_000


def levels():
    """Made-up closes, rounded to what is printed: a linear congruential generator (Knuth's MMIX), sums of four draws."""
    state = 20240806

    def draw():
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 11) / 2**53

    def bell():
        return (draw() + draw() + draw() + draw() - 2) * 1.7

    now, rows = [90.0, 45.0, 0.55], []
    for _ in range(DAYS):
        rows.append([round(each, 4) for each in now])
        common = bell() * (0.09 if draw() < 0.03 else 0.028)
        now = [now[0] * (1 + common + bell() * 0.01), now[1] * (1 + 1.1 * common + bell() * 0.018),
               min(max(now[2] * math.exp(-1.5 * common + bell() * 0.03), 0.3), 1.2)]
    return rows


def clip(x, low, high):
    return min(max(x, low), high)


def matrix(f, n):
    return [[f(i, j) for j in range(n)] for i in range(n)]


def product(a, b):
    n = len(a)
    return matrix(lambda i, j: math.fsum(a[i][k] * b[k][j] for k in range(n)), n)


def inverse(a):
    n = len(a)
    rows = [list(a[i]) + [float(i == j) for j in range(n)] for i in range(n)]
    for c in range(n):
        pivot = max(range(c, n), key=lambda r: abs(rows[r][c]))
        rows[c], rows[pivot] = rows[pivot], rows[c]
        rows[c] = [x / rows[c][c] for x in rows[c]]
        for r in range(n):
            if r != c:
                rows[r] = [x - rows[r][c] * y for x, y in zip(rows[r], rows[c])]
    return [row[n:] for row in rows]


def roots(c):
    """Square root and inverse root of a correlation matrix (Denman and Beavers). Eigenvalues here are above the floor of .02."""
    n = len(c)
    y, z = c, matrix(lambda i, j: float(i == j), n)
    for _ in range(40):
        yi, zi = inverse(y), inverse(z)
        y, z = (matrix(lambda i, j: (y[i][j] + zi[i][j]) / 2, n), matrix(lambda i, j: (z[i][j] + yi[i][j]) / 2, n))
    return y, z


def scenarios(returns):
    """Section 'scenario set' of the standard: seeds, filter, whitening, re-colouring, mirrors."""
    days, n = len(returns), len(returns[0])
    n0, nc = P['core.n0'], P['core.nc']
    v = []
    for i in range(n):
        squares = [returns[t][i] ** 2 for t in range(n0)]
        typical = max(sorted(squares)[n0 // 2] / 0.455, P['core.varianceFloor'])
        v.append(max(math.fsum(min(s, P['core.cv'] ** 2 * typical) for s in squares) / n0, P['core.varianceFloor']))
    z, w = [], []
    for row in returns:
        z.append([clip(r / math.sqrt(v[i]), -P['core.cz'], P['core.cz']) for i, r in enumerate(row)])
        w.append([min(r * r, P['core.cv'] ** 2 * v[i]) for i, r in enumerate(row)])
        v = [max(P['core.lam'] * v[i] + (1 - P['core.lam']) * w[-1][i], P['core.varianceFloor']) for i in range(n)]
    window = w[-min(days, P['core.LRW']):]
    long_run = [math.fsum(row[i] for row in window) / len(window) for i in range(n)]
    target = [math.sqrt((1 - P['core.m']) * v[i] + P['core.m'] * long_run[i]) for i in range(n)]
    zc = [[clip(x, -P['core.zc'], P['core.zc']) for x in row] for row in z]
    g = matrix(lambda i, j: math.fsum(zc[t][i] * zc[t][j] for t in range(nc)) / nc, n)
    q, count = [row[:] for row in g], nc

    def correlation():
        def corr(a, i, j):
            return 1.0 if i == j else a[i][j] / math.sqrt(a[i][i] * a[j][j])
        return matrix(lambda i, j: (1 - P['core.delta']) * corr(q, i, j) + P['core.delta'] * corr(g, i, j), n)

    white = []
    for t in range(days):
        back = roots(correlation())[1]
        white.append([math.fsum(back[i][j] * z[t][j] for j in range(n)) for i in range(n)])
        count += 1
        lamc = P['core.lamc']
        q = matrix(lambda i, j: lamc * q[i][j] + (1 - lamc) * zc[t][i] * zc[t][j], n)
        g = matrix(lambda i, j: g[i][j] + (zc[t][i] * zc[t][j] - g[i][j]) / count, n)
    colour = roots(correlation())[0]
    kept = white[-min(P['core.W'], days - n0):]
    x = [[target[i] * math.fsum(colour[i][j] * u[j] for j in range(n)) for i in range(n)] for u in kept]
    x = [[clip(s * each, P['core.clipLow'], P['core.clipHigh']) for each in row] for s in (1, -1) for row in x]
    weights = [1.0] * len(kept) + [P['core.omega']] * len(kept)
    return x, [each / math.fsum(weights) for each in weights], target, correlation()


def shortfall(losses, weights):
    left, total, atoms = P['core.alpha'], [], []
    for j in sorted(range(len(losses)), key=lambda j: (-losses[j], j)):
        mass = min(weights[j], left)
        if mass <= 0:
            break
        total.append(mass * losses[j])
        atoms.append({'scenario': j, 'weight': mass / P['core.alpha'], 'loss': losses[j]})
        left -= mass
    return math.fsum(total) / P['core.alpha'], atoms


def normal(x):
    return math.erfc(-x / math.sqrt(2)) / 2


def black76(call, forward, strike, years, vol):
    """Price and delta, discount 1."""
    d = (math.log(forward / strike) + vol * vol * years / 2) / (vol * math.sqrt(years))
    down = d - vol * math.sqrt(years)
    price = forward * normal(d) - strike * normal(down)
    return (price, normal(d)) if call else (price - forward + strike, normal(d) - 1)


MARKS = {'A-PERP': 100.1, 'A-INV': 99.9, 'A-FUT': 101.5, 'A-CALL': 5.9, 'A-PUT': 4.6, 'B-PERP': 50.05}
FUNDING = {'A-PERP': -0.0004}
UNDERLYINGS = {
    'A': {'price': 100, 'tier': 'mid', 'spread': 0.0004, 'adv': 600, 'openInterest': 60_000_000, 'oracleConfidence': 1, 'crowding': 0.2},
    'B': {'price': 50, 'tier': 'large', 'spread': 0.0006, 'adv': 90_000, 'openInterest': 0, 'oracleConfidence': 0.52, 'crowding': 0},
}
TERMS = {  # kind, underlying, contract size, days to expiry, strike, volatility
    'A-PERP': ('perpetual', 'A', 1, 0), 'A-INV': ('inverse', 'A', 100, 0), 'A-FUT': ('future', 'A', 1, 90),
    'A-CALL': ('call', 'A', 1, 30, 105, 0.62), 'A-PUT': ('put', 'A', 1, 30, 95, 0.66), 'B-PERP': ('perpetual', 'B', 1, 0),
}
POSITIONS = {'A-PERP': (-40, 99.5), 'A-INV': (25, 98.75), 'A-FUT': (30, None), 'A-CALL': (-50, None), 'A-PUT': (-20, None), 'B-PERP': (12, 49.25)}
COLLATERAL = {'USDT': 5000, 'A': 12}
HAIRCUT, PEG = 0.02, 0.985
HORIZON = P['core.horizonDays'] / 365


def array(name, x):
    kind, underlying, size, days, *option = TERMS[name]
    move = [row[FACTORS.index(underlying)] for row in x]
    if kind == 'inverse':
        return [size * m for m in move]
    if kind in ('perpetual', 'future'):
        return [size * MARKS[name] * m for m in move]
    strike, vol = option
    forward, years = UNDERLYINGS[underlying]['price'], days / 365
    now = black76(kind == 'call', forward, strike, years, vol)[0]
    vols = [clip(vol * math.exp(row[2]), 0.03, 3) for row in x]
    return [size * (black76(kind == 'call', forward * (1 + m), strike, years - HORIZON, v)[0] - now) for m, v in zip(move, vols)]


def exposure(name):
    """Units of the underlying that move alike, and notional, per contract."""
    kind, underlying, size, days, *option = TERMS[name]
    price = UNDERLYINGS[underlying]['price']
    if kind == 'inverse':
        return size / price, size
    if kind in ('perpetual', 'future'):
        return size * MARKS[name] / price, size * MARKS[name]
    return size * black76(kind == 'call', price, option[0], days / 365, option[1])[1], size * price


def grid_change(name, move, shock):
    """Change of one option in one scenario of the tail grid; shock: up, none or down."""
    kind, underlying, size, days, strike, vol = TERMS[name]
    forward, years = UNDERLYINGS[underlying]['price'], days / 365
    power = P['grid.powerShort'] if days <= P['grid.powerDays'] else P['grid.powerLong']
    reach = (P['grid.powerDays'] / max(days, P['grid.minimumDays'])) ** power
    shocked = {'none': vol, 'down': vol * max(0, 1 - P['grid.volDown'] * reach),
               'up': max(vol * (1 + P['grid.volUp'] * reach), P['group.crypto.minimumVolUp'])}[shock]
    return size * (black76(kind == 'call', forward + move, strike, years - HORIZON, shocked)[0] - black76(kind == 'call', forward, strike, years, vol)[0])


def requirement(x, weights, target):
    legs = sorted(POSITIONS)
    q = {name: POSITIONS[name][0] for name in legs}
    arrays = {name: array(name, x) for name in legs}
    arrays['asset:A'] = [UNDERLYINGS['A']['price'] * row[0] for row in x]
    holding = {**q, 'asset:A': COLLATERAL['A']}
    losses = [-math.fsum(holding[name] * arrays[name][j] for name in arrays) for j in range(len(x))]
    es, atoms = shortfall(losses, weights)
    out = {'core': P['core.k'] * max(es, 0)}
    per = {}
    for u, of in UNDERLYINGS.items():
        mine = [name for name in legs if TERMS[name][1] == u]
        price, column = of['price'], FACTORS.index(u)
        units = {name: q[name] * exposure(name)[0] for name in mine}
        net, gross = abs(math.fsum(units.values())), math.fsum(map(abs, units.values()))
        unit = [price * row[column] for row in x]
        lin = P['core.k'] * sum(max(shortfall([-s * each for each in unit], weights)[0], 0) for s in (1, -1)) / 2
        options = [name for name in mine if len(TERMS[name]) > 4]
        grid = 0.0
        for share in LISTS['grid.spots']:
            for shock in ('up', 'none', 'down'):
                grid = max(grid, -math.fsum(q[n] * (grid_change(n, share * lin, shock) - exposure(n)[0] * share * lin) for n in options))
        for multiple in LISTS['grid.tails']:
            move = (multiple - 1) * price
            damping = min(1, P['grid.tailShare'] * lin / abs(move))
            grid = max(grid, -damping * math.fsum(q[n] * (grid_change(n, move, 'up') - exposure(n)[0] * move) for n in options))
        hedged = price * (P['group.crypto.netDelta'] * net + P['group.crypto.hedged'] * (gross - net) / 2)
        expiries = {}
        for name in mine:
            expiries[TERMS[name][3]] = expiries.get(TERMS[name][3], 0) + units[name]
        basis = math.fsum(abs(d) * price * max(P['group.crypto.basisFlat'], P['group.crypto.basisAnnual'] * days / 365) for days, d in expiries.items())
        strikes = {}
        for name in options:
            key = (TERMS[name][3], TERMS[name][4])
            strikes[key] = strikes.get(key, 0) + q[name] * TERMS[name][2]
        short = math.fsum(max(0, -n) * price * P['group.crypto.shortOption'] for n in strikes.values())
        n, sigma, adv, slope = net * price, price * target[column], of['adv'], P['crowding.slope'] * of['crowding']
        liquidity = n * of['spread'] / 2 + P['liquidity.impact'] * net * sigma * math.sqrt(n / adv)
        mpor = P['concentration.mpor'] * (1 + slope)
        days = n / (P['concentration.participation'] * adv)
        low, high, base = (P[f"openInterest.{of['tier']}.{key}"] for key in ('low', 'high', 'base'))
        full = 0 if high <= low else clip((of['openInterest'] - low) / (high - low), 0, 1)
        per[u] = {
            'lin': lin, 'sigma': sigma, 'net': math.fsum(units.values()), 'gross': gross, 'grid': grid, 'hedged': hedged, 'basis': basis, 'shortOptions': short,
            'floor': max(hedged, basis) + short, 'liquidity': liquidity, 'crowding': liquidity * slope,
            'concentration': net * lin * (math.sqrt(1 + max(0, days - mpor) / (3 * mpor)) - 1), 'openInterest': n * (1 - base) * full,
        }
    for key in ('grid', 'floor', 'liquidity', 'crowding', 'concentration', 'openInterest'):
        out[key] = math.fsum(each[key] for each in per.values())
    out['risk'] = max(out['core'], out['grid'], out['floor'])
    out['oracle'] = math.fsum(P['oracle.factor'] * (1 - UNDERLYINGS[TERMS[n][1]]['oracleConfidence']) * abs(q[n]) * exposure(n)[1]
                              for n in legs if UNDERLYINGS[TERMS[n][1]]['oracleConfidence'] < P['oracle.threshold'])
    out['peg'] = out['risk'] * max(0, P['peg.threshold'] - PEG) * P['peg.factor']
    out['funding'] = max(0, math.fsum(q[n] * exposure(n)[1] * rate for n, rate in FUNDING.items())) * P['funding.hours'] / 8
    gains = []
    for name, (quantity, settled) in POSITIONS.items():
        if settled is not None:
            size, inverse_ = TERMS[name][2], TERMS[name][0] == 'inverse'
            gains.append(quantity * size * (MARKS[name] / settled - 1 if inverse_ else MARKS[name] - settled))
    unrealised = math.fsum(gains)
    out['unrealised'] = (1 - P['unrealised.weight']) * max(0, unrealised)
    add_ons = ('liquidity', 'crowding', 'concentration', 'openInterest', 'oracle', 'peg', 'funding', 'unrealised')
    out['initialMargin'] = out['risk'] + math.fsum(out[key] for key in add_ons)
    out['maintenanceMargin'] = P['maintenance.phi'] * out['risk'] + out['liquidity'] + out['crowding'] + out['funding']
    coin = COLLATERAL['A'] * UNDERLYINGS['A']['price']
    equity = COLLATERAL['USDT'] + coin * (1 - HAIRCUT) + unrealised
    euler = {name: P['core.k'] * math.fsum(-holding[name] * arrays[name][a['scenario']] * a['weight'] for a in atoms) for name in sorted(arrays)}
    return {'shortfall': es, 'worst': atoms, 'positions': euler, 'underlyings': per, 'totals': out, 'equity': equity}


def main():
    rows = levels()
    returns = [[b[0] / a[0] - 1, b[1] / a[1] - 1, math.log(b[2] / a[2])] for a, b in zip(rows, rows[1:])]
    x, weights, target, correlation = scenarios(returns)
    found = requirement(x, weights, target)
    up = lambda value: -(-Fraction(value) * 100 // 1)
    totals = found['totals']
    cents = {'equity': int(Fraction(found['equity']) * 100 // 1), 'initialMargin': int(up(totals['initialMargin'])), 'maintenanceMargin': int(up(totals['maintenanceMargin']))}
    first = date(2023, 11, 20)
    file = {
        'license': 'Computed for this project, Apache-2.0',
        'source': 'urs-worked-example.py beside this file: plain Python from the text of the standard, no upstream; prices are made up',
        'parametersVersion': DOCUMENT['version'],
        'now': NOW,
        'history': [[(first + timedelta(days=t)).isoformat(), *row] for t, row in enumerate(rows)],
        'market': {'marks': MARKS, 'funding': FUNDING, 'underlyings': UNDERLYINGS, 'terms': TERMS, 'haircut': HAIRCUT, 'peg': PEG},
        'book': {'positions': POSITIONS, 'collateral': COLLATERAL},
        'expected': {'target': target, 'correlation': correlation, **found, 'cents': cents},
    }
    text = json.dumps(file, indent=1)
    (HERE / 'urs-worked-example.json').write_text(text + '\n')
    print(json.dumps({'totals': totals, 'cents': cents, 'atoms': len(found['worst'])}, indent=1))


main()
