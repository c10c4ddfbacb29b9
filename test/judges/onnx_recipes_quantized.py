"""How operators on integers of 8 bits are drawn (see onnx_recipes.py): ONNX's own, and those of ONNX Runtime's quantization."""
import numpy as np

from onnx_recipes import recipe

microsoft = "com.microsoft"


def integers(g, shape, type):
    low, high = (0, 255) if type.startswith("uint") else (-128, 127)
    return g.x(shape, type, low, high)


def zero_point(g, type, shape=()):
    low, high = (0, 255) if type.startswith("uint") else (-20, 20)
    return g.place(g.numbers(list(shape), type, low, high), 0.0)


def scale(g, shape=()):
    return g.place(np.abs(g.numbers(list(shape), "float", 0.01, 0.2)) + np.float32(0.001), 0.0)


def eight(g):
    return g.pick("uint8", "int8")


@recipe("quantize", "QuantizeLinear DequantizeLinear DynamicQuantizeLinear")
def quantize(g, op):
    shape = [g.r.randint(1, 4) for _ in range(g.r.randint(1, 4))]
    if op == "DynamicQuantizeLinear":
        return g.node(op, [g.x(shape, "float", g.pick(-4, 1), 5)], outputs=3)
    axis = g.axis(len(shape))
    along = g.opset >= 13 and g.chance(0.4)
    own = [shape[axis]] if along else []
    kind = g.pick("uint8", "int8", "uint16", "int16") if g.opset >= 21 else eight(g)
    places = [scale(g, own), zero_point(g, kind, own) if g.chance(0.8) or kind != "uint8" else ""]
    attributes = {"axis": axis} if along else {}
    if op == "QuantizeLinear":
        return g.node(op, [g.x(shape, "float", -20, 20), *places], **attributes)
    return g.node(op, [integers(g, shape, kind), *places], **attributes)


@recipe("integer products", "MatMulInteger QLinearMatMul")
def integer_products(g, op):
    m, k, n = g.r.randint(1, 4), g.pick(1, 3, 5, 300), g.r.randint(1, 4)
    lead = [g.r.randint(1, 3) for _ in range(g.pick(0, 0, 1))]
    a_type, b_type = ("uint8", eight(g)) if g.chance(0.7) else ("int8", "int8")
    a, b = integers(g, [*lead, m, k], a_type), integers(g, [*(lead if g.chance(0.5) else []), k, n], b_type)
    per_column = g.chance(0.3) and b_type == "int8"
    if op == "MatMulInteger":
        zeros = [zero_point(g, a_type), zero_point(g, b_type, [n] if per_column else [])]
        return g.node(op, [a, b, *zeros[: g.r.randint(0, 2)]])
    y_type = a_type
    b_places = [scale(g, [n] if per_column else []), g.place(np.zeros([n], np.int8), 0.0) if per_column else zero_point(g, b_type)]
    y_scale = g.place(np.float32(g.pick(0.5, 3.0, 20.0)), 0.0)
    return g.node(op, [a, scale(g), zero_point(g, a_type), b, *b_places, y_scale, zero_point(g, y_type)])


@recipe("integer convolutions", "ConvInteger QLinearConv")
def integer_convolutions(g, op):
    d, groups = g.pick(1, 2), g.pick(1, 1, 2)
    c, f, kernel = groups * g.pick(1, 2, 70), groups * g.r.randint(1, 2), [g.r.randint(1, 3) for _ in range(d)]
    x_type, w_type = "uint8", eight(g)
    x = integers(g, [g.r.randint(1, 2), c, *[n + g.r.randint(0, 3) for n in kernel]], x_type)
    w = g.place(g.numbers([f, c // groups, *kernel], w_type, 0 if w_type == "uint8" else -128, 127), 0.0)
    pads = [g.r.randint(0, n - 1) for n in kernel] * 2
    attributes = {"group": groups, "pads": pads, "strides": [g.pick(1, 2) for _ in kernel]}
    if op == "ConvInteger":
        zeros = [zero_point(g, x_type), zero_point(g, w_type)]
        return g.node(op, [x, w, *zeros[: g.r.randint(0, 2)]], **attributes)
    per_channel = g.chance(0.4) and w_type == "int8"
    w_places = [scale(g, [f] if per_channel else []), g.place(np.zeros([f], np.int8), 0.0) if per_channel else zero_point(g, w_type)]
    bias = g.place(g.numbers([f], "int32", -5000, 5000), 0.0) if g.chance(0.5) else ""
    y_scale = g.place(np.float32(g.pick(0.5, 3.0, 20.0)), 0.0)
    return g.node(op, [x, scale(g), zero_point(g, x_type), w, *w_places, y_scale, zero_point(g, x_type), bias], **attributes)


@recipe("ONNX Runtime's quantized operators", "QGemm QLinearAdd QLinearMul QLinearSigmoid QLinearLeakyRelu QLinearSoftmax QLinearAveragePool QLinearGlobalAveragePool QLinearWhere QLinearConcat DynamicQuantizeLSTM")
def of_microsoft(g, op):
    kind = eight(g)
    shape = [g.r.randint(1, 4) for _ in range(g.r.randint(1, 3))]
    triple = lambda own: [integers(g, own, kind), scale(g), zero_point(g, kind)]
    out = [g.place(np.float32(g.pick(0.01, 0.1, 0.5)), 0.0), zero_point(g, kind)]
    if op in ("QLinearAdd", "QLinearMul"):
        return g.node(op, [*triple(shape), *triple(g.smaller(shape)), *out], domain=microsoft)
    if op in ("QLinearSigmoid", "QLinearLeakyRelu"):
        attributes = {"alpha": g.pick(None, 0.2)} if op == "QLinearLeakyRelu" else {}
        return g.node(op, [*triple(shape), *out], domain=microsoft, **attributes)
    if op == "QLinearSoftmax":
        places = [g.place(np.float32(1 / 256), 0.0), g.place(np.array(0 if kind == "uint8" else -128, f"{kind}"), 0.0)]
        return g.node(op, [*triple(shape), *places], domain=microsoft, axis=-1, opset=13)
    if op == "QLinearAveragePool":
        return g.node(op, [*triple([1, 2, 5, 4]), *out], domain=microsoft, kernel_shape=[2, 2], strides=[g.pick(1, 2)] * 2, pads=[g.pick(0, 1)] * 4, count_include_pad=g.pick(0, 1))
    if op == "QLinearGlobalAveragePool":
        return g.node(op, [*triple([2, 3, 4, 2]), *out], domain=microsoft)
    if op == "QLinearWhere":
        return g.node(op, [g.x(shape, "bool"), *triple(shape), *triple(shape), *out], domain=microsoft)
    if op == "QLinearConcat":
        parts = [triple([2, g.r.randint(1, 3)]) for _ in range(g.r.randint(1, 3))]
        return g.node(op, [*out, *[name for part in parts for name in part]], domain=microsoft, axis=1)
    if op == "QGemm":
        m, k, n = g.r.randint(1, 4), g.r.randint(1, 5), g.r.randint(1, 4)
        turns = [g.pick(0, 1), g.pick(0, 1)]
        a, b = integers(g, [k, m] if turns[0] else [m, k], kind), integers(g, [n, k] if turns[1] else [k, n], kind)
        c = g.place(g.numbers([n], "int32", -500, 500), 0.0) if g.chance(0.6) else ""
        ends = [g.place(np.float32(g.pick(0.5, 3.0)), 0.0), zero_point(g, kind)] if g.chance(0.6) else []
        attributes = {"transA": turns[0], "transB": turns[1], "alpha": g.pick(None, 0.5)}
        return g.node(op, [a, scale(g), zero_point(g, kind), b, scale(g), zero_point(g, kind), c, *ends], domain=microsoft, **attributes)
    both = g.pick("forward", "reverse", "bidirectional")
    ways, units, size, steps, batch = 2 if both == "bidirectional" else 1, g.r.randint(1, 4), g.r.randint(1, 4), g.r.randint(1, 4), g.r.randint(1, 3)
    matrix = lambda rows: g.place(g.numbers([ways, rows, 4 * units], kind, 60 if kind == "uint8" else -60, 190 if kind == "uint8" else 60), 0.0)
    columns = g.chance(0.3) and kind == "int8"
    own = [ways, 4 * units] if columns else [ways]
    zero = lambda: g.place(np.zeros(own, np.int8), 0.0) if kind == "int8" else g.place(np.full(own, 128, np.uint8), 0.0)
    scales = lambda: g.place(np.abs(g.numbers(own, "float", 0.004, 0.02)) + np.float32(0.001), 0.0)
    bias = g.place(g.numbers([ways, 8 * units], "float", -1, 1), 0.0) if g.chance(0.7) else ""
    states = [g.x([ways, batch, units]), g.x([ways, batch, units])] if g.chance(0.3) else ["", ""]
    inputs = [g.x([steps, batch, size]), matrix(size), matrix(units), bias, "", *states, "", scales(), zero(), scales(), zero()]
    return g.node(op, inputs, outputs=3, domain=microsoft, hidden_size=units, direction=both)
