"""
ONNX files of ours, run by onnxruntime (onnx-out.mjs). A request has a file, feeds for some runs, and the names of states: the input
of a run that was the output of the run before. The answer has the outputs of each run.
"""
import base64

import numpy as np
import onnxruntime

from answer import answer

onnxruntime.set_default_logger_severity(4)


def run(request):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        base64.b64decode(request["model"]), options, providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    carried, runs = {}, []
    for feeds in request["runs"]:
        arrays = {**{name: array_of(array) for name, array in feeds.items()}, **carried}
        try:
            outputs = dict(zip(names, session.run(names, arrays)))
        except Exception as error:
            runs.append({"raised": str(error)[:400]})
            continue
        carried = {name: outputs[f"{name}_next"] for name in request["states"]}
        runs.append({"outputs": [{"shape": list(o.shape), "data": o.ravel().tolist()} for o in outputs.values()]})
    return runs


def array_of(array):
    return np.asarray(array["data"], np.int32 if array["dtype"] == "i32" else np.float32).reshape(array["shape"])


answer(run)
