"""
Whole models as ONNX files, and what onnxruntime computes for them (onnx-models.mjs): drawn from a seed, exported by PyTorch
(classic and dynamo), Keras or tf2onnx, some of them then quantized, of half or double precision, or with their numbers in another file.
"""
import base64
import contextlib
import pathlib
import random
import tempfile
import warnings

import numpy as np
import onnx
import onnxruntime

from answer import answer
from onnx_saturation import saturates

warnings.simplefilter("ignore")
onnxruntime.set_default_logger_severity(4)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1  # DynamicQuantizeLSTM quantizes the rows of each thread together


def session_of(path, plain=False):
    """`plain`: without optimizations, which compute quantized operators otherwise than the file says."""
    level = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = level.ORT_DISABLE_ALL if plain else level.ORT_ENABLE_ALL
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def packed(name, array):
    numbers = base64.b64encode(np.asarray(array).astype(np.float64).tobytes()).decode()
    return {"name": name, "type": str(array.dtype).replace("float32", "float").replace("float64", "double"), "shape": list(array.shape), "data": numbers}


np_types = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16, "tensor(int32)": np.int32, "tensor(int64)": np.int64, "tensor(bool)": np.bool_}


def runs_of(path, arguments, plain):
    """What onnxruntime computes for each list of arguments; raises where it does not run the file."""
    if plain and saturates:
        return runs_of_reference(path, arguments)
    session = session_of(path, plain)
    places, outputs = session.get_inputs(), session.get_outputs()
    found = []
    for arrays in arguments:
        given = {place.name: np.asarray(a).astype(np_types[place.type]) for place, a in zip(places, arrays)}
        results = session.run(None, given)
        inputs = [packed(place.name, given[place.name]) for place in places]
        found.append({"inputs": inputs, "outputs": [packed(o.name, y) for o, y in zip(outputs, results)]})
    return found


def runs_of_reference(path, arguments):
    """The same of a quantized model by ONNX's reference, on a processor where onnxruntime's sums of products of bytes are cut off."""
    from onnx.reference import ReferenceEvaluator

    model = onnx.load(path)
    if any(node.domain not in ("", "ai.onnx") for node in nodes_of(model.graph)):
        raise RuntimeError("onnxruntime's quantized products are cut off at 16 bits on this processor, and onnx has no reference for its operators")
    evaluator = ReferenceEvaluator(model)
    places, found = session_of(path).get_inputs(), []
    for arrays in arguments:
        given = {place.name: np.asarray(a).astype(np_types[place.type]) for place, a in zip(places, arrays)}
        inputs = [packed(place.name, given[place.name]) for place in places]
        results = [np.asarray(y) for y in evaluator.run(None, given)]
        found.append({"inputs": inputs, "outputs": [packed(n, y) for n, y in zip(evaluator.output_names, results)]})
    return found


def variant(r, path, arguments, kind):
    """Maybe the file as other programs change it: its path, and how."""
    how = r.choice(["plain"] * 6 + ["external", "external", "half", "quantized", "quantized", "quantized"])
    folder = path.parent
    if how == "external":
        model = onnx.load(path)
        one = r.random() < 0.5
        onnx.save_model(model, folder / "external.onnx", save_as_external_data=True, all_tensors_to_one_file=one, location="numbers.bin" if one else None, size_threshold=r.choice([0, 64]), convert_attribute=r.random() < 0.3)
        return folder / "external.onnx", "external data"
    if how == "half":
        from onnxruntime.transformers.float16 import convert_float_to_float16

        keep = r.random() < 0.5
        model = convert_float_to_float16(onnx.load(path), keep_io_types=keep)
        onnx.save(model, folder / "half.onnx")
        return folder / "half.onnx", f"float16{', inputs and outputs float32' if keep else ''}"
    if how == "quantized":
        return quantized(r, path, arguments, folder)
    return path, ""


def quantized(r, path, arguments, folder):
    from onnxruntime import quantization as q

    to = folder / "quantized.onnx"
    kinds = [q.QuantType.QInt8, q.QuantType.QUInt8]
    inner = {"per_channel": r.random() < 0.4, "reduce_range": r.random() < 0.2}
    if r.random() < 0.5:
        weight = r.choice(kinds)
        q.quantize_dynamic(path, to, weight_type=weight, **inner)
        return to, f"quantize_dynamic({weight}, {inner})"
    names = [p.name for p in session_of(path).get_inputs()]
    types = [np_types[p.type] for p in session_of(path).get_inputs()]

    class Reader(q.CalibrationDataReader):
        def __init__(self):
            self.rest = [{n: np.asarray(a).astype(t) for n, a, t in zip(names, one, types)} for one in arguments]

        def get_next(self):
            return self.rest.pop() if self.rest else None

    form = r.choice([q.QuantFormat.QDQ, q.QuantFormat.QOperator])
    given = dict(quant_format=form, activation_type=r.choice(kinds), weight_type=r.choice(kinds), **inner)
    prepared = folder / "prepared.onnx"
    try:
        q.quant_pre_process(path, prepared, skip_symbolic_shape=r.random() < 0.5)
    except Exception:
        prepared = path
    q.quantize_static(prepared, to, Reader(), **given)
    return to, f"quantize_static({given})"


def torch_file(r, seed, folder):
    import onnx_models_torch
    import torch

    case = onnx_models_torch.case_of(r, seed)
    dynamo = r.random() < 0.35
    opset = r.randint(18, 20) if dynamo else r.randint(11, 20)
    batch, time = r.randint(2, 3), r.randint(4, 6)
    double = r.random() < 0.06
    module = case.module.double() if double else case.module
    as_made = lambda made: tuple(a.double() if double and a.dtype.is_floating_point else a for a in made)
    example = as_made(case.make(batch, time))
    open = case.axes if r.random() < 0.85 else [{} for _ in case.axes]  # or sizes fixed
    names = [f"{r.choice(['x', 'input', 'tokens', 'arg'])}_{k}" for k in range(len(example))]
    path = folder / "model.onnx"
    with torch.no_grad():
        if dynamo:
            shapes = tuple({axis: torch.export.Dim.DYNAMIC for axis in axes} for axes in open)
            wrapped = ({"inputs": shapes} if isinstance(module, onnx_models_torch.Wrapped) else shapes) if any(open) else None
            program = torch.onnx.export(module, example, dynamo=True, verbose=False, input_names=names, opset_version=opset, dynamic_shapes=wrapped)
            program.save(str(path), external_data=r.random() < 0.2)
        else:
            axes = {n: a for n, a in zip(names, open)}
            count = len(flat(module(*example)))
            outputs = [f"y_{k}" for k in range(count)]
            torch.onnx.export(module, example, str(path), dynamo=False, input_names=names, output_names=outputs, dynamic_axes=axes | ({n: [0] for n in outputs} if any(open) and r.random() < 0.5 else {}), opset_version=opset)
    sizes = [(batch, time)]
    if any(open):
        sizes += [(1, time), (r.randint(3, 5), time if case.fixed_time or not any("time" in a.values() for a in open) else time + 2)]
    arguments = [[a.numpy() for a in as_made(case.make(*size))] for size in sizes]
    how = f"{'dynamo' if dynamo else 'classic'}{', double' if double else ''}{'' if any(open) else ', fixed sizes'}"

    def own(arrays):
        with torch.no_grad():
            return [y.numpy() for y in flat(module(*[torch.from_numpy(a) for a in arrays]))]

    return path, arguments, f"{'dynamo' if dynamo else 'classic'} {case.kind}", opset, f"{how}; {case.text}", own


def flat(found):
    return [y for one in found for y in flat(one)] if isinstance(found, (tuple, list)) else [found]


def keras_file(r, seed, folder, spec, data):
    """Exported by Keras itself, or by tf2onnx with an opset and names of our choice."""
    import keras
    import tensorflow
    import tf2onnx
    from keras_models import arrays, randomise
    from keras_specs import model_of

    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    model = model_of(spec)
    randomise(model, seed)
    model(arrays(spec, data), training=False)
    given = [np.asarray(a) for a in flat(arrays(spec, data))]
    path = folder / "model.onnx"
    opset = r.randint(11, 18)
    if r.random() < 0.5:
        model.export(str(path), format="onnx", verbose=False)
        kind = "Keras"
    else:
        names = [f"{r.choice(['x', 'input', 'serving'])}_{k}" for k in range(len(given))]
        batch = spec["inputs"][0].get("batch")
        signature = [tensorflow.TensorSpec([batch, *place.shape[1:]], a.dtype, name=n) for a, n, place in zip(given, names, model.inputs)]
        function = tensorflow.function(lambda *xs: model(list(xs) if len(xs) > 1 else xs[0], training=False), input_signature=signature)
        tf2onnx.convert.from_function(function, input_signature=signature, opset=opset, output_path=str(path))
        kind = "tf2onnx"
    found = onnx.load(path)
    text = " ".join(layer.__class__.__name__ for layer in model.layers)
    fixed = any(p.get("batch") for p in spec["inputs"])
    arguments = [given] if fixed else [given, [a[:1] for a in given], [np.concatenate([a, a[:1]]) for a in given]]
    return path, arguments, kind, found.opset_import[0].version, text, None


def one(request, seed):
    r = random.Random(seed)
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):  # onnxruntime's tools write where they run
        folder = pathlib.Path(name)
        make = keras_file if "spec" in request else torch_file
        more = (request["spec"], request["data"]) if "spec" in request else ()
        path, arguments, kind, opset, text, own = make(r, seed, folder, *more)
        said = {"seed": seed, "kind": kind, "opset": opset, "text": text, "judge": "onnxruntime"}
        try:
            path, how = variant(r, path, arguments, kind)
        except Exception as error:
            how = ""
            said["text"] += f" (not changed: {type(error).__name__}: {error})"[:120]
        if how:
            said["kind"] = how.split("(")[0].split(",")[0]
            said["text"] += f"; {how}"
        try:
            said["runs"] = runs_of(path, arguments, plain="quantize_" in how)
        except Exception as error:
            if "double" not in text or how:
                raise
            # ONNX Runtime has no such operator of double precision: PyTorch itself says the numbers.
            said["judge"] = "PyTorch"
            said["runs"] = [
                {"inputs": [packed(n.name, np.asarray(a)) for n, a in zip(onnx.load(path).graph.input, arrays)], "outputs": [packed(n.name, y) for n, y in zip(onnx.load(path).graph.output, own(arrays))]}
                for arrays in arguments
            ]
        files = [path, *[p for p in folder.iterdir() if p.suffix not in (".onnx", ".keras")]]
        said["files"] = {p.name: base64.b64encode(p.read_bytes()).decode() for p in files if p.is_file()}
        said["model"] = path.name
        said["operators"] = sorted({f"{n.domain}.{n.op_type}".lstrip(".") for n in nodes_of(onnx.load(path, load_external_data=False).graph)})
        return said


def nodes_of(graph):
    for node in graph.node:
        yield node
        for a in node.attribute:
            for inner in [a.g, *a.graphs]:
                yield from nodes_of(inner)


def asked(request):
    seed = request["seed"]
    try:
        return one(request, seed)
    except Exception as error:
        return {"seed": seed, "raised": f"{type(error).__name__}: {error}"[:200]}


if __name__ == "__main__":
    answer(asked)
