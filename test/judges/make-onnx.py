"""Writes ../fixtures/onnx-graphs.json: small graphs of every operator that is read, and past failures, with ONNX Runtime's numbers.

    build/judges/bin/python test/judges/make-onnx.py
"""
import base64
import json
import pathlib

import numpy as np
from onnx import helper, numpy_helper

from onnx_ops import computed, irs, once
from onnx_recipes import recipes

each = 2  # graphs of an operator
graphs = []


def plain(name, array):
    array = np.asarray(array)
    numbers = [float(f"{v:.8g}") if np.isfinite(v) else str(v) for v in array.astype(np.float64).ravel()]
    short = [int(v) if not isinstance(v, str) and v == int(v) else v for v in numbers]
    return {"name": name, "type": str(array.dtype), "shape": list(array.shape), "data": short}


def unpacked(said):
    data = np.frombuffer(base64.b64decode(said["data"]), np.float64).reshape(said["shape"]).astype(said["type"])
    return plain(said["name"], data)


def random_graphs(op):
    seed = found = 0
    while found < each:
        seed += 1
        said = once(seed, op)
        if "raised" in said or "align_corners" in said["text"] or sum(np.prod(a["shape"]) for a in [*said["inputs"], *said["outputs"]]) > 60:
            continue
        found += 1
        arrays = {key: [unpacked(a) for a in said[key]] for key in ("inputs", "outputs")}
        graphs.append({"about": f"{said['text']}, opset {said['opset']}", "model": said["model"], **arrays})


def past(about, op, inputs, known=(), opset=17, outputs=1, **attributes):
    """What once was wrong: inputs come with the run, `known` lie in the file."""
    given = [(f"x{k}", np.asarray(a)) for k, a in enumerate(inputs)]
    kept = [numpy_helper.from_array(np.asarray(a), f"k{k}") for k, a in enumerate(known)]
    names = [f"y{k}" for k in range(outputs)]
    info = lambda name, a: helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(a.dtype), list(a.shape))
    node = helper.make_node(op, [*[n for n, _ in given], *[t.name for t in kept]], names, **attributes)
    model = lambda infos: helper.make_model(
        helper.make_graph([node], "g", [info(n, a) for n, a in given], infos, kept),
        opset_imports=[helper.make_opsetid("", opset)],
        ir_version=irs.get(opset, 4),
    )
    results = computed(model([helper.make_empty_tensor_value_info(n) for n in names]), given, names)
    whole = model([info(n, a) for n, a in zip(names, results)])
    graphs.append(
        {
            "about": about,
            "model": base64.b64encode(whole.SerializeToString()).decode(),
            "inputs": [plain(n, a) for n, a in given],
            "outputs": [plain(n, a) for n, a in zip(names, results)],
        }
    )


def f(*shape):
    return (np.arange(np.prod(shape, dtype=int)) * 0.37 % 2 - 0.8).astype(np.float32).reshape(shape)


def i(*values):
    return np.array(values, np.int64)


past("a slice back that begins before the first entry", "Slice", [f(2)], [i(-5), i(-(2**63)), i(0), i(-2)])
past("a slice with steps of 2 and -3", "Slice", [f(5, 7)], [i(0, -1), i(9, -(2**63)), i(0, 1), i(2, -3)])
past("softmax over all axes from one on, as before opset 13", "Softmax", [f(2, 3, 2)], opset=11, axis=1)
past("an uneven split", "Split", [f(5, 2)], opset=18, outputs=2, num_outputs=2)
past("a cast to booleans", "Cast", [f(4) * (f(4) > 0)], to=9)
past("a cast to half precision and its rounding", "Cast", [np.array([1.0004, 70000, -1e-7, 3e-8, 2049], np.float32)], to=10)
past("part of a shape", "Shape", [f(2, 3, 4)], start=-2, end=3)
past("a quotient of integers, cut toward zero", "Div", [i(7, -7, 7, -7, 2_000_000_001)], [i(2, 2, -2, -2, 3)])
past("the largest of more than two", "Max", [f(2, 1), f(1, 3), f(2, 3) - 0.5])
past("a remainder with the sign of the divisor", "Mod", [i(7, -7, 7, -7)], [i(3, 3, -3, -3)])
past("a remainder of floating point, just below the divisor", "Mod", [np.array([0.9, 2.1, -2.1], np.float32)], [np.array([0.3, 0.7, 0.7], np.float32)], fmod=1)
past("an integer power", "Pow", [i(5, -3, 2)], [i(2, 3, 10)])
past("a matrix times a vector, with leading axes", "MatMul", [f(2, 3, 4), f(4)])
past("leading axes that spread", "MatMul", [f(2, 1, 2, 3), f(4, 3, 2)])
past("integers multiplied exactly", "MatMul", [i(16_777_217, 1).reshape(1, 2), i(1, 1).reshape(2, 1)])
past("a mean over integers", "ReduceMean", [i(1, 2, 4, -9)], opset=13, keepdims=0)
past("no axes, and nothing to do", "ReduceSum", [f(2, 3)], [i()], noop_with_empty_axes=1)
past("elements along the first axis, from the end", "GatherElements", [f(3, 2)], [i(-1, 0, 2, -3).reshape(2, 2)], axis=0)
past("rows by number along the last axis", "Gather", [f(2, 3), i(2, 0, -1, 1).reshape(2, 2)], axis=-1)
past("the smallest two along the first axis", "TopK", [f(4, 2)], [i(2)], outputs=2, axis=0, largest=0)
past("the place of the largest in each window", "MaxPool", [f(1, 2, 4, 4)], outputs=2, kernel_shape=[2, 2], strides=[2, 2], pads=[1, 1, 0, 0])
past("means of windows that reach out", "AveragePool", [f(1, 1, 5)], kernel_shape=[3], strides=[2], pads=[1, 1], ceil_mode=1)
past("a sum of exponentials of large numbers", "ReduceLogSumExp", [np.array([[1000, 1001.0]], np.float32)], opset=13, axes=[1])
past("a row of no steps ends with zeros", "GRU", [f(3, 2, 2), f(1, 9, 2), f(1, 9, 3), f(1, 18), np.array([3, 0], np.int32), f(1, 2, 3)], outputs=2, hidden_size=3)
past("clipped sums of a GRU", "GRU", [f(3, 2, 2) * 3, f(1, 9, 2), f(1, 9, 3)], outputs=2, hidden_size=3, clip=0.5, linear_before_reset=1)

for operator in sorted({operator for recipe in recipes.values() for operator in recipe["operators"]}):
    random_graphs(operator)

path = pathlib.Path(__file__).parent / "../fixtures/onnx-graphs.json"
path.write_text("[\n" + ",\n".join(json.dumps(graph) for graph in graphs) + "\n]\n")
print(len(graphs), "graphs,", path.stat().st_size, "bytes")
