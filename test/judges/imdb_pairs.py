"""The class document's IMDb program of 500 words with everything that is drawn written down: the weights it begins with, the order of
the rows, what dropout keeps. Another library that begins from the files has the same program, so what differs is arithmetic alone.

    KERAS_BACKEND=tensorflow build/judges/bin/python test/judges/imdb_pairs.py --data DATA/imdb --out build/imdb-pairs

For each seed it writes FOLDER/SEED.keras (the untrained model, compiled) and prints a line of JSON. Order and dropout follow from
NumPy's RandomState(seed): a permutation of the 25,000 rows, then for each of 3 epochs 25,000 x 100 of `random_sample() < 0.5`.
"""

import argparse
import json
import os
import time

import keras
import numpy as np
from keras import layers
from keras.src.datasets import imdb

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True, help="folder of imdb.npz")
parser.add_argument("--out", required=True, help="folder for the untrained models")
parser.add_argument("--seeds", default="1,2,3,4,5")
options = parser.parse_args()

imdb.get_file = lambda *_, **__: os.path.join(options.data, "imdb.npz")
(x_train, y_train), (x_test, y_test) = imdb.load_data(num_words=10_000)
x_train = keras.utils.pad_sequences(x_train, maxlen=500)
x_test = keras.utils.pad_sequences(x_test, maxlen=500)

for seed in map(int, options.seeds.split(",")):
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    words = keras.Input((500,), dtype="int32", name="words")
    keep = keras.Input((100,), name="keep")
    h = layers.LSTM(100)(layers.Embedding(10_000, 128)(words))
    model = keras.Model([words, keep], layers.Dense(1, activation="sigmoid")(layers.Multiply()([h, keep])))
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    model.save(os.path.join(options.out, f"{seed}.keras"))
    drawn = np.random.RandomState(seed)
    order = drawn.permutation(len(x_train))
    start = time.monotonic()
    losses = []
    for _ in range(3):
        kept = (drawn.random_sample((len(x_train), 100)) < 0.5).astype("float32") * 2
        history = model.fit([x_train[order], kept], y_train[order], batch_size=64, epochs=1, shuffle=False, verbose=0)
        losses += history.history["loss"]
    seconds = time.monotonic() - start
    whole = np.ones((len(x_test), 100), "float32")
    loss, accuracy = model.evaluate([x_test, whole], y_test, batch_size=64, verbose=0)
    line = {"program": "imdb-500", "seed": seed, "accuracy": accuracy, "loss": loss, "losses": losses}
    print(json.dumps({**line, "seconds": round(seconds, 1), "keras": keras.__version__}), flush=True)
