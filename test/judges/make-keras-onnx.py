"""Writes ../fixtures/keras-onnx.json: models that Keras exports as ONNX (by tf2onnx), and what ONNX Runtime computes for them.

    build/judges/bin/python test/judges/make-keras-onnx.py
"""
import base64
import json
import os
import pathlib
import tempfile
import warnings

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
warnings.simplefilter("ignore")
import keras
import numpy as np
import onnx
import onnxruntime
from keras import layers as L

Input = keras.Input


def stack(*layers):
    return lambda: keras.Sequential(list(layers))


def attending():
    x = Input((5, 8))
    y = L.LayerNormalization()(L.Add()([x, L.MultiHeadAttention(2, 4)(x, x)]))
    return keras.Model(x, L.Dense(2, activation="softmax")(L.GlobalAveragePooling1D()(y)))


def translating():
    a, b = Input((4, 3)), Input((5, 2))
    _, h, c = L.LSTM(6, return_state=True)(a)
    return keras.Model([a, b], L.Dense(2)(L.LSTM(6, return_sequences=True)(b, initial_state=[h, c])))


models = {
    "embedding and LSTM": stack(Input((5,)), L.Embedding(9, 4), L.LSTM(3), L.Dense(2, activation="softmax")),
    "LSTMs over any number of steps": stack(Input((None, 3)), L.LSTM(4, return_sequences=True), L.LSTM(3), L.Dense(1)),
    "two directions": stack(Input((6, 3)), L.Bidirectional(L.LSTM(4, return_sequences=True)), L.Bidirectional(L.GRU(3))),
    "GRU": stack(Input((6, 3)), L.GRU(4, return_sequences=True, reset_after=False), L.GRU(3), L.Dense(2)),
    "SimpleRNN backwards": stack(Input((6, 3)), L.SimpleRNN(4, go_backwards=True), L.Dense(2)),
    "a mask": stack(Input((6,)), L.Embedding(9, 4, mask_zero=True), L.LSTM(3), L.Dense(2)),
    "Conv1D": stack(Input((12, 3)), L.Conv1D(4, 3, padding="causal", dilation_rate=2), L.MaxPooling1D(2), L.LSTM(3)),
    "Conv2D": stack(
        Input((8, 8, 3)), L.Conv2D(4, 3, activation="relu"), L.MaxPooling2D(), L.Conv2D(2, 3, padding="same", strides=2), L.Flatten(), L.Dense(2)
    ),
    "separable convolution": stack(Input((6, 6, 3)), L.SeparableConv2D(4, 3), L.BatchNormalization(), L.GlobalAveragePooling2D()),
    "transposed convolution": stack(Input((6, 3)), L.Conv1DTranspose(4, 3, strides=2, padding="same"), L.UpSampling1D(2)),
    "activations": stack(
        Input((5,)), L.Dense(8, activation="silu"), L.Dense(8, activation="selu"), L.Dense(8, activation="softplus"), L.LeakyReLU(), L.PReLU(), L.Dense(2, activation="hard_sigmoid")
    ),
    "TimeDistributed": stack(Input((4, 6, 3)), L.TimeDistributed(L.Conv1D(4, 3)), L.TimeDistributed(L.Flatten()), L.LSTM(3)),
    "attention": attending,
    "an encoder's state for a decoder": translating,
    "normalizations": stack(
        Input((8, 3)), L.LayerNormalization(), L.Conv1D(4, 3, activation="elu"), L.BatchNormalization(), L.Bidirectional(L.LSTM(3)), L.BatchNormalization(), L.Dense(2, activation="silu")
    ),
    "GroupNormalization": stack(Input((6, 4)), L.GroupNormalization(2), L.LSTM(2)),
}  # fmt: skip

keras.utils.set_random_seed(1)
draw = np.random.default_rng(0)
plain = lambda array: {"shape": list(array.shape), "data": [float(f"{v:.8g}") for v in array.astype(np.float64).ravel()]}
found = []
with tempfile.TemporaryDirectory() as folder:
    for name, make in models.items():
        model = make()
        for w in model.weights:  # gamma, beta and variances of their own
            if "normalization" in w.path:
                w.assign(draw.uniform(0.5, 2, w.shape))
        ids = isinstance(model.layers[0], L.Embedding)
        shapes = [[3, *[d or 7 for d in x.shape[1:]]] for x in model.inputs]
        xs = [(draw.integers(0, 9, s) if ids else draw.normal(size=s).round(3)).astype("float32") for s in shapes]
        model.predict(xs if len(xs) > 1 else xs[0], verbose=0)
        path = f"{folder}/model.onnx"
        model.export(path, format="onnx", verbose=False)
        session = onnxruntime.InferenceSession(path)
        types = {"tensor(float)": "float32", "tensor(int32)": "int32", "tensor(int64)": "int64"}
        given = {place.name: x.astype(types[place.type]) for place, x in zip(session.get_inputs(), xs)}
        model = base64.b64encode(pathlib.Path(path).read_bytes()).decode()
        arrays = {"inputs": [plain(x) for x in xs], "outputs": [plain(y) for y in session.run(None, given)]}
        found.append({"name": name, "model": model, **arrays})

path = pathlib.Path(__file__).parent / "../fixtures/keras-onnx.json"
path.write_text("[\n" + ",\n".join(json.dumps(one) for one in found) + "\n]\n")
print(len(found), "models,", path.stat().st_size, "bytes, onnx", onnx.__version__)
