#!/usr/bin/env python3
"""Computes the variation-margin fixture with exact fractions, by the rule book docs/ledger.md and nothing of our code.

    python3 compute.py           writes scenario.json (inputs, wire form) and expected.json (every number)
    python3 compute.py --check   exits 1 when the committed files are not what this script computes

Python standard library only; `Fraction` and `int`, never a float. Inverse values are the exact rationals: the script
fails when one of them lies within 1e-9 minor units of a whole one, where the 12 guard digits of the rule book could matter.
"""

import json
import platform
import sys
from fractions import Fraction
from math import ceil, floor
from pathlib import Path

sys.dont_write_bytecode = True  # leave nothing beside the committed files
import scenario as s  # noqa: E402

HERE = Path(__file__).resolve().parent
SPECS = {item["instrument"]: item for item in s.INSTRUMENTS}
TIE = Fraction(1, 10**9)


def trade_body(row, day):
    trade_id, instrument, buyer, seller, quantity, price = row
    return {
        "tradeId": trade_id, "instrument": instrument, "buyer": buyer, "seller": seller,
        "quantity": quantity, "price": price, "executedAt": s.ends_at(day) - s.DAY // 2,
    }  # fmt: skip


ALL_TRADES = {row[0]: (row, day) for day, rows in s.TRADES.items() for row in rows}


# ---------------------------------------------------------------- inputs


class Streams:
    """Numbers the messages of each stream and totals them per window, as a venue does."""

    def __init__(self):
        self.sequence = {}
        self.inputs = []

    def send(self, venue, topic, key, window, body, total):
        stream = (venue, topic, key)
        self.sequence[stream] = self.sequence.get(stream, 0) + 1
        at = {
            "stream": {"venue": venue, "topic": topic, "key": key},
            "sequence": self.sequence[stream],
            "window": window,
        }
        self.inputs.append({"at": at, "body": body})
        self.totals.setdefault(stream, []).append(total)

    def day(self, window):
        self.inputs, self.totals = [], {}
        for row in s.DEPOSITS.get(window, []):
            deposit_id, account, asset, amount = row
            body = {"type": "deposit", "depositId": deposit_id, "account": account, "asset": asset,
                    "amount": amount, "at": s.ends_at(window) - s.DAY}  # fmt: skip
            self.send("CUSTODY", "deposits", asset, window, body, amount)
        for row in s.TRADES.get(window, []):
            self.trade(window, {"type": "trade", "trade": trade_body(row, window)})
        for trade_id in s.BUSTS.get(window, []):
            self.trade(window, {"type": "trade-bust", "trade": trade_body(*ALL_TRADES[trade_id])})
        for trade_id, replacement in s.CORRECTIONS.get(window, []):
            body = {"type": "trade-correction", "trade": trade_body(*ALL_TRADES[trade_id]),
                    "replacement": trade_body(replacement, window)}  # fmt: skip
            self.trade(window, body)
        self.marks_and_funding(window)
        self.close(window)
        return self.inputs

    def trade(self, window, body):
        key = body["trade"]["instrument"]
        self.send(SPECS[key]["venues"][0], "trades", key, window, body, body["trade"]["quantity"])

    def marks_and_funding(self, window):
        for name, item in SPECS.items():
            for i, price in enumerate(s.marks(item, window)):
                body = {"type": "mark", "instrument": name, "price": price,
                        "at": s.ends_at(window) - s.HOUR * (3 - i)}  # fmt: skip
                self.send(item["venues"][0], "marks", name, window, body, price)
            for rate in s.FUNDING.get((window, name), []):
                body = {"type": "funding", "instrument": name, "rate": rate, "at": s.ends_at(window)}
                self.send(item["venues"][0], "funding", name, window, body, rate)

    def close(self, window):
        totals = self.totals
        for venue in s.VENUES:
            streams = [
                {"topic": topic, "key": key, "lastSequence": self.sequence[(v, topic, key)],
                 "count": len(values), "controlTotal": sum_decimal(values)}
                for (v, topic, key), values in totals.items() if v == venue
            ]  # fmt: skip
            body = {"type": "window-closed", "endsAt": s.ends_at(window), "streams": streams}
            self.send(venue, "windows", venue, window, body, "0")


def sum_decimal(values):
    return s.decimal(int(sum(Fraction(v) for v in values) * 10**12), 12)


def operator_commands(day):
    for transfer_id, origin, to, instrument, quantity in s.TRANSFERS.get(day, []):
        yield {"kind": "transfer-position", "transferId": transfer_id, "from": origin, "to": to,
               "instrument": instrument, "quantity": quantity}  # fmt: skip
    for withdrawal_id, account, asset, amount in s.WITHDRAWALS.get(day, []):
        yield {"kind": "request-withdrawal", "withdrawalId": withdrawal_id, "account": account,
               "asset": asset, "amount": amount, "destination": "elsewhere"}  # fmt: skip


def build_scenario():
    setup = [{"kind": "register-asset", "asset": a, "scale": scale} for a, scale in s.ASSETS.items()]
    setup += [{"kind": "register-member", "member": m, "name": name} for m, name in s.MEMBERS.items()]
    setup += [
        {"kind": "open-account", "account": a, "member": m, "segregation": seg, "margin": margin}
        for a, (m, seg, margin) in s.ACCOUNTS.items()
    ]
    setup += [
        {"kind": "register-venue", "venue": v, "venueKind": kind, "mode": mode}
        for v, (kind, mode) in s.VENUES.items()
    ]
    setup += [{"kind": "list-instrument", "spec": item} for item in s.INSTRUMENTS]
    streams = Streams()
    days = [
        {"day": d, "endsAt": s.ends_at(d), "commands": list(operator_commands(d)), "inputs": streams.day(d)}
        for d in range(1, s.DAYS + 1)
    ]
    return {"setup": setup, "days": days}


# ---------------------------------------------------------------- the rule book, exactly


def whole(value, rounding):
    """Floor or ceiling; refuses a fraction the guard digits could push over a whole number."""
    up = ceil(value) - value
    if up != 0 and min(up, 1 - up) < TIE:
        raise SystemExit(f"within 1e-9 of a tie: {value}")
    return rounding(value)


class Instrument:
    """One instrument: the legs of each account from its first trade to expiry, and what was settled of them."""

    def __init__(self, item):
        self.item = item
        self.name, self.asset = item["instrument"], item["settlementAsset"]
        self.unit = 10 ** s.ASSETS[self.asset]
        self.size = Fraction(int(item["contractSize"]), 10 ** item["contractSizeScale"])
        self.inverse = item["payoff"] == "inverse"
        premium = item.get("option", {}).get("premium")
        self.exchanged = item["kind"] == "spot" or premium == "upfront"
        self.legs, self.settled, self.delivered = {}, {}, {}
        self.fees, self.fees_paid = {}, {}
        self.price, self.fresh = None, None

    def value(self, quantity, price):
        """Exact value in minor units of the settlement asset."""
        notional = quantity * self.size * (1 / price if self.inverse else price)
        return notional * self.unit

    def add(self, account, quantity, price, fee):
        self.legs.setdefault(account, []).append((quantity, price))
        if fee:
            charge = self.value(abs(quantity), price) * self.item["feePpm"] / 10**6
            self.fees[account] = self.fees.get(account, Fraction(0)) + charge

    def held(self, account):
        return sum((q for q, _ in self.legs.get(account, [])), Fraction(0))

    def undelivered(self, account):
        return self.held(account) - self.delivered.get(account, 0)

    def advance(self, account, exact):
        """What a cycle settles: the floor of the cumulative value minus what was settled before."""
        now, before = whole(exact, floor), self.settled.get(account, 0)
        self.settled[account] = now
        return now - before

    def cumulative(self, account, price):
        """The table of the rule book, section Value."""
        paid = sum((self.value(q, p) for q, p in self.legs[account]), Fraction(0))
        if self.exchanged:
            worth = Fraction(0)
        else:
            worth = self.value(self.held(account), price)
        return paid - worth if self.inverse else worth - paid


class House:
    def __init__(self):
        self.books = {name: Instrument(item) for name, item in SPECS.items()}
        self.cash = {a: {x: 0 for x in s.ASSETS} for a in s.ACCOUNTS}
        self.debt = {a: {x: 0 for x in s.ASSETS} for a in s.ACCOUNTS}
        self.house = {x: {"rounding": 0, "fees": 0, "guarantee": 0, "external": 0} for x in s.ASSETS}
        self.trades = {}

    # -------------------------------------------------- between the cuts

    def trade(self, row, day):
        trade_id, name, buyer, seller, quantity, price = row
        q, p = Fraction(quantity), Fraction(price)
        self.books[name].add(buyer, q, p, True)
        self.books[name].add(seller, -q, p, True)
        self.trades[trade_id] = (row, day)

    def bust(self, trade_id, day):
        (_, name, buyer, seller, quantity, price), traded = self.trades[trade_id]
        book, q = self.books[name], Fraction(quantity)
        if traded == day:  # as if it had not happened
            for account, signed in ((buyer, -q), (seller, q)):
                book.add(account, signed, Fraction(price), False)
                charge = book.value(q, Fraction(price)) * book.item["feePpm"] / 10**6
                book.fees[account] -= charge
            return
        for account, signed in ((buyer, -q), (seller, q)):  # at the current settled price, fees are kept
            book.add(account, signed, book.price, False)

    def inputs(self, day):
        for _, origin, to, name, quantity in s.TRANSFERS.get(day, []):
            book, q = self.books[name], Fraction(quantity)
            book.add(origin, -q, book.price, False)
            book.add(to, q, book.price, False)
        for _, account, asset, amount in s.DEPOSITS.get(day, []):
            units = int(Fraction(amount) * 10 ** s.ASSETS[asset])
            self.house[asset]["external"] -= units
            if account == "guarantee":
                self.house[asset]["guarantee"] += units
            else:
                self.cash[account][asset] += units
        for row in s.TRADES.get(day, []):
            self.trade(row, day)
        for trade_id in s.BUSTS.get(day, []):
            self.bust(trade_id, day)
        for trade_id, replacement in s.CORRECTIONS.get(day, []):
            self.bust(trade_id, day)
            self.trade(replacement, day)

    # -------------------------------------------------- the cut

    def settlement_price(self, book, day):
        """Steps 2: the stated rule on the day's marks; none: carried. Returns the row of the table, or None."""
        marks = [Fraction(m) for m in s.marks(book.item, day)]
        stale = not marks
        if marks:
            last = marks[-book.item["settlementRule"]["marks"]:]
            book.price = sorted(last)[(len(last) - 1) // 2] if len(last) > 1 else last[0]
            book.fresh = day
        option = book.item.get("option")
        if option and s.LAST_DAY[book.name] == day:
            underlying, strike = self.books[book.item["underlying"]].price, Fraction(int(option["strike"]), 10**4)
            gain = underlying - strike if option["type"] == "call" else strike - underlying
            book.price, book.fresh, stale = max(gain, Fraction(0)), day, False
        if book.price is None:
            return None
        units = int(book.price * 10 ** book.item["priceScale"])
        return {"instrument": book.name, "price": str(units), "stale": stale, "freshCycle": book.fresh}

    def obligations(self, book, day):
        """Step 3 for one instrument: yields (asset, reason, account, amount)."""
        last = s.LAST_DAY.get(book.name) == day
        upfront = book.exchanged and book.item["kind"] == "option"
        reason = "premium" if upfront else "delivery" if book.exchanged else "variation-margin"
        for account in sorted(book.legs):
            if not book.exchanged and book.price is None:
                continue
            exact = book.cumulative(account, book.price)
            yield book.asset, reason, account, book.advance(account, exact)
            if upfront and last:
                exact += book.value(book.held(account), book.price)
                yield book.asset, "exercise", account, book.advance(account, exact)
            if book.item["kind"] == "spot":
                base = book.item["baseAsset"]
                amount = book.undelivered(account) * book.size * 10 ** s.ASSETS[base]
                assert amount.denominator == 1
                yield base, "delivery", account, int(amount)
        rate = sum((Fraction(r) for r in s.FUNDING.get((day, book.name), [])), Fraction(0))
        if rate and book.price is not None:
            for account in sorted(book.legs):
                exact = -book.value(book.held(account), book.price) * rate
                yield book.asset, "funding", account, whole(exact, floor)
        for account in sorted(book.fees):
            total = whole(book.fees[account], ceil)
            yield book.asset, "fees", account, book.fees_paid.get(account, 0) - total
            book.fees_paid[account] = total

    def close(self, book, day):
        """Spot is delivered; expiry ends a position with all it was. A flat position keeps its fraction of a unit."""
        if book.item["kind"] == "spot":
            book.delivered = {account: book.held(account) for account in book.legs}
        if s.LAST_DAY.get(book.name) == day:
            book.legs, book.settled = {}, {}

    def settle(self, asset, due, income):
        """Step 5 for one asset; in this scenario the guarantee covers every shortfall, so nobody is cut."""
        shortfalls, recovered = [], []
        house = self.house[asset]
        for account in sorted(self.cash):
            repaid = min(self.cash[account][asset], self.debt[account][asset])
            if repaid:
                self.cash[account][asset] -= repaid
                self.debt[account][asset] -= repaid
                house["guarantee"] += repaid
                recovered.append({"account": account, "asset": asset, "amount": str(repaid)})
        missing = 0
        for account in sorted(due):
            paid = max(due[account], -self.cash[account][asset])
            self.cash[account][asset] += paid
            short = paid - due[account]
            if short:
                self.debt[account][asset] += short
                missing += short
                shortfalls.append({"account": account, "asset": asset, "owed": str(-due[account]),
                                   "shortfall": str(short)})  # fmt: skip
        if missing > house["guarantee"]:
            raise SystemExit("the guarantee must cover the shortfall of this scenario")
        house["guarantee"] -= missing
        house["fees"] += income["fees"]
        house["rounding"] += income["rounding"]
        assert sum(due.values()) + sum(income.values()) == 0
        return shortfalls, recovered

    def withdraw(self, day):
        outcome = []
        for withdrawal_id, account, asset, amount in sorted(s.WITHDRAWALS.get(day, [])):
            units = int(Fraction(amount) * 10 ** s.ASSETS[asset])
            paid = units <= self.cash[account][asset] and self.debt[account][asset] == 0
            if paid:
                self.cash[account][asset] -= units
                self.house[asset]["external"] += units
            outcome.append({"withdrawalId": withdrawal_id, "paid": paid})
        return outcome

    def cut(self, day):
        # Options last: at expiry they look at the settlement price of their underlying.
        order = sorted(self.books.values(), key=lambda b: ("option" in b.item, b.name))
        prices = [row for row in (self.settlement_price(b, day) for b in order if self.alive(b, day)) if row]
        due = {x: {} for x in s.ASSETS}
        income = {x: {"fees": 0, "rounding": 0} for x in s.ASSETS}
        rows = []
        for book in order:
            left = {}
            for asset, reason, account, amount in self.obligations(book, day):
                due[asset][account] = due[asset].get(account, 0) + amount
                left[(asset, reason)] = left.get((asset, reason), 0) - amount
                if amount:
                    rows.append({"account": account, "instrument": book.name, "reason": reason,
                                 "asset": asset, "amount": str(amount)})  # fmt: skip
            for (asset, reason), amount in left.items():
                income[asset]["fees" if reason == "fees" else "rounding"] += amount
        for book in order:
            self.close(book, day)
        shortfalls, recovered = [], []
        for asset in sorted(s.ASSETS):
            short, back = self.settle(asset, due[asset], income[asset])
            shortfalls, recovered = shortfalls + short, recovered + back
        withdrawals = self.withdraw(day)
        return self.report(day, prices, rows, shortfalls, recovered, withdrawals)

    def alive(self, book, day):
        return book.item["kind"] != "spot" and day <= s.LAST_DAY.get(book.name, s.DAYS)

    def report(self, day, prices, rows, shortfalls, recovered, withdrawals):
        for asset, house in self.house.items():  # real money sums to zero by itself
            assert sum(c[asset] for c in self.cash.values()) + sum(house.values()) == 0
        positions = {}
        for book in self.books.values():
            held = {a: book.undelivered(a) * 10 ** book.item["quantityScale"] for a in sorted(book.legs)}
            assert sum(held.values()) == 0
            positions[book.name] = {a: str(int(q)) for a, q in held.items() if q}
        return {
            "day": day,
            "prices": sorted(prices, key=lambda row: row["instrument"]),
            "obligations": sorted(rows, key=lambda r: (r["instrument"], r["reason"], r["account"])),
            "shortfalls": shortfalls,
            "recovered": recovered,
            "withdrawals": withdrawals,
            "cash": {a: {x: str(v) for x, v in c.items()} for a, c in self.cash.items()},
            "debt": {a: {x: str(v) for x, v in d.items()} for a, d in self.debt.items()},
            "house": {x: {k: str(v) for k, v in h.items()} for x, h in self.house.items()},
            "positions": positions,
        }


def build_expected():
    house, days = House(), []
    for day in range(1, s.DAYS + 1):
        house.inputs(day)
        days.append(house.cut(day))
    short = [row for day in days for row in day["shortfalls"]]
    assert len(short) == 1, short
    return {
        "provenance": {
            "computedBy": "libs/ledger/vectors/variation-margin/compute.py, by the rules of docs/ledger.md",
            "how": "exact rationals (fractions.Fraction), floored at the asset's scale; no floats, none of our code",
            "python": platform.python_version(),
        },
        "days": days,
    }


def main():
    files = {"scenario.json": build_scenario(), "expected.json": build_expected()}
    check = "--check" in sys.argv[1:]
    for name, content in files.items():
        path = HERE / name
        if not check:
            path.write_text(json.dumps(content, indent=1) + "\n")
            continue
        committed = json.loads(path.read_text())
        for document in (committed, content):  # another Python may compute; its version is not part of the proof
            document.get("provenance", {}).pop("python", None)
        if committed != content:
            raise SystemExit(f"{name} is not what compute.py computes")
    print("reproduced" if check else "written")


if __name__ == "__main__":
    main()
