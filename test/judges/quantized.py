"""Keras's and ONNX Runtime's side of quantized models: makes one, and predicts with the files that are written here."""
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from answer import answer


def made():
    keras.utils.set_random_seed(7)
    ids = keras.Input((9,), dtype="int32", name="ids")
    h = keras.layers.Embedding(30, 8, mask_zero=True, name="words")(ids)
    h = keras.layers.LSTM(6, return_sequences=True, name="lstm")(h)
    h = keras.layers.Dense(5, activation="relu", name="steps")(h)
    h = keras.layers.GRU(4, name="gru")(h)
    return keras.Model(ids, keras.layers.Dense(3, activation="softmax", name="classes")(h))


def make(r):
    """A model that Keras has quantized, compiled, and saved; its predictions, those before, and a dense layer alone."""
    model = made()
    x = np.array(r["x"], np.int32)
    before = model(x).numpy()
    model.compile("adam", "categorical_crossentropy")
    model.quantize("int8")
    model.save(r["path"])
    return {"before": before.tolist(), "after": np.asarray(model(x)).tolist()}


def predict(r):
    """What Keras predicts with a file, and the dtypes of its weights."""
    model = keras.saving.load_model(r["path"])
    x = np.array(r["x"], r["dtype"])
    policies = [layer.dtype_policy.name for layer in model.layers]
    return {"y": np.asarray(model(x, training=False)).tolist(), "policies": policies}


def onnx(r):
    import onnxruntime

    session = onnxruntime.InferenceSession(r["path"])
    x = np.array(r["x"], r["dtype"])
    return {"y": session.run(None, {session.get_inputs()[0].name: x})[0].tolist()}


if __name__ == "__main__":
    if len(sys.argv) > 1:  # quantized.py FOLDER: writes the fixture
        import json

        rows = np.random.RandomState(3).randint(0, 30, (5, 9))
        rows[0, 6:] = 0
        rows[3, 2:] = 0
        folder = sys.argv[1]
        got = make({"path": f"{folder}/keras-int8.keras", "x": rows.tolist()})
        with open(f"{folder}/keras-int8.json", "w") as out:
            json.dump({"keras": keras.__version__, "x": rows.tolist(), **got}, out)
    else:
        answer(lambda r: globals()[r["what"]](r))
