"""The scenario of this fixture: 20 days, 3 members, 7 instruments. Only inputs; nothing is computed here but prices.

Amounts are decimal strings as a venue would send them. Python standard library only; integers, no floats.
"""

DAYS = 20
DAY = 86_400_000_000
START = 1_750_000_000_000_000  # microseconds; day d ends at START + d * DAY


def ends_at(day):
    return START + day * DAY


ASSETS = {"USDT": 8, "BTC": 8}
MEMBERS = {"M1": "First Member", "M2": "Second Member", "M3": "Third Member"}
# account -> (member, segregation, margin)
ACCOUNTS = {
    "M1-CLIENT": ("M1", "client-omnibus", "cross"),
    "M1-HOUSE": ("M1", "house", "cross"),
    "M2-HOUSE": ("M2", "house", "cross"),
    "M3-HOUSE": ("M3", "house", "cross"),
}
VENUES = {
    "CUSTODY": ("custodian", "novation"),
    "VENUE-A": ("trading", "novation"),
    "VENUE-B": ("trading", "open-offer"),
}


def spec(instrument, kind, payoff, venue, asset, ps, qs, size, size_scale, fee_ppm, rule, **more):
    return {
        "instrument": instrument,
        "kind": kind,
        "payoff": payoff,
        "venues": [venue],
        "settlementAsset": asset,
        "priceScale": ps,
        "quantityScale": qs,
        "contractSize": size,
        "contractSizeScale": size_scale,
        "tick": "1",
        "lot": "1",
        "maxOrderQuantity": "100000000",
        "positionLimit": "1000000000",
        "feePpm": fee_ppm,
        "allowsNegativePrice": False,
        "settlementRule": {"kind": rule, "marks": 3 if rule == "median" else 1},
        **more,
    }


HOUR = 3_600_000_000
INSTRUMENTS = [
    spec("BTC-SPOT", "spot", "linear", "VENUE-A", "USDT", 4, 5, "1", 0, 100, "last", baseAsset="BTC"),
    spec("BTC-PERP", "perpetual", "linear", "VENUE-A", "USDT", 4, 3, "1", 2, 250, "median"),
    spec("BTC-FUT", "future", "linear", "VENUE-A", "USDT", 3, 4, "37", 2, 70, "last",
         expiry=ends_at(12) - HOUR),
    spec("BTC-INV", "perpetual", "inverse", "VENUE-B", "BTC", 2, 0, "100", 0, 300, "last"),
    spec("BTC-INV-FUT", "future", "inverse", "VENUE-B", "BTC", 2, 0, "100", 0, 130, "median",
         expiry=ends_at(16)),
    spec("OPT-CALL-FS", "option", "linear", "VENUE-B", "USDT", 4, 4, "13", 3, 90, "last",
         expiry=ends_at(18) - HOUR, underlying="BTC-PERP",
         option={"type": "call", "strike": "590000000", "premium": "futures-style"}),
    spec("OPT-PUT-UP", "option", "linear", "VENUE-B", "USDT", 4, 4, "13", 3, 90, "last",
         expiry=ends_at(15), underlying="BTC-PERP",
         option={"type": "put", "strike": "610000000", "premium": "upfront"}),
]
LAST_DAY = {"BTC-FUT": 12, "BTC-INV-FUT": 16, "OPT-CALL-FS": 18, "OPT-PUT-UP": 15}

# day -> [(id, account or `guarantee`, asset, amount)]
DEPOSITS = {
    1: [
        ("D-01", "guarantee", "USDT", "25000.00000003"),
        ("D-02", "guarantee", "BTC", "1.5"),
        ("D-03", "M1-HOUSE", "USDT", "400000.12345678"),
        ("D-04", "M1-CLIENT", "USDT", "350000.00000001"),
        ("D-05", "M2-HOUSE", "USDT", "500000"),
        ("D-06", "M3-HOUSE", "USDT", "2100.77777777"),
        ("D-07", "M1-HOUSE", "BTC", "20.00000001"),
        ("D-08", "M1-CLIENT", "BTC", "20"),
        ("D-09", "M2-HOUSE", "BTC", "20.33333333"),
        ("D-10", "M3-HOUSE", "BTC", "7.77777777"),
    ],
    11: [("D-11", "M3-HOUSE", "USDT", "9000.00000019")],
    14: [("D-12", "M2-HOUSE", "BTC", "0.00000001")],
}

# day -> [(id, account, asset, amount)]: one is paid, one asks for more than there is, one names a debtor.
WITHDRAWALS = {
    6: [("W-2", "M2-HOUSE", "BTC", "1.23456789"), ("W-1", "M1-CLIENT", "USDT", "9999999")],
    10: [("W-3", "M3-HOUSE", "USDT", "0.00000001")],
    19: [("W-4", "M1-HOUSE", "USDT", "1000.00000007")],
}

# day -> [(id, from, to, instrument, signed quantity)], before the day's inputs.
TRANSFERS = {
    5: [("X-1", "M1-HOUSE", "M1-CLIENT", "BTC-PERP", "-1.234")],
    8: [("X-2", "M2-HOUSE", "M1-CLIENT", "BTC-INV", "-7")],
}

# (day, instrument) -> rates of that day
FUNDING = {
    (3, "BTC-PERP"): ["0.000123456789"],
    (6, "BTC-INV"): ["0.000314159265"],
    (7, "BTC-PERP"): ["-0.000271828183", "0.000100000001"],
    (13, "BTC-INV"): ["-0.000166666667"],
    (17, "BTC-PERP"): ["0.000075000001"],
}

# The index in units of 1e-3 (61_303_371 is 61303.371), day by day; day 9 is the crash that M3's long position does not survive.
INDEX = [61_303_371, 61_837_631, 60_991_117, 61_450_003, 62_313_377, 61_999_991, 62_777_773, 62_123_459,
         55_123_457, 55_907_003, 56_654_321, 57_333_331, 57_001_999, 58_123_211, 57_777_779, 58_999_993,
         59_654_327, 60_123_457, 60_777_787, 61_234_567]  # fmt: skip

# Days on which no mark arrives: the price is carried and flagged stale.
NO_MARK = {("BTC-PERP", 4), ("BTC-INV", 10), ("OPT-CALL-FS", 7), ("OPT-CALL-FS", 8), ("BTC-INV-FUT", 13)}
# Marks begin late here: before that, premium and fees only.
FIRST_MARK = {"OPT-PUT-UP": 2, "BTC-INV-FUT": 3}


def decimal(units, scale):
    """Integer minor units as a plain decimal string without trailing zeros."""
    sign = "-" if units < 0 else ""
    digits = str(abs(units)).rjust(scale + 1, "0")
    whole, fraction = (digits[:-scale], digits[-scale:].rstrip("0")) if scale else (digits, "")
    return sign + whole + ("." + fraction if fraction else "")


def base_price(instrument, day):
    """Price in units of 1e-4 around the index (an integer), then brought to the instrument's scale."""
    index = INDEX[day - 1] * 10
    if instrument == "OPT-CALL-FS":
        return max(index - 590_000_000, 0) * 7 // 10 + 9_123_457 + 31_337 * day
    if instrument == "OPT-PUT-UP":
        return max(610_000_000 - index, 0) * 3 // 5 + 7_654_321 + 17_171 * day
    basis = {"BTC-FUT": 1_234_567, "BTC-INV-FUT": 987_653, "BTC-INV": -123_457}.get(instrument, 0)
    return index + basis


def marks(item, day):
    """Three marks a day, the later ones nearer to the base price; none on a stale day."""
    name = item["instrument"]
    if name == "BTC-SPOT" or day > LAST_DAY.get(name, DAYS) or (name, day) in NO_MARK:
        return []
    if day < FIRST_MARK.get(name, 1):
        return []
    base = base_price(name, day)
    cut = 10 ** (4 - item["priceScale"])
    return [decimal((base + shift) // cut, item["priceScale"]) for shift in (77_773, -33_331, 1_117)]


# day -> [(trade id, instrument, buyer, seller, quantity, price)]
TRADES = {
    1: [
        ("T-001", "BTC-PERP", "M3-HOUSE", "M1-HOUSE", "50.001", "61303.3371"),
        ("T-002", "BTC-PERP", "M2-HOUSE", "M1-CLIENT", "7.777", "61299.9999"),
        ("T-003", "BTC-FUT", "M1-CLIENT", "M2-HOUSE", "1.2345", "61425.123"),
        ("T-004", "BTC-INV", "M2-HOUSE", "M3-HOUSE", "77", "61291.03"),
        ("T-005", "BTC-SPOT", "M1-HOUSE", "M2-HOUSE", "0.33333", "61303.3337"),
        ("T-006", "OPT-PUT-UP", "M2-HOUSE", "M1-HOUSE", "3.3331", "766.0007"),
        ("T-007", "OPT-CALL-FS", "M1-CLIENT", "M3-HOUSE", "0.7777", "2534.1117"),
    ],
    2: [
        ("T-008", "BTC-PERP", "M1-HOUSE", "M2-HOUSE", "13.577", "61837.6313"),
        ("T-009", "BTC-INV-FUT", "M1-HOUSE", "M1-CLIENT", "133", "61936.37"),
        ("T-010", "BTC-FUT", "M2-HOUSE", "M1-HOUSE", "0.9871", "61961.087"),
        ("T-011", "OPT-PUT-UP", "M1-CLIENT", "M2-HOUSE", "1.0003", "767.7131"),
        ("T-012", "BTC-INV", "M1-CLIENT", "M2-HOUSE", "31", "61825.29"),
    ],
    3: [
        ("T-013", "BTC-PERP", "M1-CLIENT", "M3-HOUSE", "3.331", "60991.1171"),  # M3 closes a part
        ("T-014", "BTC-INV", "M1-HOUSE", "M2-HOUSE", "150", "60978.77"),  # M2 flips to short
        ("T-015", "BTC-SPOT", "M2-HOUSE", "M1-CLIENT", "1.00007", "60990.0003"),
        ("T-016", "BTC-SPOT", "M1-CLIENT", "M2-HOUSE", "0.00007", "60993.3339"),
    ],
    4: [
        ("T-017", "BTC-PERP", "M2-HOUSE", "M1-HOUSE", "0.007", "61450.7777"),  # busted on the same day
        ("T-018", "BTC-FUT", "M1-HOUSE", "M1-CLIENT", "2.4691", "61573.457"),  # M1-CLIENT flips
        ("T-019", "OPT-CALL-FS", "M2-HOUSE", "M1-CLIENT", "1.9999", "2751.4563"),
    ],
    5: [
        ("T-020", "BTC-INV-FUT", "M3-HOUSE", "M1-HOUSE", "41", "62412.11"),  # busted on day 6
        ("T-021", "OPT-PUT-UP", "M1-HOUSE", "M3-HOUSE", "0.5007", "774.0177"),
        ("T-022", "BTC-PERP", "M1-HOUSE", "M2-HOUSE", "5.003", "62313.3779"),
    ],
    6: [
        ("T-023", "BTC-INV", "M3-HOUSE", "M1-HOUSE", "53", "61987.61"),
        ("T-024", "BTC-FUT", "M1-CLIENT", "M1-HOUSE", "0.0001", "62123.457"),
    ],
    7: [
        ("T-025", "BTC-PERP", "M1-CLIENT", "M2-HOUSE", "2.222", "62777.7731"),  # corrected on day 8
        ("T-026", "OPT-CALL-FS", "M3-HOUSE", "M1-HOUSE", "0.3333", "3578.3579"),
        ("T-027", "BTC-SPOT", "M1-HOUSE", "M1-CLIENT", "0.11111", "62776.7771"),
    ],
    8: [
        ("T-028", "BTC-INV", "M2-HOUSE", "M1-CLIENT", "17", "62111.13"),
        ("T-029", "BTC-FUT", "M2-HOUSE", "M1-CLIENT", "0.7773", "62246.917"),  # corrected on the same day
    ],
    9: [
        ("T-030", "BTC-PERP", "M2-HOUSE", "M1-CLIENT", "1.001", "55123.4573"),
        ("T-031", "BTC-INV-FUT", "M1-CLIENT", "M2-HOUSE", "211", "55222.23"),
    ],
    10: [
        ("T-032", "BTC-PERP", "M1-HOUSE", "M3-HOUSE", "20.333", "55907.0031"),  # a reduction passes
        ("T-033", "BTC-INV", "M1-CLIENT", "M2-HOUSE", "5", "55894.67"),
    ],
    11: [("T-034", "BTC-FUT", "M1-HOUSE", "M2-HOUSE", "0.3137", "56777.777")],
    12: [
        ("T-035", "BTC-PERP", "M3-HOUSE", "M1-CLIENT", "0.777", "57333.3311"),
        ("T-036", "BTC-FUT", "M1-CLIENT", "M2-HOUSE", "0.1111", "57456.787"),
    ],
    13: [("T-037", "OPT-PUT-UP", "M1-CLIENT", "M1-HOUSE", "0.2003", "3381.1997")],
    14: [("T-038", "BTC-INV", "M3-HOUSE", "M2-HOUSE", "71", "58110.87")],
    16: [("T-039", "BTC-SPOT", "M3-HOUSE", "M2-HOUSE", "0.01003", "58999.9937")],
    17: [("T-040", "BTC-PERP", "M2-HOUSE", "M3-HOUSE", "9.119", "59654.3273")],
    18: [("T-041", "BTC-INV", "M1-HOUSE", "M1-CLIENT", "19", "60111.11")],
    20: [("T-042", "BTC-PERP", "M1-CLIENT", "M1-HOUSE", "0.333", "61234.5671")],
}
# day -> trade ids
BUSTS = {4: ["T-017"], 6: ["T-020"]}
# day -> [(original, replacement)]
CORRECTIONS = {
    8: [
        ("T-029", ("T-029-C", "BTC-FUT", "M2-HOUSE", "M1-CLIENT", "0.7737", "62246.971")),
        ("T-025", ("T-025-C", "BTC-PERP", "M1-CLIENT", "M2-HOUSE", "2.221", "62777.7713")),
    ]
}
