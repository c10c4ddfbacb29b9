"""Keras's side of keras-models.mjs and our-models.mjs: builds, saves, opens, predicts and trains models of specs."""
import gc

import keras
import numpy as np
from keras_specs import model_of

from answer import answer

TYPES = {"float32": np.float32, "int32": np.int32, "bool": bool}


def arrays(spec, data):
    made = [np.array(d, TYPES[place["dtype"]]) for place, d in zip(spec["inputs"], data)]
    return made if len(made) > 1 else made[0]


def flat(outputs):
    return outputs if isinstance(outputs, (list, tuple)) else [outputs]


def predictions(model, x, twice):
    """Of a stateful model the second ones too, which go on from the first."""
    rounds = [flat(model(x, training=False)) for _ in range(2 if twice else 1)]
    return [np.asarray(o, np.float64).ravel().tolist() for outputs in rounds for o in outputs]


def randomise(model, seed):
    numbers = np.random.RandomState(seed)
    for v in model.variables:
        if v.dtype == "float32" and "state" not in v.path.rsplit("/", 1)[-1]:
            drawn = numbers.uniform(-0.8, 0.8, v.shape)
            v.assign(np.abs(drawn) + 0.3 if "variance" in v.path else drawn)


def optimizer_of(spec):
    config = dict(spec["config"])
    rate = config["learning_rate"]
    if isinstance(rate, int):
        config["learning_rate"] = float(rate)  # JSON from JavaScript has no 1.0
    if isinstance(rate, dict):
        config["learning_rate"] = keras.optimizers.schedules.ExponentialDecay(**{k: v for k, v in rate.items() if k != "$"})
    return getattr(keras.optimizers, spec["class"])(**config)


def losses(model, x, targets, steps):
    y = [np.array(t, np.float32).reshape(o.shape) for t, o in zip(targets, flat(model(x, training=False)))]
    y = y if len(y) > 1 else y[0]
    return [float(np.ravel(model.train_on_batch(x, y))[0]) for _ in range(steps)]


def same(a, b):
    return all(np.allclose(p, q, rtol=0, atol=1e-6 * max(1, np.nanmax(np.abs(p), initial=0)), equal_nan=True) for p, q in zip(a, b))


def make(r):
    """A model of the spec, maybe trained for three steps, saved three ways; what it predicts, and its losses in ten more steps."""
    spec, twice = r["spec"], r["stateful"]
    x = arrays(spec, r["data"])
    model = model_of(spec)
    randomise(model, r["seed"])
    said = {"shapes": [list(o.shape) for o in flat(model(x, training=False))], "files": {}}
    if r["optimizer"]:
        model.compile(optimizer=optimizer_of(r["optimizer"]), loss=r["loss"], run_eagerly=True, jit_compile=False)
        targets = targets_for(said["shapes"], r["seed"])
        losses(model, x, targets, 3)
    for ending in (".keras", ".h5", ".weights.h5"):
        try:
            save = model.save_weights if ending == ".weights.h5" else model.save
            save(r["path"] + ending)
            if ending == ".weights.h5":
                again = model_of(spec)
                again.load_weights(r["path"] + ending)
            else:
                again = keras.models.load_model(r["path"] + ending)
            found = predictions(again, x, twice)
            if ending == ".keras":
                said["predictions"] = found
                if not twice and not same(found, predictions(model, x, False)):
                    said["files"][ending] = "Keras reads other numbers from its own file"
                if r["optimizer"]:
                    fresh = keras.models.load_model(r["path"] + ending)
                    fresh.compiled and setattr(fresh, "run_eagerly", True)
                    said["targets"] = targets
                    said["losses"] = losses(fresh, x, targets, 10)
            elif not same(found, said.get("predictions", found)):
                said["files"][ending] = "Keras reads other numbers from its own file"
            said["files"].setdefault(ending, "")
        except Exception as error:
            said["files"][ending] = f"{type(error).__name__}: {error}"[:300]
    return said


def write(r):
    """A model of the spec, saved three ways, and what it predicts: what --cover asks, as training and opening take longest."""
    model = model_of(r["spec"])
    randomise(model, r["seed"])
    files = {}
    for ending in (".keras", ".h5", ".weights.h5"):
        try:
            save = model.save_weights if ending == ".weights.h5" else model.save
            save(r["path"] + ending)
            files[ending] = ""
        except Exception as error:
            files[ending] = f"{type(error).__name__}: {error}"[:300]
    return {"files": files, "predictions": predictions(model, arrays(r["spec"], r["data"]), r["stateful"])}


def opened(r):
    """Whether Keras reads its own file, and these predictions from it."""
    if r["ending"] == ".weights.h5":
        model = model_of(r["spec"])
        model.load_weights(r["path"] + r["ending"])
    else:
        model = keras.models.load_model(r["path"] + r["ending"])
    return same(r["predictions"], predictions(model, arrays(r["spec"], r["data"]), r["stateful"]))


def targets_for(shapes, seed):
    numbers = np.random.RandomState(seed + 1)
    return [numbers.uniform(-1, 1, int(np.prod(s))).astype(np.float32).tolist() for s in shapes]


def read(r):
    """What Keras makes of our files: predictions, and the losses of ten more steps where ours was being trained."""
    spec, twice, said = r["spec"], r["stateful"], {}
    x = arrays(spec, r["data"])
    if r["targets"] or twice:
        predictions(model_of(spec), x, False)  # raises where Keras has no such model
    for ending in r["endings"]:
        path = r["path"] + ending
        try:
            if ending == ".weights.h5":
                model = model_of(spec)
                model.load_weights(path)
            else:
                model = keras.models.load_model(path)
            said[ending] = {"predictions": predictions(model, x, twice)}
            if ending == ".keras" and r["targets"]:
                trained = keras.models.load_model(path)
                trained.run_eagerly = True
                said[ending]["losses"] = losses(trained, x, r["targets"], 10) if trains(r, x) else None
        except Exception as error:
            said[ending] = {"raised": f"{type(error).__name__}: {error}"[:600]}
    if any("raised" in of for of in said.values()):
        predictions(model_of(spec), x, False)  # raises, too, where Keras has no such model
    return said


def trains(r, x):
    """Whether Keras trains its own model of the spec: a mask of more axes than the loss stops it."""
    model = model_of(r["spec"])
    model.compile(optimizer=optimizer_of(r["optimizer"]), loss=r["loss"], run_eagerly=True, jit_compile=False)
    try:
        return len(losses(model, x, r["targets"], 1)) == 1
    except Exception:
        return False


def build(r):
    """Whether Keras takes such a model."""
    return len(predictions(model_of(r["spec"]), arrays(r["spec"], r["data"]), False)) > 0


def one(request):
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    return {"make": make, "write": write, "opened": opened, "read": read, "build": build}[request["do"]](request)


if __name__ == "__main__":
    gc.freeze()  # TensorFlow's own objects: to look through them again takes as long as a small model
    answer(one)
