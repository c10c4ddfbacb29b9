"""pandas's side of dates.mjs: columns of dates, and which orders of day, month and year a column may have."""

import random

import pandas as pd
from answer import answer
from calendars import case, zoned


def orders(request):
    """The times, in ms, of the columns under each format that all cells have."""
    found = {}
    for name, form in request["formats"].items():
        try:
            found[name] = [t.value // 10**6 for t in pd.to_datetime(pd.Series(request["texts"]), format=form)]
        except ValueError:
            pass
    return found


def calendar(request):
    draw = random.Random(request["seed"])
    made = zoned if request["zone"] else case
    found = None
    while found is None:
        found = made(draw)
    return found


answer(lambda request: {"orders": orders, "calendar": calendar}[request["do"]](request))
