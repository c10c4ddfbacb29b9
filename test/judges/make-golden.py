"""Writes ../golden/values: what Keras computes, in small, for a clone that has nothing beside it.

Layers with distinct weights (outputs, gradients), optimizers (weights and state after each step), learning-rate schedules,
losses and metrics, and a model with a mask. The larger set of the same form lies in shared/golden.

    KERAS_BACKEND=tensorflow python test/judges/make-golden.py      # Keras 3.15.1, see requirements.txt
"""

import inspect
import json
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np
import tensorflow as tf

folder = pathlib.Path(__file__).parent / "../golden/values"
draws = np.random.default_rng(15)


def draw(*shape, scale=1.0):
    return np.round(draws.normal(0, scale, shape), 3).astype("float32")


def plain(value):
    """Numbers with seven digits, as many as float32 has."""
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (np.floating, float)):
        return float(f"{float(value):.8g}")
    if isinstance(value, (np.ndarray, tf.Tensor, tf.Variable, keras.Variable)):
        return plain(np.asarray(value).tolist())
    return value


def write(name, value):
    (folder / name).write_text(json.dumps(plain(value), separators=(",", ":")) + "\n")


# Layers ---------------------------------------------------------------------------------------------------------------------
x = draw(3, 4, 2)
masks = {
    "none": None,
    "right": [[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]],
    "left": [[1, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1]],
    "inner": [[1, 0, 1, 1], [0, 1, 0, 1], [0, 0, 0, 0]],
}


def layer_case(name, config, layer, mask=None, states=0):
    initial = [draw(3, 3) for _ in range(states)]
    kwargs = {} if mask is None else {"mask": tf.constant(np.array(mask, bool))}
    if initial:
        kwargs["initial_state"] = [tf.constant(s) for s in initial]
    layer(tf.constant(x), **kwargs)  # builds it
    layer.set_weights([draw(*w.shape, scale=0.6) for w in layer.weights])
    with tf.GradientTape() as tape:
        given = tf.constant(x)
        tape.watch(given)
        outputs = layer(given, **kwargs)
        outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
        projection = [draw(*o.shape) for o in outputs]
        total = sum(tf.reduce_sum(o * p) for o, p in zip(outputs, projection))
    variables = [w.value for w in layer.trainable_weights]
    grads = tape.gradient(total, [given, *variables])
    zero = lambda g, like: tf.zeros_like(like) if g is None else g
    return {
        "name": name,
        "config": config,
        "mask": mask,
        "initial_state": initial or None,
        "weights": layer.get_weights(),
        "outputs": outputs,
        "projection": projection,
        "grad_weights": [zero(g, w) for g, w in zip(grads[1:], variables)],
        "grad_x": grads[0],
    }


def recurrent(kind, **options):
    return getattr(keras.layers, kind)(3, **options)


cases = []
for kind, mask in [("none", None), *list(masks.items())[1:]]:
    for sequences in (False, True):
        for tag, cls, more in (("lstm", "LSTM", {}), ("bilstm", "Bidirectional", {}), ("gru", "GRU", {"reset_after": True})):
            config = {"class": cls, "units": 3, **more, "return_sequences": sequences}
            layer = recurrent("GRU" if tag == "gru" else "LSTM", return_sequences=sequences, **more)
            if cls == "Bidirectional":
                layer, config = keras.layers.Bidirectional(layer), {**config, "layer": "LSTM", "merge_mode": "concat"}
            cases.append(layer_case(f"{tag}_rs{int(sequences)}_mask_{kind}", config, layer, mask))

for name, kind, options, mask, states in [
    ("gru_reset_before", "GRU", {"reset_after": False, "return_sequences": True}, None, 0),
    ("simple_rnn", "SimpleRNN", {"return_sequences": True}, None, 0),
    ("lstm_return_state", "LSTM", {"return_sequences": True, "return_state": True}, None, 0),
    ("lstm_initial_state", "LSTM", {"return_state": True}, None, 2),
    ("lstm_go_backwards", "LSTM", {"return_sequences": True, "go_backwards": True}, None, 0),
    ("lstm_zero_output_for_mask", "LSTM", {"return_sequences": True, "zero_output_for_mask": True}, masks["inner"], 0),
    ("lstm_hard_sigmoid", "LSTM", {"return_sequences": True, "recurrent_activation": "hard_sigmoid"}, None, 0),
    ("lstm_relu_nobias", "LSTM", {"activation": "relu", "use_bias": False}, None, 0),
]:
    cases.append(layer_case(name, {"class": kind, "units": 3, **options}, recurrent(kind, **options), mask, states))

for mode in ("sum", "mul", "ave"):
    layer = keras.layers.Bidirectional(recurrent("LSTM", return_sequences=True), merge_mode=mode)
    config = {"class": "Bidirectional", "layer": "LSTM", "units": 3, "return_sequences": True, "merge_mode": mode}
    cases.append(layer_case(f"bilstm_{mode}", config, layer))
layer = keras.layers.Bidirectional(recurrent("LSTM", return_state=True))
config = {"class": "Bidirectional", "layer": "LSTM", "units": 3, "return_state": True, "merge_mode": "concat"}
cases.append(layer_case("bilstm_return_state", config, layer))
layer = keras.layers.RNN([keras.layers.LSTMCell(3), keras.layers.GRUCell(2)], return_sequences=True)
config = {"class": "RNN", "cells": ["LSTMCell(3)", "GRUCell(2)"], "return_sequences": True}
cases.append(layer_case("stacked_rnn_cells", config, layer))
layer = keras.layers.TimeDistributed(keras.layers.Dense(2, activation="tanh"))
cases.append(layer_case("time_distributed_dense", {"class": "TimeDistributed", "layer": "Dense", "units": 2, "activation": "tanh"}, layer))
write("rnn_layers.json", {"x": x, "cases": cases})

# Optimizers -----------------------------------------------------------------------------------------------------------------
p0 = [draw(2, 3), draw(3)]
steps = [[draw(2, 3, scale=0.6), draw(3, scale=0.6)] for _ in range(4)]
o = keras.optimizers
optimizers = {
    "sgd": o.SGD(0.1),
    "sgd_momentum": o.SGD(0.1, momentum=0.9),
    "sgd_nesterov": o.SGD(0.1, momentum=0.9, nesterov=True),
    "adam": o.Adam(0.1),
    "adam_amsgrad": o.Adam(0.1, amsgrad=True),
    "adam_clipnorm": o.Adam(0.1, clipnorm=0.5),
    "adam_global_clipnorm": o.Adam(0.1, global_clipnorm=0.5),
    "adam_clipvalue": o.Adam(0.1, clipvalue=0.2),
    "adam_weight_decay": o.Adam(0.1, weight_decay=0.05),
    "adam_ema": o.Adam(0.1, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=2),
    "adam_accumulated": o.Adam(0.1, gradient_accumulation_steps=2),
    "adamw": o.AdamW(0.1),
    "adamax": o.Adamax(0.1),
    "nadam": o.Nadam(0.1),
    "rmsprop": o.RMSprop(0.1),
    "rmsprop_centered": o.RMSprop(0.1, momentum=0.8, centered=True),
    "adagrad": o.Adagrad(0.1),
    "adadelta": o.Adadelta(1.0),
    "adafactor": o.Adafactor(0.1),
    "ftrl": o.Ftrl(0.1),
    "lion": o.Lion(0.1),
    "lamb": o.Lamb(0.1),
}
cases = []
for name, optimizer in optimizers.items():
    variables = [keras.Variable(p) for p in p0]
    optimizer.build(variables)
    seen = []
    for gradients in steps:
        optimizer.apply([tf.constant(g) for g in gradients], variables)
        seen.append([np.asarray(v) for v in variables])
    config = {k: v for k, v in optimizer.get_config().items()}
    paths = [v.path for v in optimizer.variables]
    cases.append({
        "name": name,
        "config": config,
        "variable_names": paths,
        "params_after_each_step": seen,
        "state_after": [np.asarray(v) for v in optimizer.variables],
    })
write("optimizers.json", {"p0": p0, "grads": steps, "cases": cases})

# Schedules ------------------------------------------------------------------------------------------------------------------
s = keras.optimizers.schedules
schedules = {
    "exponential": s.ExponentialDecay(0.1, 10, 0.5),
    "exponential_stair": s.ExponentialDecay(0.1, 10, 0.5, staircase=True),
    "cosine": s.CosineDecay(0.1, 20, alpha=0.1),
    "cosine_warmup": s.CosineDecay(0.0, 20, warmup_target=0.1, warmup_steps=5),
    "cosine_restarts": s.CosineDecayRestarts(0.1, 5, t_mul=2.0, m_mul=0.8, alpha=0.01),
    "inverse_time": s.InverseTimeDecay(0.1, 10, 0.5),
    "piecewise": s.PiecewiseConstantDecay([5, 10], [0.1, 0.05, 0.01]),
    "polynomial": s.PolynomialDecay(0.1, 20, 0.001, power=2.0),
    "polynomial_cycle": s.PolynomialDecay(0.1, 10, 0.001, power=1.0, cycle=True),
}
rates = {name: {"config": schedule.get_config(), "values": [float(schedule(k)) for k in range(31)]} for name, schedule in schedules.items()}
(folder / "schedules.json").write_text(json.dumps(rates, separators=(",", ":")) + "\n")  # every digit: the rates are compared to 3e-8

# Losses and metrics ---------------------------------------------------------------------------------------------------------
rows = 6
yes = draws.integers(0, 2, (rows, 1)).astype("float32")
p = np.clip(np.round(draws.uniform(0.05, 0.95, (rows, 1)), 3), 0, 1).astype("float32")
logits = draw(rows, 1, scale=2)
classes = np.array([0, 1, 2, 1, 0, 2], "int32")
shares = np.round(draws.dirichlet([1, 1, 1], rows), 4).astype("float32")
scores = draw(rows, 3, scale=2)
one_hot = np.eye(3, dtype="float32")[classes]
real, guess = draw(rows, 2), draw(rows, 2)
positive, near = np.abs(draw(rows, 2)) + 0.2, np.abs(draw(rows, 2)) + 0.2
signs = np.sign(draw(rows, 2))
weight = np.abs(draw(rows)) + 0.1
l, m = keras.losses, keras.metrics
losses = {
    "binary_crossentropy": (l.BinaryCrossentropy(), yes, p),
    "binary_crossentropy_logits": (l.BinaryCrossentropy(from_logits=True), yes, logits),
    "binary_crossentropy_ls": (l.BinaryCrossentropy(label_smoothing=0.1), yes, p),
    "sparse_categorical": (l.SparseCategoricalCrossentropy(), classes[:, None], shares),
    "sparse_categorical_logits": (l.SparseCategoricalCrossentropy(from_logits=True), classes[:, None], scores),
    "categorical": (l.CategoricalCrossentropy(), one_hot, shares),
    "categorical_ls": (l.CategoricalCrossentropy(label_smoothing=0.1), one_hot, shares),
    "mse": (l.MeanSquaredError(), real, guess),
    "mae": (l.MeanAbsoluteError(), real, guess),
    "mape": (l.MeanAbsolutePercentageError(), positive, near),
    "msle": (l.MeanSquaredLogarithmicError(), positive, near),
    "huber": (l.Huber(), real, guess),
    "logcosh": (l.LogCosh(), real, guess),
    "cosine": (l.CosineSimilarity(), real, guess),
    "hinge": (l.Hinge(), signs, guess),
    "kld": (l.KLDivergence(), one_hot * 0.8 + 0.2 / 3, shares),
    "poisson": (l.Poisson(), positive, near),
    "binary_focal": (l.BinaryFocalCrossentropy(), yes, p),
}
metrics = {
    "binary_accuracy": (m.BinaryAccuracy(), yes, p),
    "auc": (m.AUC(), yes, p),
    "auc_pr": (m.AUC(curve="PR"), yes, p),
    "precision": (m.Precision(), yes, p),
    "recall": (m.Recall(), yes, p),
    "f1": (m.F1Score(threshold=0.5), yes, p),
    "sparse_categorical_accuracy": (m.SparseCategoricalAccuracy(), classes[:, None], shares),
    "top2": (m.SparseTopKCategoricalAccuracy(k=2), classes[:, None], shares),
    "categorical_accuracy": (m.CategoricalAccuracy(), one_hot, shares),
    "rmse": (m.RootMeanSquaredError(), real, guess),
    "r2": (m.R2Score(), real, guess),
}
entry = lambda y, q, **more: {"y_true": y, "y_pred": q, **more}
write("losses_metrics.json", {
    "sample_weight": weight,
    "losses": {
        k: entry(y, q, value=np.asarray(f(y, q)), weighted=np.asarray(f(y, q, sample_weight=weight))) for k, (f, y, q) in losses.items()
    },
    "metrics": {k: (f.update_state(y, q), entry(y, q, value=np.asarray(f.result())))[1] for k, (f, y, q) in metrics.items()},
})

# A model with a mask --------------------------------------------------------------------------------------------------------
keras.utils.set_random_seed(15)
model = keras.Sequential([
    keras.layers.Input((5,)),
    keras.layers.Embedding(9, 3, mask_zero=True),
    keras.layers.LSTM(4, return_sequences=True),
    keras.layers.Dense(3, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
words = [[1, 2, 3, 4, 5], [6, 7, 0, 0, 0], [0, 8, 1, 0, 0], [2, 0, 0, 0, 0]]
tags = draws.integers(0, 3, (4, 5)).tolist()
model.fit(np.array(words), np.array(tags), epochs=2, batch_size=3, verbose=0)
said = model.evaluate(np.array(words), np.array(tags), batch_size=3, verbose=0, return_dict=True)
write("masked_model.json", {"x": words, "y": tags, "pred": model.predict(np.array(words), verbose=0), "evaluate": said, "batch_size": 3})
model.save(folder / "masked_model.keras")
print("written by Keras", keras.__version__, "on", keras.backend.backend())
