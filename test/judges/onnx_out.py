"""ONNX files of ours, run by onnxruntime (onnx-out.mjs): a request has a file and feeds for some runs; the answer their outputs."""
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
    return {"names": names, "runs": [ran(session, names, feeds) for feeds in request["runs"]]}


def ran(session, names, feeds):
    arrays = {
        name: np.asarray(array["data"], np.int32 if array["dtype"] == "i32" else np.float32).reshape(array["shape"])
        for name, array in feeds.items()
    }
    try:
        outputs = session.run(names, arrays)
    except Exception as error:
        return {"raised": str(error)[:400]}
    return {"outputs": [{"shape": list(o.shape), "data": o.ravel().tolist()} for o in outputs]}


answer(run)
