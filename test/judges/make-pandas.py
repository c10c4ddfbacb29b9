"""Tables of pandas as pickles, for src/pickles/pandas.test.ts; once with each of two versions:

    pip install pandas==2.3.3 joblib && python test/judges/make-pandas.py test/fixtures/pandas
    pip install pandas==3.0.0 joblib && python test/judges/make-pandas.py test/fixtures/pandas

One file a table, its values in JSON beside it.
"""
import json
import os
import pickle
import sys

import joblib
import numpy as np
import pandas as pd

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
version = pd.__version__.split(".")[0]
days = pd.date_range("2024-01-30", periods=4)
mixed = pd.DataFrame(
    {
        "count": [1, 2, 3, 4],
        "price": [1.5, 2.5, np.nan, -1e300],
        "word": ["x", "y", None, "ü"],
        "open": [True, False, True, True],
        "day": pd.to_datetime(["2020-01-01", "2020-01-02", None, "2020-01-04"]),
        "size": pd.Categorical(["s", "m", None, "s"]),
        "left": pd.array([1, None, 3, 4], dtype="Int64"),
        "small": np.array([1, 2, 3, 4], np.float32) / 3,
        "second": [10, 20, 30, 40],
    }
)
tables = {
    "mixed": mixed,
    "dated": mixed[["count", "price"]].set_index(days),
    "hours": pd.Series([1, 2, 3], index=pd.date_range("2024-03-01 22:30", periods=3, freq="h"), name="load"),
    "zone": pd.Series([1.0, 2.0], index=pd.date_range("2024-03-01", periods=2, tz="Europe/Berlin")),
    "named": pd.Series(["a", "b"], index=["first", "second"], name="word"),
    "numbers": pd.DataFrame(np.arange(12.0).reshape(4, 3)),
    "picked": pd.DataFrame(np.arange(12).reshape(4, 3), columns=["a", "b", "c"]).iloc[[3, 1]],
    "one-row": pd.DataFrame({"a": [1], "b": ["x"]}),
    "two-levels": pd.DataFrame(
        [[1.0, 2.0, 3], [4.0, 5.0, 6]],
        columns=pd.MultiIndex.from_tuples([("Close", "AAPL"), ("Close", "MSFT"), ("Volume", 1)], names=["Price", "Ticker"]),
    ),
}


def plain(value):
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, pd.Timestamp):
        value = value.tz_convert("UTC").tz_localize(None) if value.tzinfo else value
        return value.date().isoformat() if value == value.normalize() else value.isoformat()
    return value.item() if hasattr(value, "item") else value


expected = {}
for name, table in tables.items():
    frame = table if isinstance(table, pd.DataFrame) else table.to_frame()
    with open(os.path.join(folder, f"{name}-{version}.pkl"), "wb") as file:
        pickle.dump(table, file, 5 if name == "numbers" else 4)
    expected[name] = {
        "names": ["_".join(map(str, c)) if isinstance(c, tuple) else str(c) for c in frame.columns],
        "index": [plain(v) for v in frame.index],
        "columns": [[plain(v) for v in frame[c]] for c in frame.columns],
    }
joblib.dump(tables["dated"], os.path.join(folder, f"dated-{version}.joblib"))
tables["numbers"].to_pickle(os.path.join(folder, f"numbers-{version}.pkl.gz"))
tables["numbers"].to_pickle(os.path.join(folder, f"numbers-{version}.pkl.zip"))
levels = pd.DataFrame({"x": [1, 2]}, index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]))
levels.to_pickle(os.path.join(folder, f"levels-{version}.pkl"))
with open(os.path.join(folder, "expected.json"), "w") as out:
    json.dump(expected, out)
