"""What Keras itself computes with a file that a task saved: {path, inputs: [{data, shape, dtype}]} -> outputs as flat lists."""
import keras
import numpy as np
from answer import answer


def predictions(request):
    model = keras.saving.load_model(request["path"], compile=False)
    inputs = [
        np.array(one["data"], dtype="int32" if one["dtype"] == "i32" else "float32").reshape(one["shape"])
        for one in request["inputs"]
    ]
    outputs = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    return [np.asarray(one).astype("float64").ravel().tolist() for one in outputs]


answer(predictions)
