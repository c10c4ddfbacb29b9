"""Class projects in Keras, written as a class writes them; one line of JSON for each program and seed: the other side of
`npm run reproduce -- class-projects`, whose programs have the same names, data, layers and epochs.

    KERAS_BACKEND=tensorflow build/judges/bin/python test/judges/class_projects.py --data ../shared/data \
        > docs/results/keras-class-projects.jsonl

`--only airline,stock` runs some of them; scripts/reproduce/class-lines.mjs counts the lines of each function's body.
"""

import argparse
import json
import time

import keras
import numpy as np
import pandas as pd
from keras import Sequential, layers
from keras.src.legacy.preprocessing.text import Tokenizer
from keras.utils import pad_sequences, to_categorical
from sklearn.metrics import root_mean_squared_error
from sklearn.preprocessing import LabelEncoder, MinMaxScaler, StandardScaler


def read_ts(path):
    """Sequences [T, D] and their labels of a file of timeseriesclassification.com."""
    rows = [line.strip().split(":") for line in open(path) if line.strip() and line[0] not in "#@"]
    return [np.array([c.split(",") for c in row[:-1]], dtype="float32").T for row in rows], [row[-1] for row in rows]


def pass_fail(data):
    x = np.array([[[1], [1], [0]], [[1], [1], [1]], [[0], [0], [1]], [[0], [0], [0]], [[1], [0], [1]]])
    y = np.array([1, 1, 0, 0, 1])
    model = Sequential([layers.LSTM(8), layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=100, verbose=0)
    loss, accuracy = model.evaluate(x, y, verbose=0)
    p = model.predict(np.array([[[1], [1], [1]]]), verbose=0)
    return {"loss": loss, "accuracy": accuracy, "p(1 1 1)": p[0, 0]}


def next_value(data):
    x = np.array([[1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 6]]).reshape(4, 3, 1)
    y = np.array([4, 5, 6, 7])
    model = Sequential([layers.LSTM(10), layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    model.fit(x, y, epochs=200, verbose=0)
    loss = model.evaluate(x, y, verbose=0)
    p = model.predict(np.array([[[5], [6], [7]]]), verbose=0)
    return {"loss": loss, "after 5 6 7": p[0, 0]}


def five_sentences(data):
    texts = [
        "I love this subject",
        "This lab is excellent",
        "I hate this course",
        "This topic is boring",
        "Very good explanation",
    ]
    y = np.array([1, 1, 0, 0, 1])
    tokenizer = Tokenizer(num_words=100)
    tokenizer.fit_on_texts(texts)
    x = pad_sequences(tokenizer.texts_to_sequences(texts), maxlen=5)
    model = Sequential([layers.Embedding(100, 8), layers.LSTM(16), layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=100, verbose=0)
    loss, accuracy = model.evaluate(x, y, verbose=0)
    return {"loss": loss, "accuracy": accuracy}


def four_lines(data):
    lines = ["hello how are you", "hello how is your day", "hello how are your friends", "hello what are you doing"]
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(lines)
    words = len(tokenizer.word_index) + 1
    rows = []
    for ids in tokenizer.texts_to_sequences(lines):
        for n in range(1, len(ids)):
            rows.append(ids[: n + 1])
    rows = pad_sequences(rows, padding="pre")
    x, y = rows[:, :-1], rows[:, -1]
    model = Sequential([layers.Embedding(words, 10), layers.LSTM(50), layers.Dense(words, activation="softmax")])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=200, verbose=0)
    loss, accuracy = model.evaluate(x, y, verbose=0)
    asked = pad_sequences(tokenizer.texts_to_sequences(["hello how is"]), maxlen=x.shape[1])
    word = tokenizer.index_word[int(model.predict(asked, verbose=0).argmax())]
    return {"loss": loss, "accuracy": accuracy, '"hello how is your"': float(word == "your")}


def faq(data):
    lines = [line for line in open(f"{data}/course-faq/faq.txt", encoding="utf8").read().split("\n") if line.strip()]
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(lines)
    words = len(tokenizer.word_index) + 1
    rows = []
    for ids in tokenizer.texts_to_sequences(lines):
        for n in range(1, len(ids)):
            rows.append(ids[: n + 1])
    rows = pad_sequences(rows, padding="pre")
    x, y = rows[:, :-1], to_categorical(rows[:, -1], words)
    model = Sequential()
    model.add(layers.Embedding(words, 100))
    model.add(layers.LSTM(150, return_sequences=True))
    model.add(layers.LSTM(150))
    model.add(layers.Dense(words, activation="softmax"))
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=8, batch_size=32, verbose=0)
    loss, accuracy = model.evaluate(x, y, verbose=0)
    return {"loss": loss, "accuracy": accuracy}


def characters(data):
    text = open(f"{data}/tiny-shakespeare/input.txt", encoding="utf8").read()[:4000]
    letters = sorted(set(text))
    index = {letter: i for i, letter in enumerate(letters)}
    ids = np.array([index[letter] for letter in text])
    x = to_categorical([ids[i - 40 : i] for i in range(40, len(ids))], len(letters))
    y = to_categorical(ids[40:], len(letters))
    model = Sequential([layers.LSTM(64), layers.Dense(len(letters), activation="softmax")])
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=5, batch_size=64, verbose=0)
    loss, accuracy = model.evaluate(x, y, verbose=0)
    return {"loss": loss, "accuracy": accuracy}


def intents(data):
    frame = pd.read_csv("test/fixtures/projects/intents/intents.csv")
    tokenizer = Tokenizer(num_words=60, oov_token="<OOV>")
    tokenizer.fit_on_texts(frame["pattern"])
    x = pad_sequences(tokenizer.texts_to_sequences(frame["pattern"]), maxlen=6, padding="post", truncating="post")
    encoder = LabelEncoder()
    y = encoder.fit_transform(frame["tag"])
    model = Sequential()
    model.add(layers.Embedding(60, 16))
    model.add(layers.LSTM(16))
    model.add(layers.Dense(len(encoder.classes_), activation="softmax"))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=100, verbose=0)
    loss, accuracy = model.evaluate(x, y, verbose=0)
    asked = pad_sequences(tokenizer.texts_to_sequences(["do you take my card"]), maxlen=6, padding="post")
    [tag] = encoder.inverse_transform(model.predict(asked, verbose=0).argmax(axis=1))
    return {"loss": loss, "accuracy": accuracy, '"do you take my card" is payment': float(tag == "payment")}


def airline(data):
    series = pd.read_csv(f"{data}/timeseries/airline-passengers.csv")[["Passengers"]].values
    scaler = MinMaxScaler().fit(series[:96])
    z = scaler.transform(series)
    x = np.array([z[i - 12 : i] for i in range(12, len(z))])
    y = z[12:]
    model = Sequential([layers.LSTM(32), layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    model.fit(x[:84], y[:84], epochs=100, batch_size=16, verbose=0)
    predicted = scaler.inverse_transform(model.predict(x[84:], verbose=0))
    return {"test RMSE": root_mean_squared_error(series[96:], predicted)}


def stock(data):
    train = pd.read_csv(f"{data}/timeseries/Google_Stock_Price_Train.csv")[["Open"]].values
    test = pd.read_csv(f"{data}/timeseries/Google_Stock_Price_Test.csv")[["Open"]].values
    scaler = MinMaxScaler().fit(train)
    z = scaler.transform(np.concatenate([train, test]))
    x = np.array([z[i - 60 : i] for i in range(60, len(z))])
    y = z[60:]
    n = len(train) - 60
    model = Sequential()
    model.add(layers.LSTM(50, return_sequences=True))
    model.add(layers.Dropout(0.2))
    model.add(layers.LSTM(50))
    model.add(layers.Dropout(0.2))
    model.add(layers.Dense(1))
    model.compile(optimizer="adam", loss="mean_squared_error")
    model.fit(x[:n], y[:n], epochs=5, batch_size=32, verbose=0)
    predicted = scaler.inverse_transform(model.predict(x[n:], verbose=0))
    return {"test RMSE": root_mean_squared_error(test, predicted)}


def several_days(data):
    series = pd.read_csv(f"{data}/timeseries/daily-min-temperatures.csv")[["Temp"]].values
    n = len(series) - 730
    scaler = StandardScaler().fit(series[:n])
    z = scaler.transform(series)
    x = np.array([z[i - 14 : i] for i in range(14, len(z) - 6)])
    y = np.array([z[i : i + 7, 0] for i in range(14, len(z) - 6)])
    train = n - 14 - 6
    model = Sequential([layers.LSTM(32), layers.Dense(7)])
    model.compile(optimizer="adam", loss="mse")
    model.fit(x[:train], y[:train], epochs=5, batch_size=32, verbose=0)
    predicted = scaler.inverse_transform(model.predict(x[n - 14 :], verbose=0))
    return {"test RMSE": root_mean_squared_error(scaler.inverse_transform(y[n - 14 :]), predicted)}


def cells(data):
    series = pd.read_csv(f"{data}/timeseries/monthly-sunspots.csv")[["Sunspots"]].values
    n = int(len(series) * 0.8)
    scaler = MinMaxScaler().fit(series[:n])
    z = scaler.transform(series)
    x = np.array([z[i - 24 : i] for i in range(24, len(z))])
    y = z[24:]
    figures = {}
    for name, layer in [("SimpleRNN", layers.SimpleRNN), ("GRU", layers.GRU), ("LSTM", layers.LSTM)]:
        model = Sequential([layer(32), layers.Dense(1)])
        model.compile(optimizer="adam", loss="mse")
        model.fit(x[: n - 24], y[: n - 24], epochs=5, batch_size=32, verbose=0)
        predicted = scaler.inverse_transform(model.predict(x[n - 24 :], verbose=0))
        figures[f"{name} test RMSE"] = root_mean_squared_error(series[n:], predicted)
    return figures


def pollution(data):
    columns = ["pm2.5", "DEWP", "TEMP", "PRES", "Iws"]
    hours = pd.read_csv(f"{data}/timeseries/pollution.csv")[columns].fillna(0).values[24:3024]
    scaler = MinMaxScaler().fit(hours[:2400])
    z = scaler.transform(hours)
    x = np.array([z[i - 24 : i] for i in range(24, len(z))])
    y = z[24:, 0]
    model = Sequential()
    model.add(layers.LSTM(32, return_sequences=True))
    model.add(layers.LSTM(32))
    model.add(layers.Dense(1))
    model.compile(optimizer="adam", loss="mae")
    model.fit(x[:2376], y[:2376], epochs=5, batch_size=32, verbose=0)
    scale = scaler.data_range_[0]
    return {"test RMSE": scale * root_mean_squared_error(y[2376:], model.predict(x[2376:], verbose=0)[:, 0])}


def sensors(data):
    parts = []
    for part in ["TRAIN", "TEST"]:
        rows, labels = read_ts(f"{data}/basic-motions/BasicMotions_{part}.ts.txt")
        x = np.array([row[start : start + 50] for row in rows for start in (0, 25, 50)])
        parts.append((x, np.repeat(labels, 3)))
    (x, train), (x_test, test) = parts
    encoder = LabelEncoder().fit(train)
    model = Sequential([layers.LSTM(32), layers.Dense(4, activation="softmax")])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, encoder.transform(train), epochs=20, batch_size=16, verbose=0)
    loss, accuracy = model.evaluate(x_test, encoder.transform(test), verbose=0)
    return {"test loss": loss, "test accuracy": accuracy}


def vowels(data):
    rows, labels = read_ts(f"{data}/japanese-vowels/JapaneseVowels_TRAIN.ts.txt")
    test_rows, test_labels = read_ts(f"{data}/japanese-vowels/JapaneseVowels_TEST.ts.txt")
    x = pad_sequences(rows, maxlen=29, padding="post", dtype="float32")
    x_test = pad_sequences(test_rows, maxlen=29, padding="post", dtype="float32")
    encoder = LabelEncoder().fit(labels)
    model = Sequential([layers.Masking(0.0), layers.LSTM(32), layers.Dense(9, activation="softmax")])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, encoder.transform(labels), epochs=20, batch_size=16, verbose=0)
    loss, accuracy = model.evaluate(x_test, encoder.transform(test_labels), verbose=0)
    return {"test loss": loss, "test accuracy": accuracy}


def each_step(data):
    x = (np.arange(4000) ** 2 * 7919 % 10007 / 10007).reshape(400, 10, 1)
    y = (x.cumsum(axis=1) > 2.5).astype("float32")
    model = Sequential()
    model.add(layers.Bidirectional(layers.LSTM(20, return_sequences=True)))
    model.add(layers.TimeDistributed(layers.Dense(1, activation="sigmoid")))
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    model.fit(x[:300], y[:300], epochs=40, batch_size=10, verbose=0)
    loss, accuracy = model.evaluate(x[300:], y[300:], verbose=0)
    return {"test loss": loss, "test accuracy": accuracy}


def sums(data):
    n = np.arange(1200)
    a, b = n * n * 31 % 97, n * n * 17 % 89
    marks = " +0123456789"
    asked = [[marks.index(c) for c in f"{i}+{j}".ljust(5)] for i, j in zip(a, b)]
    answers = [[marks.index(c) for c in str(i + j).ljust(3)] for i, j in zip(a, b)]
    x, y = to_categorical(asked, len(marks)), to_categorical(answers, len(marks))
    model = Sequential()
    model.add(layers.LSTM(64))
    model.add(layers.RepeatVector(3))
    model.add(layers.LSTM(64, return_sequences=True))
    model.add(layers.TimeDistributed(layers.Dense(len(marks), activation="softmax")))
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    model.fit(x[:1000], y[:1000], epochs=20, batch_size=32, verbose=0)
    loss, accuracy = model.evaluate(x[1000:], y[1000:], verbose=0)
    return {"test loss": loss, "test accuracy": accuracy}


def autoencoder(data):
    series = pd.read_csv(f"{data}/timeseries/daily-min-temperatures.csv")[["Temp"]].values
    z = StandardScaler().fit_transform(series)
    x = np.array([z[i : i + 30] for i in range(0, len(z) - 29, 5)])
    model = Sequential()
    model.add(layers.LSTM(16))
    model.add(layers.RepeatVector(30))
    model.add(layers.LSTM(16, return_sequences=True))
    model.add(layers.TimeDistributed(layers.Dense(1)))
    model.compile(optimizer="adam", loss="mse")
    model.fit(x, x, epochs=15, batch_size=32, verbose=0)
    errors = ((model.predict(x, verbose=0) - x) ** 2).mean(axis=(1, 2))
    return {"mean error": errors.mean(), "largest error": errors.max()}


programs = [pass_fail, next_value, five_sentences, four_lines, faq, characters, intents, airline, stock, several_days, cells, pollution]
programs += [sensors, vowels, each_step, sums, autoencoder]

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--only", default=",".join(program.__name__ for program in programs))
    options = parser.parse_args()
    for program in programs:
        if program.__name__ not in options.only.split(","):
            continue
        for seed in map(int, options.seeds.split(",")):
            keras.backend.clear_session()
            keras.utils.set_random_seed(seed)
            start = time.monotonic()
            figures = {key: float(value) for key, value in program(options.data).items()}
            seconds = round(time.monotonic() - start, 1)
            line = {"program": program.__name__, "seed": seed, "figures": figures, "seconds": seconds}
            print(json.dumps({**line, "keras": keras.__version__}), flush=True)
