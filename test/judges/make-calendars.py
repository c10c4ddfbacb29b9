"""Random columns of dates and what pandas makes of them: test/fixtures/calendars.json.

  python test/judges/make-calendars.py --count 150 --seed 1 > test/fixtures/calendars.json
  python test/judges/make-calendars.py --count 5000 --seed 7 > more.json; CELLSTATE_CALENDARS=more.json npx vitest run src/data/time

A case is what calendars.py draws.
"""

import argparse
import json
import random
import sys

import pandas as pd
from calendars import case

parser = argparse.ArgumentParser()
parser.add_argument("--count", type=int, default=150)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
draw = random.Random(options.seed)

cases = []
while len(cases) < options.count:
    found = case(draw)
    if found:
        cases.append(found)
json.dump({"pandas": pd.__version__, "seed": options.seed, "cases": cases}, sys.stdout, separators=(",", ":"))
