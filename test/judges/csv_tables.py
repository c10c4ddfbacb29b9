"""pandas.read_csv, for csv.mjs: names of the columns, and their values as far as they are numbers, True or False, texts or nothing."""

import io
import math

import pandas as pd
from answer import answer


def plain(value):
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value


def read(request):
    options = dict(request["options"])
    frame = pd.read_csv(io.BytesIO(bytes(request["bytes"])), float_precision="round_trip", **options)
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    columns = []
    for k, name in enumerate(frame.columns):
        column = frame.iloc[:, k]
        kind = "bool" if pd.api.types.is_bool_dtype(column) else "number" if pd.api.types.is_numeric_dtype(column) else "text"
        columns.append({"name": str(name), "kind": kind, "values": [plain(v) for v in column.tolist()]})
    return {"columns": columns}


answer(read)
