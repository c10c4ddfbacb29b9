"""Writes ../fixtures/models/keras3.* and keras2.*: small model files of Keras, and what Keras predicts with them.

    python test/judges/make-models.py           # Keras 3.15.1 on TensorFlow, see requirements.txt
    python test/judges/make-models.py keras2    # tf-keras 2.21.0, which is Keras 2
"""

import json
import os
import pathlib
import sys

os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
old = sys.argv[1:] == ["keras2"]
if old:
    import tf_keras as keras
else:
    import keras
import numpy as np

folder = pathlib.Path(__file__).parent / "../fixtures/models"
layers = keras.layers
keras.utils.set_random_seed(7)

words = keras.Input((6,), dtype="int32", name="words")
series = keras.Input((4, 2), name="series")
h = layers.Embedding(11, 4, mask_zero=True)(words)
h = layers.Bidirectional(layers.LSTM(3, return_sequences=True, dropout=0.1))(h)
h = layers.GRU(4)(h)
s = layers.Conv1D(3, 2, padding="causal", activation="relu")(series)
s = layers.BatchNormalization()(s)
s, *state = layers.LSTM(3, return_sequences=True, return_state=True)(s)
s = layers.LSTM(3, return_sequences=True)(s, initial_state=state)
s = layers.TimeDistributed(layers.Dense(2, activation="tanh"))(s)
s = layers.SimpleRNN(3, go_backwards=True)(s)
h = layers.Concatenate()([h, s])
h = layers.LayerNormalization()(layers.Dense(4, activation="gelu" if not old else "elu")(h))
outputs = [layers.Dense(3, activation="softmax", name="topic")(h), layers.Dense(1, name="length")(h)]
model = keras.Model([words, series], outputs)
draws = np.random.default_rng(7)
model.set_weights([(draws.normal(0, 0.5, w.shape) ** (2 if "variance" in v.name else 1)).astype("float32") for w, v in zip(model.get_weights(), model.weights)])
model.compile("adam" if not old else keras.optimizers.RMSprop(0.002), {"topic": "sparse_categorical_crossentropy", "length": "mse"})

x = [draws.integers(1, 11, (5, 6)), np.round(draws.normal(0, 1, (5, 4, 2)), 3)]
x[0][1, 4:] = 0
x[0][3, 2:] = 0
y = {"topic": draws.integers(0, 3, 5), "length": np.round(draws.normal(0, 1, 5), 3)}
model.fit(x, y, epochs=2, batch_size=5, shuffle=False, verbose=0)

name = "keras2" if old else "keras3"
if not old:
    model.save(folder / f"{name}.keras")
    model.save_weights(folder / f"{name}.weights.h5")
model.save(folder / f"{name}.h5")
said = [np.asarray(p).tolist() for p in model.predict(x, verbose=0)]
loss = model.evaluate(x, y, batch_size=5, verbose=0, return_dict=True)["loss"]
shown = {"by": f"Keras {keras.__version__}", "x": [a.tolist() for a in x], "y": {k: v.tolist() for k, v in y.items()}, "predict": said, "loss": loss}
(folder / f"{name}.json").write_text(json.dumps(shown, separators=(",", ":")) + "\n")
print("written by", shown["by"])
