"""Folders of class projects, made at random with Keras and scikit-learn, and what they answer; for projects.mjs."""

import os
import pickle

import joblib
import keras
import numpy as np
from answer import answer
from keras import layers
from keras.src.legacy.preprocessing.text import Tokenizer
from keras.utils import pad_sequences, to_categorical
from sklearn.preprocessing import LabelEncoder, MinMaxScaler, RobustScaler, StandardScaler

scalers = {"minmax": MinMaxScaler, "standard": StandardScaler, "robust": RobustScaler}


def numbers(array):
    return np.asarray(array, dtype="float64").tolist()


def recurrent(spec):
    cell = {"lstm": layers.LSTM, "gru": layers.GRU, "rnn": layers.SimpleRNN}[spec["cell"]]
    layer = cell(spec["units"], return_sequences=spec["pool"])
    return [layers.Bidirectional(layer) if spec["both"] else layer] + ([layers.GlobalAveragePooling1D()] if spec["pool"] else [])


def build(spec, begin, end):
    """A Sequential or a functional model; weights far from their beginnings, so that answers differ."""
    stack = [*begin, *recurrent(spec), *([layers.Dropout(0.3)] if spec["drop"] else []), *end]
    if spec["functional"]:
        x = y = stack[0] if not isinstance(stack[0], layers.Layer) else None
        for layer in stack[1:]:
            y = layer(y)
        model = keras.Model(x, y)
    else:
        model = keras.Sequential(stack)
    rng = np.random.RandomState(spec["seed"])
    model.set_weights([rng.normal(scale=0.7, size=w.shape).astype(w.dtype) for w in model.get_weights()])
    if spec["loss"]:
        loss = spec["loss"]
        model.compile("adam", getattr(keras.losses, loss)(from_logits=True) if spec["logits"] else loss)
    return model


def tokenizer_of(spec):
    t = Tokenizer(num_words=spec["num_words"], oov_token=spec["oov"], lower=spec["lower"], char_level=spec["chars"])
    t.fit_on_texts(spec["texts"])
    return t


def text(spec):
    t = tokenizer_of(spec)
    with open(os.path.join(spec["folder"], "tokenizer.pickle"), "wb") as file:
        pickle.dump(t, file, spec["protocol"])
    vocabulary = spec["num_words"] or len(t.word_index) + 1
    x = pad_sequences(t.texts_to_sequences(spec["asked"]), maxlen=spec["length"], padding=spec["padding"], truncating=spec["truncating"])
    if spec["one_hot"]:
        begin = [keras.Input((spec["length"], vocabulary))]
        x = to_categorical(x, vocabulary)
    else:
        begin = [keras.Input((spec["length"],)), layers.Embedding(vocabulary, 5, mask_zero=spec["masks"])]
    words = spec["kind"] == "next word"
    units = vocabulary if words else spec["outputs"]
    activation = "linear" if spec["logits"] or spec["kind"] == "numbers" else "sigmoid" if units == 1 else "softmax"
    model = build(spec, begin, [layers.Dense(units, activation=activation)])
    model.save(os.path.join(spec["folder"], spec["file"]))
    p = model.predict(x, verbose=0)
    if spec["logits"]:
        p = keras.ops.convert_to_numpy(keras.ops.sigmoid(p) if units == 1 else keras.ops.softmax(p))
    labels = None
    if spec["kind"] == "classes" and units > 1:
        encoder = LabelEncoder().fit([f"class {k}" for k in range(units)])
        joblib.dump(encoder, os.path.join(spec["folder"], "label_encoder.pkl"))
        labels = encoder.inverse_transform(p.argmax(1)).tolist()
    return {"p": numbers(p), "labels": labels, "index": t.word_index}


def series(spec):
    rows = np.array(spec["rows"])
    scaler = scalers[spec["scaler"]]()
    z = scaler.fit_transform(rows)
    joblib.dump(scaler, os.path.join(spec["folder"], "scaler.pkl"), compress=spec["compress"])
    window, target, horizon = spec["length"], spec["target"], spec["horizon"]
    count = rows.shape[1] if target is None else horizon
    model = build(spec, [keras.Input((window, rows.shape[1]))], [layers.Dense(count)])
    model.save(os.path.join(spec["folder"], spec["file"]))

    def in_units(p, columns):
        whole = np.zeros((len(columns), rows.shape[1]))
        for i, k in enumerate(columns):
            whole[i, k] = p[i]
        back = scaler.inverse_transform(whole)
        return [back[i, k] for i, k in enumerate(columns)]

    if target is not None:
        p = model.predict(z[None, -window:], verbose=0)[0]
        return {"ahead": [[float(v)] for v in in_units(p, [target] * horizon)]}
    last, ahead = z[-window:].copy(), []
    for _ in range(horizon):
        step = model.predict(last[None], verbose=0)
        ahead.append([float(v) for v in scaler.inverse_transform(step.astype("float64"))[0]])
        last = np.vstack([last[1:], step])
    return {"ahead": ahead}


def respond(spec):
    keras.backend.clear_session()
    return series(spec) if spec["kind"] == "series" else text(spec)


answer(respond)
