"""Keras's side of mixed_bfloat16: makes and trains a model under the policy, and predicts with the files that are written here."""
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from answer import answer


def make(r):
    """A model under the policy, saved before training; its predictions, the losses of `steps` steps, and the predictions after them."""
    keras.utils.set_random_seed(7)
    policy = {"dtype": "mixed_bfloat16"}
    ids = keras.Input((9,), dtype="int32", name="ids")
    h = keras.layers.Embedding(30, 8, mask_zero=True, name="words", **policy)(ids)
    h = keras.layers.Bidirectional(keras.layers.LSTM(6, return_sequences=True, **policy), name="both", **policy)(h)
    h = keras.layers.Dense(5, activation="relu", name="steps", **policy)(h)
    h = keras.layers.GRU(4, name="gru", **policy)(h)
    model = keras.Model(ids, keras.layers.Dense(3, activation="softmax", name="classes")(h))  # of float32, as Keras advises
    x, y = np.array(r["x"], np.int32), np.array(r["y"], np.int32)
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    model.save(r["path"])
    before = np.asarray(model(x)).tolist()
    losses = [float(model.train_on_batch(x, y)) for _ in range(r["steps"])]
    return {"before": before, "losses": losses, "after": np.asarray(model(x)).tolist()}


def predict(r):
    """What Keras predicts with a file, and the policies of its layers."""
    model = keras.saving.load_model(r["path"])
    y = model(np.array(r["x"], "int32"), training=False)
    return {"y": np.asarray(y, np.float32).tolist(), "policies": [layer.dtype_policy.name for layer in model.layers]}


if __name__ == "__main__":
    if len(sys.argv) > 1:  # mixed.py FOLDER: writes the fixture
        import json

        rows = np.random.RandomState(3).randint(1, 30, (8, 9))
        rows[0, 6:] = 0
        rows[3, 2:] = 0
        asked = {"x": rows.tolist(), "y": (rows[:, 0] % 3).tolist(), "steps": 20}
        got = make({"path": f"{sys.argv[1]}/keras-mixed.keras", **asked})
        with open(f"{sys.argv[1]}/keras-mixed.json", "w") as out:
            json.dump({"keras": keras.__version__, **asked, **got}, out)
    else:
        answer(lambda r: globals()[r["what"]](r))
