"""Writes ../fixtures/compile-numbers.json: losses and metrics with options beside Keras, for src/train/keras-numbers.test.ts.

    python test/judges/make-compile.py      # Keras 3.15.1 on TensorFlow, see requirements.txt
"""
import json
import os
import pathlib

os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
import keras
import numpy as np

draws = np.random.default_rng(4)
rows = 9
p1 = np.round(draws.uniform(0, 1, (rows, 1)), 2)
y1 = draws.integers(0, 2, (rows, 1))
p3 = np.round(draws.dirichlet([1, 1, 1], rows), 3)
ids = draws.integers(0, 3, rows)
y3 = np.eye(3)[ids]
weight = np.round(draws.uniform(0, 2, rows), 2)
data = {"binary": (y1, p1), "one-hot": (y3, p3), "classes": (ids, p3)}
reductions = ["sum", "mean", "mean_with_sample_weight"]
losses = [
    *[("BinaryCrossentropy", {"reduction": r}, "binary") for r in reductions],
    *[("MeanSquaredError", {"reduction": r}, "one-hot") for r in reductions],
    ("SparseCategoricalCrossentropy", {"ignore_class": 1}, "classes"),
    ("Dice", {}, "binary"),
    ("Dice", {"axis": [1]}, "one-hot"),
    ("Tversky", {"alpha": 0.3, "beta": 0.7}, "binary"),
    ("Tversky", {"alpha": 0.3, "beta": 0.7, "axis": [1]}, "one-hot"),
]
metrics = [
    ("PrecisionAtRecall", {"recall": 0.5}, "binary"),
    ("PrecisionAtRecall", {"recall": 0.5, "num_thresholds": 1}, "binary"),
    ("RecallAtPrecision", {"precision": 0.6, "num_thresholds": 20}, "binary"),
    ("SensitivityAtSpecificity", {"specificity": 0.5}, "binary"),
    ("SpecificityAtSensitivity", {"sensitivity": 0.5, "class_id": 1}, "one-hot"),
    ("AUC", {"thresholds": [0.3, 0.6]}, "binary"),
    ("AUC", {"multi_label": True}, "one-hot"),
    ("AUC", {"multi_label": True, "label_weights": [1.0, 2.0, 3.0], "curve": "PR"}, "one-hot"),
    ("AUC", {"label_weights": [1.0, 2.0, 3.0]}, "one-hot"),
    ("F1Score", {}, "one-hot"),
    ("FBetaScore", {"beta": 2.0, "average": "weighted"}, "one-hot"),
    ("FBetaScore", {"beta": 0.5, "threshold": 0.4}, "one-hot"),
    ("Precision", {"thresholds": [0.3, 0.6]}, "binary"),
    ("Recall", {"top_k": 2, "thresholds": 0.3}, "one-hot"),
    ("TruePositives", {"thresholds": [0.2, 0.5]}, "binary"),
    ("BinaryIoU", {"threshold": 0.4}, "binary"),
    ("BinaryIoU", {"target_class_ids": [1]}, "binary"),
    ("IoU", {"num_classes": 3, "target_class_ids": [0, 2], "sparse_y_pred": False}, "classes"),
    ("MeanIoU", {"num_classes": 3, "sparse_y_pred": False, "ignore_class": 1}, "classes"),
    ("OneHotIoU", {"num_classes": 3, "target_class_ids": [1]}, "one-hot"),
    ("OneHotMeanIoU", {"num_classes": 3}, "one-hot"),
    ("LogCoshError", {}, "binary"),
    ("BinaryCrossentropy", {"label_smoothing": 0.1}, "binary"),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, "one-hot"),
    ("SparseCategoricalCrossentropy", {}, "classes"),
]


def loss_entry(name, config, kind):
    y, p = data[kind]
    f = getattr(keras.losses, name)(**config)
    y, p = y.astype("float32"), p.astype("float32")
    weighted = None if name in ("Dice", "Tversky") and "axis" not in config else float(f(y, p, sample_weight=weight))
    return {"class": name, "config": config, "kind": kind, "value": float(f(y, p)), "weighted": weighted}


def metric_entry(name, config, kind):
    y, p = data[kind]
    m = getattr(keras.metrics, name)(**config)
    for part in (slice(0, 4), slice(4, rows)):
        m.update_state(y[part], p[part].astype("float32"))
    return {"class": name, "config": m.get_config(), "kind": kind, "value": np.asarray(m.result()).tolist()}


out = {
    "data": {k: [y.tolist(), p.tolist()] for k, (y, p) in data.items()},
    "weight": weight.tolist(),
    "losses": [loss_entry(*l) for l in losses],
    "metrics": [metric_entry(*m) for m in metrics],
}
path = pathlib.Path(__file__).parent / "../fixtures/compile-numbers.json"
plain = lambda v: np.asarray(v).tolist() if hasattr(v, "shape") else str(v)
path.write_text(json.dumps(out, separators=(",", ":"), default=plain) + "\n")
