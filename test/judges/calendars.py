"""Random columns of dates with what pandas says of them: a frequency, a way to write dates, an order of the rows and gaps.

`grid` are the dates of all rows, `next` the five after them.
"""

import pandas as pd

CLOCK = {
    "iso": "%Y-%m-%dT%H:%M:%S", "blank": "%Y-%m-%d %H:%M:%S", "minutes": "%Y-%m-%d %H:%M", "day-first": "%d/%m/%Y %H:%M:%S",
    "month-first": "%m/%d/%Y %I:%M:%S %p", "digits": "%Y%m%d%H%M%S", "named": "%d %b %Y %H:%M:%S", "seconds": "s", "milliseconds": "ms",
    "utc": "%Y-%m-%dT%H:%M:%SZ", "offset": "%Y-%m-%dT%H:%M:%S+02:00",
}
DAY = {
    "iso": "%Y-%m-%d", "slashes": "%Y/%m/%d", "day-first": "%d/%m/%Y", "dots": "%d.%m.%Y", "month-first": "%m/%d/%Y",
    "short day-first": "%d/%m/%y", "short month-first": "%m/%d/%y", "digits": "%Y%m%d", "named": "%d-%b-%Y", "long": "%B %d, %Y",
    "short named": "%d-%b-%y", "midnight": "%Y-%m-%d 00:00:00",
}
MONTH = {"iso": "%Y-%m", "named": "%b %Y", "digits": "%Y%m", "month first": "%m/%Y", "short": "%b-%y"}
UNITS = {"s": "second", "min": "minute", "h": "hour", "D": "day", "B": "business day", "W": "week"}


def offsets(draw):
    """A frequency of pandas, its step in our words and the table of ways to write it."""
    kind = draw.choice(["s", "min", "h", "h", "D", "D", "B", "W", "month", "month", "quarter", "year", "YYYY-MM", "quarters", "weeks", "years", "zone"])
    if kind in ("s", "min", "h"):
        count = draw.choice({"s": [1, 5, 30], "min": [1, 5, 15, 30], "h": [1, 2, 3, 6]}[kind])
        return f"{count}{kind}", UNITS[kind], count, CLOCK
    if kind == "D":
        count = draw.choice([1, 1, 1, 2, 3, 10])
        return f"{count}D", "day", count, DAY
    if kind == "B":
        return "B", "business day", 1, DAY
    if kind == "W":
        count = draw.choice([1, 1, 2])
        return f"{count}W-{draw.choice(['MON', 'WED', 'SUN'])}", "week", count, DAY
    if kind == "month":
        return draw.choice(["MS", "ME", "BMS", "BME"]), "month", 1, DAY
    if kind == "quarter":
        return draw.choice(["QS", "QE"]), "quarter", 1, DAY
    if kind == "year":
        return draw.choice(["YS", "YE"]), "year", 1, DAY
    if kind == "YYYY-MM":
        return "MS", "month", 1, MONTH
    if kind == "quarters":
        return "QS", "quarter", 1, {"iso": "%Y-Q", "joined": "%YQ", "first": "Q %Y"}
    if kind == "weeks":
        return "W-MON", "week", 1, {"iso": "%G-W%V", "joined": "%GW%V"}
    if kind == "years":
        return "YS", "year", 1, {"iso": "%Y"}
    return draw.choice(["h", "30min", "D"]), None, None, "zone"


def text(time, form):
    if form in ("s", "ms"):
        return str(time.value // (10**9 if form == "s" else 10**6))
    if "Q" in form:
        return {"%Y-Q": f"{time.year}-Q{time.quarter}", "%YQ": f"{time.year}Q{time.quarter}", "Q %Y": f"Q{time.quarter} {time.year}"}[form]
    return time.strftime(form)


def case(draw):
    """A column of dates, or None where what was drawn does not tell its step."""
    freq, unit, count, forms = offsets(draw)
    rows = draw.randint(9, 26)
    start = pd.Timestamp(draw.choice([1999, 2003, 2012, 2020, 2023]), draw.randint(1, 12), draw.randint(1, 28), draw.randint(0, 23))
    zone = None
    if forms == "zone":
        zone = draw.choice(["Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Kolkata"])
        unit, count = {"h": ("hour", 1), "30min": ("minute", 30), "D": ("day", 1)}[freq]
        day = draw.choice(["2021-03-28", "2021-10-31", "2021-03-14", "2021-11-07", "2021-04-04", "2021-10-03"])
        start = pd.Timestamp(day) - pd.Timedelta(hours=draw.choice([5, 12, 3 * 24]))
        name, form = "blank", "%Y-%m-%d %H:%M:%S"
    else:
        if forms is not CLOCK:
            start = start.normalize()
        name, form = draw.choice(list(forms.items()))
        if name == "minutes" and unit == "second":
            name, form = "blank", CLOCK["blank"]
    grid = pd.date_range(start, periods=rows + 5, freq=freq, tz=zone)
    grid, later = grid[:rows], grid[rows:]
    gaps = draw.random() < 0.4 and zone is None
    kept = [t for t in range(rows) if t in (0, rows - 1) or not gaps or draw.random() > 0.18]
    steps = [b - a for a, b in zip(kept, kept[1:])]
    if steps.count(1) <= 0.6 * len(steps):
        return None
    other = {"BMS": "is_month_start", "BME": "is_month_end"}.get(freq)
    if other and all(getattr(grid[t], other) for t in kept):
        return None  # no row tells it from a calendar of first or last days
    order = draw.choice(["ascending", "ascending", "descending", "shuffled" if zone is None else "descending"])
    shown = kept[::-1] if order == "descending" else kept
    if order == "shuffled":
        draw.shuffle(shown)
    texts = [text(grid[t], form) for t in shown]
    tells = any(grid[t].day > 12 for t in kept) or all(grid[t].day == grid[t].month for t in kept)
    asked = {}
    if "-first" in name and draw.random() < 0.3:
        asked["dateFormat"] = "day-first" if "day-first" in name else "month-first"
    if zone:
        asked["timeZone"] = zone
    refusable = "-first" in name and "dateFormat" not in asked and (not tells or "short" in name) or name == "dots" and not tells
    return {
        "freq": freq, "unit": unit, "count": count, "form": name, "order": order, "missing": rows - len(kept), "texts": texts, "rows": shown,
        "options": asked, "refusable": refusable, "grid": [t.isoformat() for t in grid], "next": [t.isoformat() for t in later],
    }


ZONES = [
    *["Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "America/Sao_Paulo", "Australia/Sydney"],
    *["Australia/Lord_Howe", "Asia/Kolkata", "Asia/Tokyo", "Africa/Cairo", "Pacific/Auckland", "UTC"],
]
STEPS = {"15min": ("minute", 15), "30min": ("minute", 30), "h": ("hour", 1), "3h": ("hour", 3), "6h": ("hour", 6), "D": ("day", 1), "2D": ("day", 2), "B": ("business day", 1), "MS": ("month", 1), "ME": ("month", 1)}


def zoned(draw):
    """A column of clock times in a zone, near a change of its clocks or anywhere, with gaps; None where an hour that comes twice has one."""
    zone = draw.choice(ZONES)
    freq = draw.choice(list(STEPS))
    unit, count = STEPS[freq]
    fixed = unit in ("minute", "hour")
    clock = f"{draw.randint(4, 20):02}:{draw.choice(['00', '30'])}"
    start = pd.Timestamp(f"{draw.randint(1995, 2024)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02} {clock}", tz=zone)
    rows = draw.randint(9, 60)
    if fixed and draw.random() < 0.7:  # to a change of the clocks, if the year has one
        hours = pd.date_range(start, periods=24 * 366, freq="h")
        moved = [a for a, b in zip(hours, hours[1:]) if a.utcoffset() > b.utcoffset() or (a.utcoffset() < b.utcoffset() and draw.random() < 0.3)]
        minutes = count * (60 if unit == "hour" else 1) * draw.randint(1, rows - 2)
        start = draw.choice(moved) - pd.Timedelta(minutes=minutes + draw.choice([0, 30])) if moved else start
    grid = pd.date_range(start, periods=rows + 5, freq=freq)
    grid, later = grid[:rows], grid[rows:]
    walls = [t.tz_localize(None) for t in grid]
    twice = {t for t in range(rows) if walls.count(walls[t]) > 1}
    near = {t + k for t in twice for k in (-1, 0, 1)}
    gaps = draw.random() < 0.5
    kept = [t for t in range(rows) if t in (0, rows - 1) or t in near or not gaps or draw.random() > 0.18]
    steps = [b - a for a, b in zip(kept, kept[1:])]
    if steps.count(1) <= 0.6 * len(steps):
        return None
    form = draw.choice(["%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p", "%Y-%m-%dT%H:%M:%S%z"])
    shown = kept[::-1] if draw.random() < 0.3 else kept
    tells = any(grid[t].day > 12 for t in kept) or all(grid[t].day == grid[t].month for t in kept)
    return {
        "freq": freq, "unit": unit, "count": count, "form": form, "zone": zone, "missing": rows - len(kept), "rows": shown,
        "texts": [grid[t].strftime(form) for t in shown], "options": {"timeZone": zone}, "refusable": not form.startswith("%Y") and not tells,
        "grid": [t.isoformat() for t in grid], "next": [t.isoformat() for t in later],
    }
