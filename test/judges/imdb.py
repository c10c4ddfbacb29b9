"""The class documents' two IMDb programs in Keras, one line of JSON for each seed: the other side of `npm run reproduce -- imdb-200`.

    KERAS_BACKEND=tensorflow build/judges/bin/python test/judges/imdb.py imdb-200 --data DATA/imdb --seeds 1,2,3,4,5

DATA/imdb holds Keras's imdb.npz. `set_random_seed` also fixes the order of the rows: TensorFlow keeps the first epoch's for all.
"""

import argparse
import json
import os
import time

import keras
from keras import layers
from keras.src.datasets import imdb

PROGRAMS = {"imdb-200": (200, 5), "imdb-500": (500, 3)}

parser = argparse.ArgumentParser()
parser.add_argument("program", choices=PROGRAMS)
parser.add_argument("--data", required=True, help="folder of imdb.npz")
parser.add_argument("--seeds", default="1,2,3,4,5")
options = parser.parse_args()

imdb.get_file = lambda *_, **__: os.path.join(options.data, "imdb.npz")  # nothing is fetched, packed anew it has another hash

length, epochs = PROGRAMS[options.program]
(x_train, y_train), (x_test, y_test) = imdb.load_data(num_words=10_000)
x_train = keras.utils.pad_sequences(x_train, maxlen=length)
x_test = keras.utils.pad_sequences(x_test, maxlen=length)

for seed in map(int, options.seeds.split(",")):
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    if options.program == "imdb-200":
        recurrent = [layers.LSTM(128, dropout=0.2, recurrent_dropout=0.2)]
        fit = {"validation_split": 0.2}
    else:
        recurrent = [layers.LSTM(100), layers.Dropout(0.5)]
        fit = {"validation_data": (x_test, y_test)}
    model = keras.Sequential(
        [keras.Input((length,)), layers.Embedding(10_000, 128), *recurrent, layers.Dense(1, activation="sigmoid")]
    )
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    start = time.monotonic()
    history = model.fit(x_train, y_train, batch_size=64, epochs=epochs, verbose=0, **fit)
    seconds = time.monotonic() - start
    loss, accuracy = model.evaluate(x_test, y_test, batch_size=64, verbose=0)
    line = {"program": options.program, "seed": seed, "accuracy": accuracy, "loss": loss, "seconds": round(seconds, 1)}
    print(json.dumps({**line, "keras": keras.__version__, "history": history.history}), flush=True)
