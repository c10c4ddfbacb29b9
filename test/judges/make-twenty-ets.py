"""
docs/results/statsforecast-twenty.jsonl: coverage and interval score of AutoETS's own 90 % intervals on the twenty series of
scripts/reproduce/twenty-list.mjs (seed 1), for docs/results/twenty-series.md. Written with statsforecast 2.1.1:

    python test/judges/make-twenty-ets.py ../shared/data

The model is chosen and fitted once, on the rows before the last fifth (the newest 2,000 of them), and goes on row by row (`forward`); about
sixty origins a series. The season is the one that Cellstate's forecaster finds; AutoETS takes up to 24 steps.
"""
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from statsforecast.models import AutoETS

root = Path(__file__).resolve().parents[2]
program = """
import { findSeasons } from "cellstate";
import { twenty } from "./scripts/reproduce/twenty-list.mjs";
for (const { name, horizon, read } of twenty) {
  const y = Array.from(await read(process.argv[1], 1));
  const from = y.length - Math.max(2 * horizon, Math.round(0.2 * y.length));
  const season = findSeasons(y.slice(0, Math.round(0.85 * from)))[0] ?? 1;
  console.log(JSON.stringify({ name, horizon, from, season, y }));
}
"""
node = ["node", "--input-type=module", "-e", program, str(Path(sys.argv[1]).resolve())]
series = subprocess.run(node, cwd=root, check=True, capture_output=True, text=True).stdout.splitlines()
with open(root / "docs/results/statsforecast-twenty.jsonl", "w") as out:
    for one in map(json.loads, series):
        y, h, begin, season = np.array(one["y"], float), one["horizon"], one["from"], one["season"]
        first = max(0, begin - 2000)
        last = len(y) - h
        origins = range(begin, last + 1, max(1, -(-(last - begin + 1) // 60)))
        model = AutoETS(season_length=season if season <= 24 else 1).fit(y[first:begin])
        inside, scores = [], []
        for origin in origins:
            found = model.forward(y[first:origin], h, level=[90])
            low, high, actual = found["lo-90"], found["hi-90"], y[origin : origin + h]
            inside.append(np.mean((actual >= low) & (actual <= high)))
            outside = np.maximum(0, low - actual) + np.maximum(0, actual - high)
            scores.append(np.mean(high - low + 2 / (1 - 0.9) * outside))
        found = {"name": one["name"], "season": season, "origins": len(origins)}
        found |= {"measured": round(float(np.mean(inside)), 4), "score": float(f"{np.mean(scores):.6g}")}
        out.write(json.dumps(found) + "\n")
