"""Gates of Keras's own cells, step by step, for src/explain/keras-gates.test.ts:
KERAS_BACKEND=tensorflow python test/judges/make-gates.py > test/fixtures/gates.json

The cell is called once for each step; its activations are wrapped, so that what it gives them and gets from them is written down
as it computes: an LSTM asks for i, f, g, o, tanh(c) in turn, a GRU for z, r, g. A masked step is left out, as keras.layers.RNN does.
"""
import json

import keras
import numpy as np

rows, steps, features, units = 2, 5, 2, 3


def recording(inner, log):
    def call(x):
        y = inner(x)
        log.append(np.asarray(y))
        return y

    return call


def run(kind, cell, x, mask, backwards):
    cell.build((None, features))
    r = np.random.default_rng(len(kind))
    cell.set_weights([r.uniform(-0.8, 0.8, w.shape).astype("float32") for w in cell.get_weights()])
    log = []
    cell.activation = recording(cell.activation, log)
    if kind != "simpleRnn":
        cell.recurrent_activation = recording(cell.recurrent_activation, log)
    sizes = cell.state_size if isinstance(cell.state_size, (list, tuple)) else [cell.state_size]
    found = {}
    for row in range(rows):  # one row at a time: a masked step is no step
        state = [keras.ops.zeros((1, n)) for n in sizes]
        for t in reversed(range(steps)) if backwards else range(steps):
            if not mask[row, t]:
                continue
            log.clear()
            y, state = cell(x[row : row + 1, t], state)
            state = list(state)
            named = dict(zip("ifgo", [log[k] for k in (0, 1, 2, 3)])) if kind == "lstm" else {}
            if kind == "lstm":
                named["c"] = np.asarray(state[1])
            if kind == "gru":
                named = dict(zip("zrg", log))
            named["h"] = np.asarray(y)
            for name, value in named.items():
                found.setdefault(name, np.full((rows, steps, units), np.nan))[row, t] = value[0]
    return found


def numbers(a):
    return [None if np.isnan(v) else float(f"{v:.7g}") for v in np.asarray(a, "float64").ravel()]


cases = []
for kind, make, options in [
    ("lstm", keras.layers.LSTMCell, {}),
    ("lstm", keras.layers.LSTMCell, {"recurrent_activation": "hard_sigmoid", "activation": "relu", "use_bias": False}),
    ("gru", keras.layers.GRUCell, {"reset_after": True}),
    ("gru", keras.layers.GRUCell, {"reset_after": False}),
    ("simpleRnn", keras.layers.SimpleRNNCell, {}),
]:
    for masked in (False, True):
        for backwards in (False, True):
            r = np.random.default_rng(len(cases))
            x = r.uniform(-1, 1, (rows, steps, features)).astype("float32")
            mask = np.ones((rows, steps), bool)
            if masked:
                mask[0, 3:] = mask[1, :2] = mask[1, 3] = False
            cell = make(units, **options)
            values = run(kind, cell, x, mask, backwards)
            cases.append(
                {
                    "kind": kind,
                    "options": options,
                    "backwards": backwards,
                    "mask": mask.astype(int).ravel().tolist() if masked else None,
                    "x": numbers(x),
                    "weights": [{"shape": w.shape, "data": numbers(w)} for w in cell.get_weights()],
                    "values": {name: numbers(v) for name, v in values.items()},
                }
            )
print(json.dumps({"keras": keras.__version__, "shape": [rows, steps, features], "units": units, "cases": cases}, separators=(",", ":")))
