"""What `fit` and `evaluate` of a compiled Keras model say, and the model's file from before (see histories.mjs)."""
import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras
import numpy as np
from answer import answer

layers = keras.layers


def made(module, described):
    """A name, or an object from its class and options."""
    if described is None or isinstance(described, str):
        return described
    return getattr(module, described["class"])(**described["config"])


def branched(head, spec):
    """Two outputs: of two layers, as a list or a dictionary, or of one layer that is called twice."""
    x = head[0]
    h = x
    for layer in head[1:]:
        h = layer(h)
    first = layers.Dense(spec["width"], activation=spec["activation"], name="first")
    if spec["several"] == "one layer":
        return keras.Model(x, [first(h), first(layers.Dense(h.shape[-1], activation="tanh")(h))])
    outputs = [first(h), layers.Dense(2, name="second")(h)]
    return keras.Model(x, dict(zip(("p", "q"), outputs)) if spec["several"] == "dictionary" else outputs)


def network(spec):
    tail = [layers.Dense(spec["width"], activation=spec["activation"])]
    if spec["kind"] == "rows":
        head = [keras.Input((3,)), layers.Dense(4, activation="tanh")]
    elif spec["kind"] == "steps":
        head = [keras.Input((4, 2)), layers.LSTM(3, return_sequences=True)]
    elif spec["kind"] == "ids":
        head = [keras.Input((4,), dtype="int32"), layers.Embedding(6, 3, mask_zero=True), layers.LSTM(3)]
    else:  # "masked steps"
        head = [keras.Input((4,), dtype="int32"), layers.Embedding(6, 3, mask_zero=True), layers.GRU(3, return_sequences=True)]
    return branched(head, spec) if spec.get("several") else keras.Sequential(head + tail)


def each(value, read):
    """One, or one for each output."""
    if isinstance(value, dict) and "class" not in value:
        return {k: read(v) for k, v in value.items()}
    return [read(v) for v in value] if isinstance(value, list) else read(value)


def number(value):
    """A number, or a word for one that JSON has none for."""
    value = float(value)
    return value if np.isfinite(value) else {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]


def plain(logs):
    found = {}
    for name, values in logs.items():
        if np.ndim(values[0]) == 0:
            found[name] = [number(v) for v in values]
        else:
            for at in range(len(values[0])):
                found[f"{name}[{at}]"] = [number(v[at]) for v in values]
    return found


def history(request):
    keras.backend.clear_session()
    spec, fit = request["spec"], dict(request["fit"])
    model = network(spec)
    draws = np.random.default_rng(request["seed"])
    model.set_weights([draws.normal(0, 0.6, w.shape).astype("float32") for w in model.get_weights()])
    compiled = request["compile"]
    model.compile(
        optimizer=made(keras.optimizers, compiled["optimizer"]),
        loss=each(compiled["loss"], lambda loss: made(keras.losses, loss)),
        metrics=each(compiled["metrics"], lambda m: each(m, lambda one: made(keras.metrics, one))),
        weighted_metrics=each(compiled["weighted_metrics"], lambda m: each(m, lambda one: made(keras.metrics, one))) or None,
        run_eagerly=True,  # a graph takes seconds to trace; the numbers are the same
    )
    x = np.array(request["x"], "int32" if "float" not in str(model.inputs[0].dtype) else "float32")
    y = np.array(request["y"], "float32" if request["float_targets"] else "int32")
    if "second" in request:
        second = np.array(request["second"], "float32" if spec["several"] != "one layer" else y.dtype)
        y = {"p": y, "q": second} if spec["several"] == "dictionary" else [y, second]
    path = request["path"]
    model.save(path + ".keras")
    model.save(path + ".h5")
    model = keras.models.load_model(path + ".keras")  # some losses forget options in their files: Huber its delta
    given = {k: np.array(v, "float32") for k, v in fit.items() if k == "sample_weight"}
    if "class_weight" in fit:
        given["class_weight"] = {int(k): v for k, v in fit["class_weight"].items()}
    plan = fit.get("callbacks", [])
    callbacks = [getattr(keras.callbacks, c["class"])(**c["config"]) for c in plan]
    rest = {k: v for k, v in fit.items() if k not in ("sample_weight", "class_weight", "callbacks")}
    said = model.fit(x, y, shuffle=False, verbose=0, callbacks=callbacks, **given, **rest)
    seen = model.evaluate(x, y, batch_size=fit["batch_size"], verbose=0, return_dict=True)
    return {
        "history": plain(said.history),
        "epochs": said.epoch,
        "evaluate": {k: v[0] for k, v in plain({k: [v] for k, v in seen.items()}).items()},
    }


answer(history)
