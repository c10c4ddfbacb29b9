"""Keras's side of input-layers.mjs: layers that read texts, categories and numbers; adapted, saved, opened."""
import keras
import numpy as np
import tensorflow as tf

from answer import answer

TYPES = {"string": str, "int64": np.int64, "float32": np.float32}


def array(values, dtype):
    return tf.constant(values) if dtype == "string" else np.array(values, TYPES[dtype])


def numbers(model, x, dtype):
    return np.asarray(model(array(x, dtype)), np.float64).ravel().tolist()


def make(r):
    config = {k: tuple(v) if k == "ngrams" and isinstance(v, list) else v for k, v in r["config"].items()}
    layer = getattr(keras.layers, r["class"])(**config)
    if r["adapt"] is not None:
        layer.adapt(array(r["adapt"], r["dtype"]))
    begin = keras.Input(r["shape"], dtype=r["dtype"])
    model = keras.Model(begin, layer(begin))
    if r["nested"]:
        outer = keras.Input(r["shape"], dtype=r["dtype"])
        model = keras.Model(outer, model(outer))
    said = {"values": numbers(model, r["x"], r["dtype"])}
    if hasattr(layer, "get_vocabulary"):
        said["vocabulary"] = [v if isinstance(v, str) else int(v) for v in layer.get_vocabulary()]
    if r["class"] == "Discretization":
        said["boundaries"] = [float(b) for b in layer.bin_boundaries]
    said["files"] = {}
    for ending in (".keras", ".h5"):
        model.save(r["path"] + ending)
        try:
            again = keras.models.load_model(r["path"] + ending)
            said["files"][ending] = numbers(again, r["x"], r["dtype"]) == said["values"]
        except Exception:
            said["files"][ending] = False
    return said


def read(r):
    return [numbers(keras.models.load_model(path), r["x"], r["dtype"]) for path in r["paths"]]


def one(request):
    keras.backend.clear_session()
    return {"make": make, "read": read}[request["do"]](request)


answer(one)
