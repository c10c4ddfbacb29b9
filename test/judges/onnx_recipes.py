"""How each claimed ONNX operator is drawn: a group of operators, and a function that adds one to a graph (onnx_ops.py)."""
import numpy as np

floats = ("float", "double", "float16")
numbers = ("float", "double", "float16", "int32", "int64")
any_type = (*numbers, "bool")
recipes = {}


def recipe(group, operators):
    def register(draw):
        recipes[group] = {"operators": operators.split(), "draw": draw}
        return draw

    return register


@recipe("unary", "Abs Neg Exp Log Sqrt Reciprocal Erf Relu Sigmoid Tanh Softplus Softsign Floor Ceil Round Sign Sin Cos Tan Sinh Cosh IsNaN IsInf")
def unary(g, op):
    types = numbers if op in ("Abs", "Neg", "Sign") else floats
    low, high = {"Log": (0.01, 4), "Sqrt": (0, 4)}.get(op, (-4, 4))
    x = g.numbers(g.shape(), g.type(*types), low, high)
    attributes = {}
    if op in ("IsNaN", "IsInf"):
        strange = g.node("Log", [g.x(None, array=np.floor(np.abs(x)) - (op == "IsNaN"))])
        if op == "IsInf":
            attributes = {"detect_negative": g.pick(None, 0, 1), "detect_positive": g.pick(None, 0, 1)}
            strange = g.node("Neg", strange) if g.chance(0.5) else strange
        return g.node(op, strange, **attributes)
    return g.node(op, [g.x(None, array=x)], **attributes)


@recipe("activations", "LeakyRelu Elu Selu HardSigmoid Celu ThresholdedRelu PRelu HardSwish Mish Gelu Shrink")
def activations(g, op):
    shape = g.shape()
    x = g.x(shape, g.type("float", "float16", "double"), -4, 4)
    alpha = g.pick(None, round(g.r.uniform(0.05, 2), 3))
    if op == "PRelu":
        return g.node(op, [x, g.x(g.smaller(shape), str_type(g, x))])
    attributes = {}
    if op in ("LeakyRelu", "Elu", "Celu", "ThresholdedRelu", "HardSigmoid", "Selu"):
        attributes["alpha"] = alpha
    if op == "HardSigmoid":
        attributes["beta"] = g.pick(None, round(g.r.uniform(0, 1), 3))
    if op == "Selu":
        attributes["gamma"] = g.pick(None, round(g.r.uniform(0.5, 2), 3))
    if op == "Gelu":
        attributes["approximate"] = g.pick(None, "none", "tanh")
    if op == "Shrink":
        attributes = {"lambd": g.pick(None, 1.0), "bias": g.pick(None, 0.5)}
    return g.node(op, [x], **attributes)


def str_type(g, name):
    dtype = str(g.values[name].dtype)
    return {"float32": "float", "float64": "double"}.get(dtype, dtype)


@recipe("binary", "Add Sub Mul Div Pow Equal Greater GreaterOrEqual Less LessOrEqual Mod And Or Xor")
def binary(g, op):
    shape = g.shape()
    kind = "bool" if op in ("And", "Or", "Xor") else g.type(*(any_type if op == "Equal" else numbers))
    a, b = shape, g.smaller(shape)
    if g.chance(0.5):
        a, b = b, a
    if g.chance(0.2) and shape:
        a, b = [d if i % 2 else 1 for i, d in enumerate(shape)], [1 if i % 2 else d for i, d in enumerate(shape)]
    x = g.numbers(a, kind, 0.1 if op == "Pow" and not kind.startswith("int") else -9 if kind.startswith("int") else -3, 4)
    other = g.type(*numbers) if op == "Pow" and g.opset >= 13 else kind
    y = g.numbers(b, other, 0 if op == "Pow" and kind.startswith("int") else -3, 3)
    if op == "Pow" and x.dtype.kind == "i":
        y = np.floor(y).astype(y.dtype)  # no integer is the root of a negative one
    if op in ("Div", "Mod") and y.size:
        y = np.where(y == 0, np.array(2, y.dtype), y).astype(y.dtype)
    fmod = None
    if op == "Mod":
        fmod = 1 if x.dtype.kind == "f" else g.pick(None, 0, 1)
    return g.node(op, [g.x(None, array=x), g.x(None, array=y)], fmod=fmod)


@recipe("variadic", "Max Min Sum Mean")
def variadic(g, op):
    shape = g.shape()
    kind = g.type(*(numbers if op in ("Max", "Min") else floats))
    return g.node(op, [g.x(g.smaller(shape) if k else shape, kind) for k in range(g.r.randint(1, 4))])


@recipe("not and where", "Not Where Clip")
def selected(g, op):
    shape = g.shape()
    if op == "Not":
        return g.node(op, [g.x(shape, "bool")])
    if op == "Where":
        kind = g.type(*any_type)
        shapes = [g.smaller(shape) if g.chance(0.6) else shape for _ in range(3)]
        values = [g.numbers(s, kind) for s in shapes[1:]]
        for v in values:
            if v.size and v.dtype.kind == "f" and g.chance(0.3):
                v.flat[0] = g.pick(np.inf, -np.inf)
                g.endless = True
        return g.node(op, [g.x(shapes[0], "bool"), *[g.x(None, array=v) for v in values]])
    kind = g.type(*(numbers if g.opset >= 12 else ("float",)))
    x = g.x(shape, kind, -5, 5)
    low, high = g.pick(None, -2, 0), g.pick(None, 1, 2, 3)
    if g.opset < 11:
        return g.node(op, [x], min=None if low is None else float(low), max=None if high is None else float(high))
    bound = lambda v: "" if v is None else g.known(v, kind)
    return g.node(op, [x, bound(low), bound(high)])


@recipe("products", "MatMul Gemm Einsum")
def products(g, op):
    kind = g.type("float", "double", "float16", "int32")
    m, k, n = g.size(), g.size(), g.size()
    if op == "Gemm":
        a, b = g.pick(None, 0, 1), g.pick(None, 0, 1)
        x = g.x([k, m] if a else [m, k], kind)
        w = g.x([n, k] if b else [k, n], kind)
        c = g.pick("", [], [n], [1], [1, n], [m, 1], [m, n])
        if c == "" and g.opset < 11:
            c = [n]
        return g.node(op, [x, w, c if c == "" else g.x(c, kind)], transA=a, transB=b, alpha=g.pick(None, 0.5), beta=g.pick(None, 0.25, 2.0))
    if op == "Einsum":
        m, k, n = [max(1, d) for d in (m, k, n)]  # ONNX Runtime divides by 0
        text, shapes = g.pick(
            ("ij,jk->ik", ((m, k), (k, n))), ("bij,bjk->bik", ((2, m, k), (2, k, n))), ("bij,bkj->bik", ((2, m, k), (2, n, k))),
            ("i,i->", ((k,), (k,))), ("ij->ji", ((m, k),)), ("ij->", ((m, k),)), ("abc,cd->abd", ((2, m, k), (k, n))),
            ("bhqd,bhkd->bhqk", ((2, 2, m, k), (2, 2, n, k))), ("...ij,...jk->...ik", ((2, m, k), (2, k, n))), ("ii->i", ((m, m),)),
            ("ij,jk", ((m, k), (k, n))), ("i,j->ij", ((m,), (n,))), ("abcd,cde->abe", ((2, m, 2, k), (2, k, n))), ("aecd,abcd->acbe", ((2, m, 2, k), (2, n, 2, k))),
        )  # fmt: skip
        kind = g.type("float", "double")
        return g.node(op, [g.x(list(s), kind) for s in shapes], equation=text)
    lead = g.shape(0, 3)
    a, b = (g.smaller(lead) if g.chance(0.5) else lead), (g.smaller(lead) if g.chance(0.5) else lead)
    x = [k] if g.chance(0.15) else [*a, m, k]
    w = [k] if g.chance(0.15) else [*b, k, n]
    return g.node(op, [g.x(x, kind), g.x(w, kind)])


@recipe("normalization", "Softmax LogSoftmax Hardmax LayerNormalization BatchNormalization InstanceNormalization GroupNormalization LpNormalization")
def normalization(g, op):
    if op in ("Softmax", "LogSoftmax", "Hardmax"):
        shape = g.shape(1)
        axis = g.pick(None, g.axis(len(shape)) if g.opset >= 11 else g.r.randint(0, len(shape) - 1))
        if axis is None and g.opset < 13 and len(shape) < 2:
            axis = 0
        return g.node(op, [g.x(shape, g.type(*floats))], axis=axis)
    if op == "LpNormalization":
        shape = g.shape(1)
        return g.node(op, [g.x(shape, g.type("float", "double"))], axis=g.pick(None, g.axis(len(shape))), p=g.pick(None, 1, 2))
    if op == "LayerNormalization":
        shape = g.shape(1, 5)
        axis = g.axis(len(shape))
        rest = shape[axis:]
        kind = g.type("float", "double")
        scale = g.smaller(rest) if g.chance(0.2) else rest
        inputs = [g.x(shape, kind), g.x(scale, kind), g.pick("", g.x(rest, kind))]
        outputs = g.pick(1, 1, 2, 3)
        return g.node(op, inputs, outputs, axis=None if axis == -1 and g.chance(0.5) else axis, epsilon=g.pick(None, 1e-3))
    shape = [g.size(), g.size(1, 4), *g.shape(0, 3)]
    c = shape[1]
    kind = g.type(*floats)
    if op == "BatchNormalization":
        if g.chance(0.1):
            shape = shape[:2]
        inputs = [g.x(shape, kind), g.x([c], kind), g.x([c], kind), g.x([c], kind), g.x([c], kind, 0.1, 3)]
        return g.node(op, inputs, epsilon=g.pick(None, 1e-3), momentum=g.pick(None, 0.5))
    # ONNX Runtime loses digits where a mean is over one number.
    shape = [*shape[:2], *[d + 2 for d in shape[2:]]] if len(shape) > 2 else [*shape, 3]
    if op == "InstanceNormalization":
        return g.node(op, [g.x(shape), g.x([c]), g.x([c])], epsilon=g.pick(None, 1e-3))
    groups = g.pick(1, 2)
    shape[1] = groups * g.pick(1, 2)
    c = shape[1] if g.opset >= 21 else groups
    return g.node(op, [g.x(shape), g.x([c]), g.x([c])], num_groups=groups, epsilon=g.pick(None, 1e-3))


@recipe("reductions", "ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSum ReduceLogSumExp ArgMax ArgMin CumSum")
def reductions(g, op):
    shape = g.shape()
    rank = len(shape)
    low = 0.1 if op == "ReduceLogSum" else -3
    if op in ("ArgMax", "ArgMin"):
        shape = shape or [3]
        rank = len(shape)
        kind = g.type("float", "int32", "double")
        last = g.pick(None, 0, 1) if g.opset >= 12 else None
        return g.node(op, [g.x(shape, kind)], axis=g.pick(None, g.axis(rank) if g.opset >= 11 else 0), keepdims=g.pick(None, 0, 1), select_last_index=last)
    if op == "CumSum":
        shape = shape or [3]
        kind = g.type("float", "double", "int32", "int64")
        axis = g.known(g.axis(len(shape)), g.pick("int32", "int64"))
        return g.node(op, [g.x(shape, kind), axis], exclusive=g.pick(None, 0, 1), reverse=g.pick(None, 0, 1))
    # Of integers ONNX Runtime cuts logarithms and exponentials one by one.
    kind = g.type(*(floats if "Log" in op else numbers))
    x = g.x(shape, kind, low, 3)
    axes = None if rank == 0 or g.chance(0.2) else g.r.sample(range(rank), g.r.randint(1, rank))
    if axes and (g.opset >= 11 and g.chance(0.4)):
        axes = [a - rank for a in axes]
    keep = g.pick(None, 0, 1)
    if g.opset >= (13 if op == "ReduceSum" else 18):
        if axes is None and g.chance(0.3):
            axes = []
        return g.node(op, [x, "" if axes is None else g.known(axes)], keepdims=keep, noop_with_empty_axes=g.pick(None, 0, 1))
    return g.node(op, [x], axes=axes, keepdims=keep)


@recipe("shapes", "Identity Dropout Cast CastLike Transpose Reshape Flatten Squeeze Unsqueeze Shape Size Expand Tile Concat Split Slice Pad Trilu DepthToSpace SpaceToDepth")
def shapes(g, op):
    shape = g.shape()
    rank = len(shape)
    kind = g.type(*any_type)
    if op == "Identity":
        return g.node(op, [g.x(shape, kind)])
    if op == "Dropout":
        kind = g.type(*floats)
        x = g.x(shape, kind)
        if g.opset >= 12:
            ratio = g.pick("", g.known(0.3, "float"))
            return g.node(op, [x, ratio, g.pick("", g.known(False, "bool"))], g.pick(1, 2))
        return g.node(op, [x], g.pick(1, 2), ratio=g.pick(None, 0.3))
    if op == "Cast":
        return g.node(op, [g.x(shape, kind, -5, 5)], to=g.pick(1, 6, 7, 9, 10, 11))
    if op == "CastLike":
        return g.node(op, [g.x(shape, kind, -5, 5), g.x(g.shape(), g.type(*any_type))])
    if op == "Transpose":
        return g.node(op, [g.x(shape, kind)], perm=g.pick(None, g.r.sample(range(rank), rank)) if rank else None)
    if op == "Reshape":
        flat = int(np.prod(shape))
        wanted = g.pick([flat], [1, flat], [-1], [-1, 1], [flat, 1, 1], [0, *([-1] if rank > 1 else [])] if rank and flat else [flat])
        allow = g.pick(None, 0) if g.opset >= 14 else None
        if g.opset >= 14 and 0 not in wanted and g.chance(0.3):
            allow = 1
        if flat == 0:
            wanted, allow = [0, 3], 1 if g.opset >= 14 else allow
        return g.node(op, [g.x(shape, kind), g.known(wanted)], allowzero=allow)
    if op == "Flatten":
        return g.node(op, [g.x(shape, kind)], axis=g.pick(None, g.r.randint(-rank if g.opset >= 11 else 0, rank)) if rank else 0)
    if op in ("Squeeze", "Unsqueeze"):
        if op == "Squeeze":
            shape = [1 if g.chance(0.5) else d for d in shape]
            axes = [k for k, d in enumerate(shape) if d == 1 and g.chance(0.7)]
            axes = [a - rank if g.opset >= 11 and g.chance(0.3) else a for a in axes]
            if not axes or g.chance(0.2):
                return g.node(op, [g.x(shape, kind)])
        else:
            wide = rank + g.r.randint(1, 2)
            axes = g.r.sample(range(wide), wide - rank)
            axes = [a - wide if g.opset >= 11 and g.chance(0.3) else a for a in axes]
            if g.opset < 11:
                axes.sort()
        x = g.x(shape, kind)
        return g.node(op, [x, g.known(axes)]) if g.opset >= 13 else g.node(op, [x], axes=axes)
    if op in ("Shape", "Size"):
        x = g.x(shape, kind)
        if op == "Shape" and g.opset >= 15:
            return g.node(op, [x], start=g.pick(None, g.r.randint(-6, 6)), end=g.pick(None, g.r.randint(-6, 6)))
        return g.node(op, [x])
    if op == "Expand":
        small = g.smaller(shape)
        wanted = shape if g.chance(0.7) else [1 if d == s and g.chance(0.5) else d for d, s in zip(shape[-len(small) :] if small else [], small)]
        return g.node(op, [g.x(small, kind), g.known(wanted, shape=[len(wanted)])])
    if op == "Tile":
        times = [g.r.randint(0 if g.chance(0.05) else 1, 3) for _ in shape]
        return g.node(op, [g.x(shape, kind), g.known(times, shape=[rank])])
    if op == "Concat":
        shape = shape or [2]
        axis = g.axis(len(shape)) if g.opset >= 11 else g.r.randint(0, len(shape) - 1)
        other = lambda: [g.size() if k == axis % len(shape) else d for k, d in enumerate(shape)]
        return g.node(op, [g.x(other(), kind) for _ in range(g.r.randint(1, 4))], axis=axis)
    if op == "Split":
        shape = shape or [3]
        axis = g.axis(len(shape)) if g.opset >= 11 else g.r.randint(0, len(shape) - 1)
        parts = g.r.randint(1, 3)
        said = [g.r.randint(0 if g.chance(0.1) else 1, 3) for _ in range(parts)]
        given = g.pick(None, axis) if axis == 0 else axis
        if g.chance(0.5):
            shape[axis] = sum(said)
            x = g.x(shape, kind)
            if g.opset >= 13:
                return g.node(op, [x, g.known(said)], parts, axis=given)
            return g.node(op, [x], parts, axis=given, split=said)
        shape[axis] = parts * g.r.randint(1, 2)
        count = None
        if g.opset >= 18:
            count = parts
            shape[axis] += g.r.randint(0, 1)
        return g.node(op, [g.x(shape, kind)], parts, axis=given, num_outputs=count)
    if op == "Slice":
        shape = shape or [4]
        rank = len(shape)
        axes = g.pick(None, g.r.sample(range(rank), g.r.randint(1, rank)))
        n = rank if axes is None else len(axes)
        if axes and g.opset >= 10 and g.chance(0.3):
            axes = [a - rank for a in axes]
        starts = [g.r.randint(-5, 5) for _ in range(n)]
        ends = [g.pick(g.r.randint(-5, 5), 2**63 - 1, -(2**63)) for _ in range(n)]
        x = g.x(shape, kind)
        if g.opset < 10:
            return g.node(op, [x], starts=starts, ends=ends, axes=axes)
        whole = g.pick("int64", "int32")
        if whole == "int32":
            ends = [max(min(e, 2**31 - 1), -(2**31)) for e in ends]
        steps = g.pick("", [g.pick(1, 1, -1, 2, -2, 3) for _ in range(n)])
        return g.node(op, [x, g.known(starts, whole), g.known(ends, whole), "" if axes is None else g.known(axes, whole), steps if steps == "" else g.known(steps, whole)])
    if op == "Pad":
        mode = g.pick(None, "constant", "reflect", "edge", *(["wrap"] if g.opset >= 19 else []))
        shape = [g.r.randint(3, 4) for _ in range(max(1, rank))] if mode in ("reflect", "wrap") else shape or [2]
        rank = len(shape)
        pads = [g.r.randint(-1 if mode in (None, "constant") and g.chance(0.1) else 0, 2) for _ in range(2 * rank)]
        kind = g.type(*(numbers if g.opset >= 11 else ("float",)))
        x = g.x(shape, kind)
        if g.opset < 11:
            return g.node(op, [x], pads=pads, mode=mode, value=g.pick(None, 1.5))
        axes = ""
        if g.opset >= 18 and g.chance(0.4):
            some = g.r.sample(range(rank), g.r.randint(1, rank))
            pads = [g.r.randint(0, 2) for _ in range(2 * len(some))]
            axes = g.known([a - rank if g.chance(0.3) else a for a in some])
        value = g.pick("", g.known(2, kind)) if mode in (None, "constant") else ""
        return g.node(op, [x, g.known(pads), value, axes], mode=mode)
    if op == "Trilu":
        shape = [*g.shape(0, 2), g.size(), g.size()]
        return g.node(op, [g.x(shape, kind), g.pick("", g.known(g.r.randint(-3, 3)))], upper=g.pick(None, 0, 1))
    if op == "DepthToSpace":
        mode = g.pick(None, "DCR", "CRD") if g.opset >= 11 else None
        return g.node(op, [g.x([g.size(), 4 * g.size(1, 2), g.size(), g.size()], g.type("float", "double"))], blocksize=2, mode=mode)
    return g.node(op, [g.x([g.size(), g.size(1, 2), 2 * g.size(1, 2), 2 * g.size(1, 2)], g.type("float", "double"))], blocksize=2)


@recipe("picking", "Gather GatherElements GatherND TopK OneHot ScatterElements ScatterND ReverseSequence")
def picking(g, op):
    shape = [max(1, d) for d in g.shape(1, 4)]
    rank = len(shape)
    kind = g.type(*any_type)
    axis = g.axis(rank) if g.opset >= 11 else g.r.randint(0, rank - 1)
    low = -1 if g.opset >= 11 else 0
    whole = g.pick("int64", "int32")
    if op == "Gather":
        d = shape[axis]
        at = g.x(g.shape(0, 2), whole, low * d, d - 1)
        return g.node(op, [g.x(shape, kind), at], axis=g.pick(None, axis) if axis == 0 else axis)
    if op in ("GatherElements", "ScatterElements"):
        d = shape[axis]
        at_shape = [g.r.randint(1, n) for n in shape]
        if op == "GatherElements":
            at_shape[axis] = g.size()
            at = g.x(at_shape, whole, low * d, d - 1)
            return g.node(op, [g.x(shape, kind), at], axis=g.pick(None, axis) if axis == 0 else axis)
        index = np.stack([np.array(g.r.sample(range(d), at_shape[axis])) for _ in range(int(np.prod(at_shape)) // at_shape[axis])])
        rest = [n for k, n in enumerate(at_shape) if k != axis % rank]
        at = np.moveaxis(index.reshape([*rest, at_shape[axis]]), -1, axis).astype(np.int64)
        kind = g.type(*(numbers))
        reduction = g.pick(None, "none", *(["add", "mul"] if g.opset >= 16 else []), *(["max", "min"] if g.opset >= 18 else []))
        if reduction not in (None, "none"):
            kind = "float"
        return g.node(op, [g.x(shape, kind), g.x(None, array=at), g.x(at_shape, kind)], axis=g.pick(None, axis) if axis == 0 else axis, reduction=reduction if g.opset >= 16 else None)
    if op in ("GatherND", "ScatterND"):
        batch = g.r.randint(0, min(2, rank - 1)) if op == "GatherND" and g.opset >= 12 else 0
        depth = g.r.randint(1, rank - batch)
        lead = [*shape[:batch], *[max(1, d) for d in g.shape(0 if op == "GatherND" else 1, 2)]]
        n = int(np.prod(lead))
        columns = [[g.r.randint(low * shape[batch + k], shape[batch + k] - 1) for _ in range(n)] for k in range(depth)]
        at = np.array(columns, np.int64).T.reshape([*lead, depth])
        if op == "GatherND":
            return g.node(op, [g.x(shape, kind), g.x(None, array=at)], batch_dims=batch or None)
        kind = g.type(*numbers)
        cells = list(np.ndindex(*shape[:depth]))
        chosen = g.r.sample(cells, min(len(cells), n))
        at = np.array(chosen, np.int64).reshape([len(chosen), depth])
        return g.node(op, [g.x(shape, kind), g.x(None, array=at), g.x([len(chosen), *shape[depth:]], kind)])
    if op == "TopK":
        d = shape[axis]
        n = g.r.randint(1 if g.opset < 10 else 0 if g.chance(0.1) else 1, d)
        axis = g.pick(None, axis) if axis % rank == rank - 1 else axis
        kind = g.type(*(("float", "double", "int32", "int64") if g.opset >= 11 else ("float",)))
        x = g.x(shape, kind, -9, 9)
        if g.opset < 10:
            return g.node(op, [x], 2, k=n, axis=axis)
        if g.opset < 11:
            return g.node(op, [x, g.known([n])], 2, axis=axis)
        return g.node(op, [x, g.known([n])], 2, axis=axis, largest=g.pick(None, 0, 1), sorted=g.pick(None, 1))
    if op == "OneHot":
        depth = g.r.randint(1, 5)
        wide = rank + 1
        axis = g.pick(None, -1, g.r.randint(-wide, rank) if g.opset >= 11 else g.r.randint(0, rank))
        at = g.x(shape, g.pick("int64", "int64", "float"), -depth if g.opset >= 11 else 0, depth - 1) if g.chance(0.8) else g.x(shape, "int64", -7, 7)
        if str(g.values[at].dtype) == "float32":
            g.values[at][...] = np.floor(g.values[at])
        kind = g.type("float", "int64")
        return g.node(op, [at, g.known(depth, shape=g.pick([], [1])), g.known(g.pick([0, 1], [-2, 5]), kind)], axis=axis)
    if op == "ReverseSequence":
        shape = [max(1, d) for d in g.shape(2, 4)]
        batch = g.pick(0, 1)
        lengths = g.x([shape[batch]], "int64", 1, shape[1 - batch])
        default = batch == 1 and g.chance(0.5)
        return g.node(op, [g.x(shape, g.type("float", "int32")), lengths], batch_axis=None if default else batch, time_axis=None if default else 1 - batch)


@recipe("made", "Constant ConstantOfShape Range EyeLike")
def made(g, op):
    from onnx import helper, numpy_helper

    if op == "Constant":
        shape = g.shape(0, 3)
        kind = g.type(*any_type)
        attribute = g.pick("value", *(["value_float", "value_floats", "value_int", "value_ints"] if g.opset >= 12 else []))
        value = {"value": numpy_helper.from_array(g.numbers(shape, kind)), "value_float": 1.5, "value_floats": [1.0, -2.5], "value_int": 3, "value_ints": [1, -2, 3]}[attribute]
        [name] = g.node(op, [], **{attribute: value})
        g.x([2])
        return g.node("Identity", [name]) + g.node("Identity", [g.inputs[0][0]])
    if op == "ConstantOfShape":
        g.x([2])
        kind = g.pick("float", "float", "int64", "int32", "bool", "double")
        value = g.pick(None, numpy_helper.from_array(g.numbers([1], kind)))
        shape = g.shape(0, 4)
        return g.node(op, [g.known(shape, shape=[len(shape)])], value=value) + g.node("Identity", [g.inputs[0][0]])
    if op == "EyeLike":
        return g.node(op, [g.x([g.size(), g.size()], g.pick("float", "int64"))], dtype=g.pick(None, 1, 7), k=g.pick(None, 1, -1))
    g.x([2])
    kind = g.pick("int64", "int32", "float", "double")
    start, step, n = g.r.randint(-5, 5), g.pick(1, 2, -1, -3), g.r.randint(0, 6)
    fraction = 0.25 if kind in ("float", "double") and g.chance(0.5) else 0
    at = lambda v: g.known(v, kind)
    return g.node(op, [at(start + fraction), at(start + step * n - fraction), at(step)]) + g.node("Identity", [g.inputs[0][0]])


@recipe("convolution", "Conv ConvTranspose MaxPool AveragePool GlobalAveragePool GlobalMaxPool Resize Upsample")
def convolution(g, op):
    space = g.pick(1, 1, 2, 2, 3)
    kind = g.type("float", "float16", "double") if op in ("Conv", "GlobalAveragePool") else "float"
    batch, groups = g.r.randint(1, 2), g.pick(1, 1, 2, 3)
    if op in ("Resize", "Upsample"):
        return resize(g, op, space)
    channels = groups * g.r.randint(1, 2)
    sizes = [g.r.randint(3, 7) for _ in range(space)]
    shape = [batch, channels, *sizes]
    if op in ("GlobalAveragePool", "GlobalMaxPool"):
        return g.node(op, [g.x(shape, kind)])
    kernel = [g.r.randint(1, 3) for _ in range(space)]
    gaps = [g.r.randint(1, 2) for _ in range(space)] if g.chance(0.3) and not (op == "AveragePool" and g.opset < 19) and not (op == "MaxPool" and g.opset < 10) else None
    steps = g.pick(None, [g.r.randint(1, 3) for _ in range(space)])
    auto = g.pick(None, None, "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER")
    pads = g.pick(None, [g.r.randint(0, k - 1) if k > 1 else 0 for k in [*kernel, *kernel]]) if auto in (None, "NOTSET") else None
    common = dict(strides=steps, auto_pad=auto, pads=pads, dilations=gaps)
    if op == "Conv":
        filters = groups * g.r.randint(1, 2)
        inputs = [g.x(shape, kind), g.x([filters, channels // groups, *kernel], kind), g.x([filters], kind) if g.chance(0.5) else ""]
        return g.node(op, inputs, group=groups if groups > 1 else None, kernel_shape=g.pick(None, kernel), **common)
    if op == "ConvTranspose":
        each = g.r.randint(1, 2)
        inputs = [g.x(shape), g.x([channels, each, *kernel]), g.x([each * groups]) if g.chance(0.5) else ""]
        extra = [g.r.randint(0, max(0, (s or 1) - 1)) for s in (steps or [1] * space)] if g.chance(0.3) else None
        return g.node(op, inputs, group=groups if groups > 1 else None, kernel_shape=g.pick(None, kernel), output_padding=extra, **common)
    ceil = g.pick(None, 0, 1) if g.opset >= 10 else None
    if op == "AveragePool":
        return g.node(op, [g.x(shape)], kernel_shape=kernel, ceil_mode=ceil, count_include_pad=g.pick(None, 0, 1), **common)
    outputs = g.pick(1, 1, 2)
    order = g.pick(None, 0)
    return g.node(op, [g.x(shape)], outputs, kernel_shape=kernel, ceil_mode=ceil, storage_order=order, **common)


def resize(g, op, space):
    shape = [1, g.r.randint(1, 2), *[g.r.randint(2, 4) for _ in range(space)]]
    x = g.x(shape)
    factors = [1.0, 1.0, *[g.pick(1.0, 2.0, 3.0, 0.5, 0.6, 1.5, 2.3) for _ in range(space)]]
    if op == "Upsample":
        g.opset = g.pick(7, 8, 9)
        factors = [max(1.0, v) for v in factors]
        if g.opset < 9:
            return g.node(op, [x], mode="nearest", scales=factors)
        return g.node(op, [x, g.known(factors, "float")], mode="nearest")
    scales = g.known(factors, "float")
    mode = g.pick("nearest", "nearest", "linear")
    if g.opset == 10:
        return g.node("Resize", [x, scales], mode="nearest")
    if g.opset < 13:
        g.initializers.append(__import__("onnx").numpy_helper.from_array(np.zeros([0], np.float32), "roi"))
    roi = "roi" if g.opset < 13 else ""
    transform = g.pick("asymmetric", "half_pixel", "align_corners", "pytorch_half_pixel", None)
    nearest = g.pick("floor", None, "ceil", "round_prefer_ceil") if mode == "nearest" else None
    if g.chance(0.4):
        sizes = g.known([*shape[:2], *[g.r.randint(1, 7) for _ in range(space)]])
        empty = ""
        if g.opset < 13:
            g.initializers.append(__import__("onnx").numpy_helper.from_array(np.zeros([0], np.float32), "none"))
            empty = "none"
        return g.node("Resize", [x, roi, empty, sizes], mode=mode, coordinate_transformation_mode=transform, nearest_mode=nearest)
    return g.node("Resize", [x, roi, scales], mode=mode, coordinate_transformation_mode=transform, nearest_mode=nearest)


@recipe("recurrent", "LSTM GRU RNN")
def recurrent(g, op):
    t, b, d, h = g.r.randint(1, 5), g.r.randint(1, 3), g.r.randint(1, 3), g.r.randint(1, 3)
    direction = g.pick(None, "forward", "reverse", "bidirectional")
    ways = 2 if direction == "bidirectional" else 1
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[op]
    kind = "float"
    inputs = [g.x([t, b, d], kind), g.x([ways, gates * h, d], kind, -1, 1), g.x([ways, gates * h, h], kind, -1, 1)]
    inputs.append(g.x([ways, 2 * gates * h], kind, -1, 1) if g.chance(0.6) else "")
    inputs.append(g.x([b], "int32", 1 if g.chance(0.9) else 0, t) if g.chance(0.4) else "")
    inputs.append(g.x([ways, b, h], kind, -1, 1) if g.chance(0.4) else "")
    attributes = dict(hidden_size=g.pick(None, h) if g.chance(0.1) else h, direction=direction, clip=g.pick(None, None, 0.5))
    if op == "LSTM":
        inputs.append(g.x([ways, b, h], kind, -1, 1) if g.chance(0.4) else "")
        inputs.append(g.x([ways, 3 * h], kind, -1, 1) if g.chance(0.2) else "")
        attributes["input_forget"] = g.pick(None, None, 0, 1)
    if op == "GRU":
        attributes["linear_before_reset"] = g.pick(None, 0, 1)
    if g.chance(0.4):
        per = {"LSTM": 3, "GRU": 2, "RNN": 1}[op]
        names = [g.pick("Sigmoid", "Tanh", "Relu", "HardSigmoid", "Softsign", "Softplus", "Affine", "LeakyRelu", "ThresholdedRelu", "Elu", "ScaledTanh", "sigmoid", "TANH") for _ in range(per * ways)]
        attributes["activations"] = names
        numbered = [n for n in names if n in ("HardSigmoid", "Affine", "LeakyRelu", "ThresholdedRelu", "Elu", "ScaledTanh")]
        unsaid = ("Affine", "ThresholdedRelu", "ScaledTanh")  # without numbers they are refused
        if numbered and (g.chance(0.7) or any(n in unsaid for n in numbered)):
            attributes["activation_alpha"] = [round(g.r.uniform(0.1, 1), 2) for _ in numbered]
            attributes["activation_beta"] = [round(g.r.uniform(0.1, 1), 2) for n in numbered if n in ("HardSigmoid", "Affine", "ScaledTanh")]
    outputs = [g.name() if g.chance(0.8) else "" for _ in range(3 if op == "LSTM" else 2)]
    if not any(outputs):
        outputs[0] = g.name()
    return g.node(op, inputs, outputs, **attributes)


@recipe("known shapes", "Gather Slice Concat")
def known_shapes(g, op):
    """What exporters compute from shapes: nothing in it depends on the numbers."""
    x = g.x([g.size(1, 4), g.r.randint(2, 4), g.r.randint(2, 4)])
    more = {}
    if g.opset >= 15 and g.chance(0.4):
        more = dict(start=g.pick(None, 0, 1, -2), end=g.pick(None, 2, 3, -1))
    full = g.node("Shape", [x])[0]
    first = g.node("Gather", [full, g.known(g.pick(0, -3) if g.opset >= 11 else 0)])[0]
    axes = lambda n: g.node("Unsqueeze", [n, g.known([0])])[0] if g.opset >= 13 else g.node("Unsqueeze", [n], axes=[0])[0]
    batch = axes(first)
    kind = g.pick("reshape", "expand", "range", "zeros", "shape", "product", "mask", "split", "where")
    if kind == "reshape":
        wanted = g.node("Concat", [batch, g.known([-1])], axis=0)[0]
        return g.node("Reshape", [x, wanted])
    if kind == "expand":
        wanted = g.node("Concat", [g.known([2]), full], axis=0)[0]
        return g.node("Expand", [x, wanted])
    if kind == "range":
        if g.opset < 11:
            return g.node("Cast", [full], to=1)
        steps = g.node("Range", [g.known(0), first, g.known(1)])[0]
        return g.node("Cast", [g.node("Mul", [steps, g.known(3)])[0]], to=g.pick(1, 7))
    if kind == "zeros":
        if g.opset < 9:
            return g.node("Cast", [full], to=1)
        return g.node("ConstantOfShape", [g.node("Concat", [g.known([2]), batch, g.known([3])], axis=0)[0]])
    if kind == "shape":
        return g.node("Shape", [x], **more)
    if kind == "product":
        numbers = g.node(g.pick("Mul", "Add", "Sub", "Div"), [full, g.known(g.pick(2, 3, -2))])[0]
        return g.node(g.pick("Cast", "Identity") if False else "Cast", [numbers], to=g.pick(1, 6, 7, 9))
    if kind == "mask":
        if g.opset < 11:
            return g.node("Cast", [full], to=1)
        steps = g.node("Range", [g.known(0), first, g.known(1)])[0]
        limit = g.x([2, 1], "int64", 0, 4)
        return g.node("Less", [steps, limit])
    if kind == "split":
        return g.node("Reshape", [x, g.node("Concat", [full, g.known([1])], axis=0)[0]])
    if g.opset < 9:
        return g.node("Cast", [full], to=1)
    ones = g.known([1, 1, 1])
    same = g.node("Equal", [full, ones])[0]
    return g.node("Expand", [x, g.node("Where", [same, g.known([2, 2, 2]), full])[0]]) if g.chance(0.3) else g.node("Where", [same, ones, full])


@recipe("control", "Loop Scan If")
def control(g, op):
    """A body over what it is given and a value of the graph around it."""
    from onnx import helper

    shape = [g.r.randint(1, 3), g.r.randint(1, 3)]
    x, around = g.x(shape), g.x(shape)
    value = lambda name, kind=1: helper.make_tensor_value_info(name, kind, None if kind == 1 else [])
    names = [g.name() for _ in range(8)]
    step = [
        helper.make_node("Mul", [names[0], around], [names[1]]),
        helper.make_node(g.pick("Tanh", "Neg"), [names[1]], [names[2]]),
    ]
    if op == "If":
        graphs = [
            helper.make_graph(
                [
                    # Both branches give one name to different numbers.
                    helper.make_node("Constant", [], [names[5]], value=helper.make_tensor("c", 1, [len(list_)], list_)),
                    helper.make_node("Mul", [x, names[5]], [names[6]]),
                    helper.make_node(kind, [names[6], around], [name]),
                ],
                kind, [], [value(name)],
            )
            for kind, name, list_ in (("Add", names[3], [2.0] * shape[1]), ("Sub", names[4], [-3.0] * shape[1]))
        ]
        condition = g.known(g.chance(0.5), "bool") if g.chance(0.5) else g.node("Less", [g.node("ReduceMax", [x], keepdims=0)[0], g.known(1.5, "float")])[0]
        return g.node(op, [condition], then_branch=graphs[0], else_branch=graphs[1])
    if op == "Loop":
        turns, limit = g.r.randint(1, 4), g.r.randint(1, 5)
        body = helper.make_graph(
            [*step, helper.make_node("Less", [names[3], names[7]], [names[4]]), helper.make_node("Identity", [names[2]], [names[6]])],
            "body",
            [value(names[3], 7), value(names[5], 9), value(names[0])],
            [value(names[4], 9), value(names[2]), value(names[6])],
            [helper.make_tensor(names[7], 7, [], [limit])],
        )
        return g.node(op, [g.known(turns), g.known(True, "bool"), x], 2, body=body)
    length = g.r.randint(1, 4)
    axis = g.pick(0, 1, 2, -1)
    sequence = list(shape)
    sequence.insert(axis if axis >= 0 else 2, length)
    body = helper.make_graph(
        [*step, helper.make_node("Add", [names[2], names[3]], [names[4]]), helper.make_node("Identity", [names[4]], [names[5]])],
        "body",
        [value(names[0]), value(names[3])],
        [value(names[4]), value(names[5])],
    )
    return g.node(
        op, [x, g.x(sequence)], 2, body=body, num_scan_inputs=1, scan_input_axes=[axis],
        scan_input_directions=g.pick(None, [0], [1]), scan_output_axes=g.pick(None, [0], [1], [-1]), scan_output_directions=g.pick(None, [1]),
    )  # fmt: skip
