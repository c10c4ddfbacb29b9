"""Folders as class projects leave them: a model, and beside it what the notebook pickled; with what Keras answers, for
test/e2e/bare-models.test.ts.

    KERAS_BACKEND=tensorflow build/judges/bin/python test/judges/make-projects.py test/fixtures/projects

Each folder is small: expected.json has the inputs and Keras's own numbers for them.
"""

import csv
import json
import math
import os
import pickle
import sys

import joblib
import keras
import numpy as np
from keras import layers
from keras.src.legacy.preprocessing.text import Tokenizer
from keras.utils import pad_sequences
from sklearn.preprocessing import LabelEncoder, MinMaxScaler, StandardScaler

root = sys.argv[1]
keras.utils.set_random_seed(7)


def place(project, name):
    os.makedirs(os.path.join(root, project), exist_ok=True)
    return os.path.join(root, project, name)


def dump(project, name, value):
    with open(place(project, name), "wb") as file:
        pickle.dump(value, file, protocol=4)


def expect(project, value):
    with open(place(project, "expected.json"), "w") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


def numbers(array):
    return np.asarray(array, dtype="float64").tolist()


# Sentiment: a sigmoid, Tokenizer with an oov token, pad_sequences as it comes, saved as .h5.
good, bad = "good great fine lovely true".split(), "bad dull slow poor awful".split()
subjects = "film story plot actor scene ending".split()
texts = [f"a {word} {s}, and so {word}!" for s in subjects for word in good + bad]
y = np.array([1 if word in good else 0 for s in subjects for word in good + bad])
tokenizer = Tokenizer(num_words=18, oov_token="<OOV>")
tokenizer.fit_on_texts(texts)
x = pad_sequences(tokenizer.texts_to_sequences(texts), maxlen=9)
model = keras.Sequential([keras.Input((9,)), layers.Embedding(18, 6), layers.LSTM(6), layers.Dense(1, activation="sigmoid")])
model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=12, batch_size=8, verbose=0)
model.save(place("sentiment", "model.h5"))
dump("sentiment", "tokenizer.pickle", tokenizer)
asked = ["a great film", "dull, slow and awful ending", "xyzzy", "the story is so so good and the plot is true and the actor is fine", "!!!"]
p = model.predict(pad_sequences(tokenizer.texts_to_sequences(asked), maxlen=9), verbose=0)
loss, accuracy = model.evaluate(x, y, verbose=0)
expect("sentiment", {"texts": asked, "p": numbers(p[:, 0]), "loss": loss, "accuracy": accuracy})
with open(place("sentiment", "reviews.csv"), "w", newline="") as file:
    csv.writer(file).writerows([["review", "sentiment"], *zip(texts, y)])

# Next word: every beginning of a line, padded before; a softmax over the words, saved as .keras.
lines = [
    "the cell remembers what the gate lets in",
    "the gate opens slowly and closes fast",
    "the cell forgets what the gate keeps out",
    "a gate is a number between zero and one",
    "a cell is a number that goes on",
]
tokenizer = Tokenizer()
tokenizer.fit_on_texts(lines)
rows = [ids[: n + 1] for ids in tokenizer.texts_to_sequences(lines) for n in range(1, len(ids))]
longest = max(len(row) for row in rows)
padded = pad_sequences(rows, maxlen=longest, padding="pre")
total = len(tokenizer.word_index) + 1
x, y = padded[:, :-1], keras.utils.to_categorical(padded[:, -1], num_classes=total)
model = keras.Sequential([layers.Embedding(total, 8), layers.LSTM(12), layers.Dense(total, activation="softmax")])
model.compile(optimizer=keras.optimizers.Adam(0.02), loss="categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=80, verbose=0)
model.save(place("next-word", "next_word.keras"))
dump("next-word", "tokenizer.pickle", tokenizer)
with open(place("next-word", "lines.txt"), "w") as file:
    file.write("\n".join(lines) + "\n")


def next_word(text):
    [ids] = tokenizer.texts_to_sequences([text])
    return model.predict(pad_sequences([ids], maxlen=longest - 1, padding="pre"), verbose=0)[0]


text = "the cell"
for _ in range(6):
    text += " " + tokenizer.index_word[int(np.argmax(next_word(text)[1:]) + 1)]
prompts = ["the cell", "a gate is", "gate lets in a number between the cell and one slowly what goes on"]
loss, accuracy = model.evaluate(x, y, verbose=0)
expect("next-word", {"prompts": prompts, "p": [numbers(next_word(prompt)) for prompt in prompts], "text": text, "loss": loss,
                     "accuracy": accuracy, "index": tokenizer.word_index})

# Intents: a softmax over tags, padded behind, label_encoder.pkl; .keras.
intents = {
    "greeting": ["hi there", "hello", "good morning", "hey you", "hello again", "hi"],
    "goodbye": ["bye", "see you later", "good night", "until tomorrow", "bye bye", "see you"],
    "hours": ["when do you open", "what are your hours", "are you open today", "when do you close", "opening hours"],
    "payment": ["can i pay by card", "do you take cash", "which cards do you take", "may i pay later", "pay by card"],
}
texts = [text for patterns in intents.values() for text in patterns]
tags = [tag for tag, patterns in intents.items() for _ in patterns]
encoder = LabelEncoder()
y = encoder.fit_transform(tags)
tokenizer = Tokenizer(num_words=60, oov_token="<OOV>")
tokenizer.fit_on_texts(texts)
x = pad_sequences(tokenizer.texts_to_sequences(texts), maxlen=6, padding="post", truncating="post")
model = keras.Sequential([keras.Input((6,)), layers.Embedding(60, 6), layers.Bidirectional(layers.LSTM(5)), layers.Dense(4, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.Adam(0.02), metrics=["accuracy"])
model.fit(x, y, epochs=60, verbose=0)
model.save(place("intents", "chatbot.keras"))
dump("intents", "tokenizer.pickle", tokenizer)
dump("intents", "label_encoder.pkl", encoder)
asked = ["hello you", "do you take my card", "when are you open on sundays and on all the other days", "later"]
p = model.predict(pad_sequences(tokenizer.texts_to_sequences(asked), maxlen=6, padding="post", truncating="post"), verbose=0)
loss, accuracy = model.evaluate(x, y, verbose=0)
expect("intents", {"texts": asked, "p": numbers(p), "labels": encoder.inverse_transform(p.argmax(1)).tolist(), "classes": encoder.classes_.tolist(), "loss": loss, "accuracy": accuracy})
with open(place("intents", "intents.csv"), "w", newline="") as file:
    csv.writer(file).writerows([["pattern", "tag"], *zip(texts, tags)])

# Series: one column of a table, MinMaxScaler by joblib, windows of 6; .h5.
rows = 60
close = np.round(100 + 0.4 * np.arange(rows) + 5 * np.sin(np.arange(rows) / 3), 2)
volume = 1000 + 10 * (np.arange(rows) * 7 % 11)
with open(place("series", "prices.csv"), "w", newline="") as file:
    days = np.datetime_as_string(np.datetime64("2024-01-01") + np.arange(rows))
    csv.writer(file).writerows([["Date", "Close", "Volume"], *zip(days, close, volume)])
window = 6
scaler = MinMaxScaler()
z = scaler.fit_transform(close.reshape(-1, 1))
x = np.array([z[i - window : i] for i in range(window, rows)])
y = z[window:]
model = keras.Sequential([keras.Input((window, 1)), layers.LSTM(8), layers.Dense(1)])
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
model.fit(x, y, epochs=60, verbose=0)
model.save(place("series", "lstm.h5"))
joblib.dump(scaler, place("series", "scaler.pkl"))
predicted = scaler.inverse_transform(model.predict(x, verbose=0))[:, 0]
rmse = math.sqrt(np.mean((predicted - close[window:]) ** 2))
ahead, last = [], z[-window:].copy()
for _ in range(4):
    step = model.predict(last[None], verbose=0)
    ahead.append(float(scaler.inverse_transform(step)[0, 0]))
    last = np.vstack([last[1:], step])
expect("series", {"ahead": ahead, "rmse": rmse, "predicted": numbers(predicted)})

# Several columns, one target: StandardScaler over all, the first column forecast; .keras.
table = np.stack([close, volume, np.round(np.cos(np.arange(rows) / 4), 3)], axis=1)
with open(place("columns", "weather.csv"), "w", newline="") as file:
    csv.writer(file).writerows([["temperature", "pressure", "wind"], *table])
scaler = StandardScaler()
z = scaler.fit_transform(table)
x = np.array([z[i - window : i] for i in range(window, rows)])
y = z[window:, 0]
model = keras.Sequential([layers.GRU(6, return_sequences=True), layers.GRU(4), layers.Dense(1)])
model.compile(optimizer="adam", loss="mse")
model.fit(x, y, epochs=30, verbose=0)
model.save(place("columns", "gru.keras"))
dump("columns", "scaler.pkl", scaler)


def in_units(p):
    whole = np.zeros((len(p), 3))
    whole[:, 0] = p[:, 0]
    return scaler.inverse_transform(whole)[:, 0]


predicted = in_units(model.predict(x, verbose=0))
expect("columns", {"next": numbers(in_units(model.predict(z[None, -window:], verbose=0)))[0],
                   "rmse": math.sqrt(np.mean((predicted - close[window:]) ** 2))})
