"""Keras models from the specs that random-models.mjs makes (described there)."""
import keras
from keras import ops

LISTS = {"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot", "Attention", "AdditiveAttention"}
OPERATIONS = {
    "mul": lambda x, a: x * a["by"],
    "plus": lambda x, a: x + a["by"],
    "minus": lambda x, a: a["by"] - x,
    "over": lambda x, a: x / a["by"],
    "negative": lambda x, a: -x,
    "mean": lambda x, a: ops.mean(x, axis=a["axis"], keepdims=a["keepdims"]),
    "sum": lambda x, a: ops.sum(x, axis=a["axis"], keepdims=a["keepdims"]),
    "max": lambda x, a: ops.max(x, axis=a["axis"], keepdims=a["keepdims"]),
    "expandDims": lambda x, a: ops.expand_dims(x, a["axis"]),
    "squeeze": lambda x, a: ops.squeeze(x, a["axis"]),
    "transpose": lambda x, a: ops.transpose(x, a["axes"]),
    "reshape": lambda x, a: ops.reshape(x, a["shape"]),
    "slice": lambda x, a: x[:, a["from"] : a["to"], :],
    "step": lambda x, a: x[:, a["at"], :],
    "notEqual": lambda x, a: ops.not_equal(x, a["to"]),
}


def value_of(value):
    """{"$": "L2", "l2": .1} → Keras's object, of layers too (as activations); anything else as it is."""
    if not isinstance(value, dict) or "$" not in value:
        return value
    rest = {key: v for key, v in value.items() if key != "$"}
    for home in (keras.regularizers, keras.constraints, keras.initializers, keras.layers):
        if hasattr(home, value["$"]):
            return getattr(home, value["$"])(**rest)
    raise ValueError(value["$"])


def layer_of(spec, made):
    """One layer; what has an id is made once."""
    if spec.get("id") in made:
        return made[spec["id"]]
    config = {key: value_of(v) for key, v in spec.get("config", {}).items()}
    kind = spec["class"]
    if kind in ("Functional", "Sequential"):
        layer = model_of(spec["model"], made)
    elif kind == "RNN":
        cells = [layer_of(cell, made) for cell in spec["cells"]]
        layer = keras.layers.RNN(cells[0] if spec["one"] else cells, **config)
    elif kind == "Bidirectional":
        if "backward" in spec:
            config["backward_layer"] = layer_of(spec["backward"], made)
        layer = keras.layers.Bidirectional(layer_of(spec["layer"], made), **config)
    elif kind in ("TimeDistributed", "SpectralNormalization"):
        layer = getattr(keras.layers, kind)(layer_of(spec["layer"], made), **config)
    else:
        layer = getattr(keras.layers, kind)(**config)
    if "id" in spec:
        made[spec["id"]] = layer
    return layer


def model_of(spec, made=None):
    made = {} if made is None else made
    values = {}
    for place in spec["inputs"]:
        shape = {"batch_shape": [place["batch"], *place["shape"]]} if place.get("batch") else {"shape": place["shape"]}
        values[place["id"]] = keras.Input(dtype=place["dtype"], **shape)
    if spec["kind"] == "sequential":
        return keras.Sequential([values[spec["inputs"][0]["id"]], *[layer_of(n["layer"], made) for n in spec["nodes"]]])
    for node in spec["nodes"]:
        inputs = [values[i] for i in node["inputs"]]
        if "op" in node:
            outputs = OPERATIONS[node["op"]](inputs[0], node["args"])
        else:
            args = {key: refs(v, values) for key, v in node.get("args", {}).items()}
            layer = layer_of(node["layer"], made)
            if node["layer"].get("class") == "MultiHeadAttention":
                outputs = layer(*inputs, **args)
            else:
                outputs = layer(inputs if node.get("list") else inputs[0], **args)
        if isinstance(outputs, (list, tuple)):
            for k, output in enumerate(outputs):
                values[f"{node['id']}:{k}"] = output
        else:
            values[f"{node['id']}:0"] = outputs
    inputs = [values[p["id"]] for p in spec["inputs"]]
    outputs = [values[o] for o in spec["outputs"]]
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], outputs if len(outputs) > 1 else outputs[0])


def refs(value, values):
    """{"ref": "n1:0"} → its tensor, in lists too."""
    if isinstance(value, list):
        return [refs(v, values) for v in value]
    return values[value["ref"]] if isinstance(value, dict) else value
