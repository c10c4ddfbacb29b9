"""Pickles as class projects leave them, with what each object gives for the same input, for src/pickles/pickles.test.ts.

    KERAS_BACKEND=tensorflow build/judges/bin/python test/judges/make-pickles.py test/fixtures/pickles

One file a kind and protocol, small; expected.json has the numbers.
"""

import bz2
import json
import lzma
import os
import pickle
import sys
import tarfile
import zipfile

import joblib
import numpy as np
from keras.src.legacy.preprocessing.text import Tokenizer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    LabelBinarizer,
    LabelEncoder,
    MinMaxScaler,
    OneHotEncoder,
    RobustScaler,
    StandardScaler,
)

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
expected = {}


def dump(name, value, protocol=pickle.DEFAULT_PROTOCOL):
    with open(os.path.join(folder, name), "wb") as file:
        pickle.dump(value, file, protocol)


rng = np.random.RandomState(3)
x = np.round(rng.normal(size=(12, 3)) * [1, 10, 100] + [0, 5, 1e6], 3)
unseen = np.round(rng.normal(size=(4, 3)) * [1, 10, 100] + [0, 5, 1e6], 3)
scalers = {
    "minmax": MinMaxScaler(feature_range=(-1, 1)),
    "standard": StandardScaler(),
    "robust": RobustScaler(),
    "standard-without-mean": StandardScaler(with_mean=False),
    "pipeline": Pipeline([("scale", StandardScaler()), ("box", MinMaxScaler())]),
    "minmax-clip": MinMaxScaler(feature_range=(-1, 2), clip=True),
    "pipeline-clip": Pipeline([("scale", StandardScaler()), ("box", MinMaxScaler(clip=True))]),
}
for name, scaler in scalers.items():
    scaler.fit(x)
    dump(f"{name}.pkl", scaler)
    joblib.dump(scaler, os.path.join(folder, f"{name}.joblib"))
    expected[name] = {"x": unseen.tolist(), "y": scaler.transform(unseen).tolist()}
for protocol in (0, 1, 2, 3, 5):
    dump(f"minmax-{protocol}.pkl", scalers["minmax"], protocol)
joblib.dump(scalers["minmax"], os.path.join(folder, "minmax-zlib.joblib"), compress=("zlib", 3))
joblib.dump(scalers["minmax"], os.path.join(folder, "minmax-gzip.joblib"), compress=("gzip", 3))
joblib.dump(scalers["minmax"], os.path.join(folder, "minmax-bz2.joblib"), compress=("bz2", 3))

labels = ["spam", "ham", "spam", "eggs"]
encoder = LabelEncoder().fit(labels)
dump("labels.pkl", encoder)
joblib.dump(encoder, os.path.join(folder, "labels.joblib"))
expected["labels"] = {"x": labels, "y": encoder.transform(labels).tolist()}
dump("numbers.pkl", LabelEncoder().fit([30, 10, 20]))
expected["numbers"] = {"x": [10, 30], "y": [0, 2]}
binarizer = LabelBinarizer().fit(labels)
dump("binarizer.pkl", binarizer)
expected["binarizer"] = {"x": labels, "y": binarizer.transform(labels).tolist()}
rows = [["red", 2], ["blue", 1], ["red", 1]]
one_hot = OneHotEncoder(handle_unknown="ignore").fit(rows)
dump("onehot.pkl", one_hot)
expected["onehot"] = {"x": rows, "y": one_hot.transform(rows).toarray().tolist()}
more = [["red", 2, "a"], ["blue", 1, "b"], ["red", 1, "c"], ["green", 2, "a"]]
for name, drop in {"first": "first", "binary": "if_binary", "named": ["green", 2, "b"]}.items():
    one_hot = OneHotEncoder(drop=drop).fit(more)
    dump(f"onehot-drop-{name}.pkl", one_hot)
    joblib.dump(one_hot, os.path.join(folder, f"onehot-drop-{name}.joblib"))
    expected[f"onehot-drop-{name}"] = {"x": more, "y": one_hot.transform(more).toarray().tolist()}
dump("clip-before.pkl", Pipeline([("box", MinMaxScaler(clip=True)), ("scale", StandardScaler())]).fit(x))

texts = ["The cat sat on the mat.", "The dog ate my homework!", "A cat, a dog"]
tokenizer = Tokenizer(num_words=8, oov_token="<OOV>")
tokenizer.fit_on_texts(texts)
for protocol in (0, 2, 4, 5):
    dump(f"tokenizer-{protocol}.pickle", tokenizer, protocol)
asked = ["the cat ate a fish", "My mat"]
expected["tokenizer"] = {"x": asked, "y": tokenizer.texts_to_sequences(asked), "index": tokenizer.word_index}

dump("plain.pkl", {"classes": ["a", "b"], "steps": 3, "rate": 0.5, "ids": (1, 2), "x": x, "none": None, "one": np.float64(1.5)})
expected["plain"] = {"x": x.tolist()}
for protocol in (0, 1, 2, 3, 4):
    dump(f"sets-{protocol}.pkl", {"set": {7}, "frozen": frozenset(["é"]), "none": set()}, protocol)
with zipfile.ZipFile(os.path.join(folder, "minmax.pkl.zip"), "w", zipfile.ZIP_DEFLATED) as packed:
    packed.write(os.path.join(folder, "minmax.pkl"), "minmax.pkl")
with zipfile.ZipFile(os.path.join(folder, "two.pkl.zip"), "w") as packed:
    for name in ("numbers.pkl", "plain.pkl"):
        packed.write(os.path.join(folder, name), name)
for ending, package in {"bz2": bz2, "xz": lzma}.items():
    with open(os.path.join(folder, f"numbers.pkl.{ending}"), "wb") as file:
        file.write(package.compress(pickle.dumps(3)))
for ending in ("tar", "tar.gz"):
    with tarfile.open(os.path.join(folder, f"numbers.pkl.{ending}"), "w:gz" if "gz" in ending else "w") as packed:
        packed.add(os.path.join(folder, "numbers.pkl"), "numbers.pkl")


class Net:
    def __init__(self):
        self.secret = 1


dump("own-class.pkl", Net())
with open(os.path.join(folder, "expected.json"), "w") as file:
    json.dump(expected, file, separators=(",", ":"))
