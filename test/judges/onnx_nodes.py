"""The node tests of the ONNX standard (onnx.backend.test), made by the onnx package itself: a request is a list of their numbers."""
import base64
import warnings

import numpy as np
from onnx import numpy_helper, TypeProto, TensorProto

from answer import answer
from onnx_ops import packed, shown

warnings.simplefilter("ignore")
types = {TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.INT32, TensorProto.INT64, TensorProto.BOOL}
cases = []


def array(value):
    return numpy_helper.to_array(value) if isinstance(value, TensorProto) else np.asarray(value)


def tried(number):
    if not cases:
        from onnx.backend.test.case.node import collect_testcases

        cases.extend(sorted(collect_testcases(None), key=lambda case: case.name))
    if number >= len(cases):
        return {"seed": number, "end": True}
    case = cases[number]
    graph = case.model.graph
    said = {"seed": number, "group": "", "op": case.name, "opset": case.model.opset_import[0].version}
    inputs, outputs = case.data_sets[0]
    plain = all(v.type.tensor_type.elem_type in types for v in [*graph.input, *graph.output])
    if not plain or not all(isinstance(v, (np.ndarray, np.generic, TensorProto)) for v in [*inputs, *outputs]):
        return {**said, "raised": "no arrays of float, float16, double, int32, int64 or bool"}
    return {
        **said,
        "tolerance": max(case.rtol, 1e-5),
        "text": "; ".join(shown(node) for node in graph.node),
        "model": base64.b64encode(case.model.SerializeToString()).decode(),
        "inputs": [{"name": v.name, **packed(array(a))} for v, a in zip(graph.input, inputs)],
        "outputs": [{"name": v.name, **packed(array(a))} for v, a in zip(graph.output, outputs)],
    }


if __name__ == "__main__":
    answer(lambda request: [tried(number) for number in request["seeds"]])
