"""Writes ../fixtures/models/input-layers.keras: a model of Keras that takes texts, categories and numbers, and what it predicts.

    KERAS_BACKEND=tensorflow python test/judges/make-input-layers.py     # Keras 3.15.1, see requirements.txt
"""

import json
import os
import pathlib

os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
import keras
import numpy as np
import tensorflow as tf

folder = pathlib.Path(__file__).parent / "../fixtures/models"
L = keras.layers
keras.utils.set_random_seed(3)
texts = ["The cat sat.", "the dog!", "It's a cat, a dog"]

ids = L.TextVectorization(output_sequence_length=4)
ids.adapt(texts)
bag = L.TextVectorization(output_mode="tf_idf", ngrams=2, max_tokens=8, pad_to_max_tokens=True)
bag.adapt(texts)
color = L.StringLookup(num_oov_indices=2, mask_token="")
color.adapt(["red", "blue", "red", "violet"])
code = L.IntegerLookup(output_mode="one_hot")
code.adapt([1005, 1005, -7])
bins = L.Discretization(num_bins=3, output_mode="one_hot")
bins.adapt(np.array([0.5, 1, 2, 3, 4, 5, 6, 9]))
size = L.Normalization()
size.adapt(np.array([[1.0, 2], [3, 5], [4, 4]]))

text = keras.Input((1,), dtype="string", name="text")
line = keras.Input((), dtype="string", name="line")  # Keras takes bags of (1,) for another shape while it connects layers
name = keras.Input((1,), dtype="string", name="color")
number = keras.Input((1,), dtype="int64", name="code")
measured = keras.Input((2,), name="size")
price = keras.Input((1,), name="price")
h = L.LSTM(3)(L.Embedding(ids.vocabulary_size(), 4, mask_zero=True)(ids(text)))
parts = [h, bag(line), L.CategoryEncoding(6, output_mode="one_hot")(color(name)), L.Hashing(5, output_mode="one_hot", salt=3)(name)]
parts += [code(number), L.CategoryEncoding(7)(L.Hashing(7)(number)), size(measured), bins(price)]
model = keras.Model([text, line, name, number, measured, price], L.Dense(2, name="answer")(L.Concatenate()(parts)))
model.compile("adam", "mse")
model.save(folder / "input-layers.keras")

x = {
    "text": [["the dog sat on a mat"], ["cat"], ["Unknown words, the"]],
    "line": ["the dog", "a cat sat", ""],
    "color": [["red"], ["green"], [""]],
    "code": [[1005], [-7], [3]],
    "size": [[1, 2], [3, 4.5], [5, 6]],
    "price": [[0.25], [2.5], [9]],
}
given = [tf.constant(x["text"]), tf.constant(x["line"]), tf.constant(x["color"]), np.array(x["code"]), np.array(x["size"], "float32"), np.array(x["price"], "float32")]
words = ["", "a", "red", "it's 8", "0123456789abcdef", "naïve café, 日本語", "x" * 40, "y" * 63 + "é", "z" * 64, "hello world " * 20]
said = {
    "by": f"Keras {keras.__version__}",
    "x": x,
    "predict": model.predict(given, verbose=0).tolist(),
    "vocabularies": {"ids": ids.get_vocabulary(), "color": color.get_vocabulary(), "code": [int(v) for v in code.get_vocabulary()]},
    "words": words,
    "fast": tf.strings.to_hash_bucket_fast(words, 2**31 - 1).numpy().tolist(),
    "strong": tf.strings.to_hash_bucket_strong(words, 2**31 - 1, [12345, 678]).numpy().tolist(),
}
(folder / "input-layers.json").write_text(json.dumps(said, ensure_ascii=False, separators=(",", ":")) + "\n")

# Models inside the model that read texts and categories themselves: shared, within another, beside numbers.
keras.utils.set_random_seed(4)
begin = lambda name, dtype="string": keras.Input((1,), dtype=dtype, name=name)
few = L.TextVectorization(output_sequence_length=4)
few.adapt(texts)
reader = keras.Sequential([begin("a"), few, L.Embedding(few.vocabulary_size(), 3, mask_zero=True), L.LSTM(3)], name="reader")
one = begin("b")
two = keras.Model(one, L.Concatenate()([color(one), L.Hashing(5, output_mode="one_hot")(one)]), name="two")
one = begin("c")
deep = keras.Model(one, L.Dense(3)(two(one)), name="deep")
one, raw = begin("d"), begin("e", "float32")
bands = L.Discretization(bin_boundaries=[0.0, 1.0], output_mode="one_hot")
prepared = keras.Model([one, raw], [L.StringLookup(vocabulary=["red", "blue"], output_mode="one_hot")(one), bands(raw), raw], name="prepared")
text, other, name, price = begin("text"), begin("other"), begin("color"), begin("price", "float32")
parts = [reader(text), reader(other), deep(name), *prepared([name, price]), price]
nested = keras.Model([text, other, name, price], L.Dense(2)(L.Concatenate()(parts)))
nested.save(folder / "nested-input-layers.keras")
x = {"text": x["text"], "other": [["a"], ["dog dog"], ["sat the"]], "color": x["color"], "price": [[0.5], [1.5], [-2.0]]}
given = [tf.constant(x["text"]), tf.constant(x["other"]), tf.constant(x["color"]), np.array(x["price"], "float32")]
nested_said = {"by": said["by"], "x": x, "predict": nested.predict(given, verbose=0).tolist()}
(folder / "nested-input-layers.json").write_text(json.dumps(nested_said, separators=(",", ":")) + "\n")
print("written by", said["by"])
