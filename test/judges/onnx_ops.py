"""
Random ONNX graphs and what onnxruntime computes for them (onnx-ops.mjs): one operator, and sometimes two to four behind it.
A request is a list of seeds; the answer has a file and its numbers for each, or why there are none.
"""
import base64
import random

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from answer import answer
import onnx_recipes_quantized  # noqa: F401 (adds its recipes)
from onnx_recipes import recipes
from onnx_saturation import products, saturates

onnxruntime.set_default_logger_severity(4)
types = {
    "float": np.float32, "double": np.float64, "float16": np.float16,
    "int32": np.int32, "int64": np.int64, "bool": np.bool_,
    "int8": np.int8, "uint8": np.uint8, "int16": np.int16, "uint16": np.uint16,
}  # fmt: skip
opsets = range(7, 23)
irs = {9: 4, 10: 5, 11: 6, 12: 7, 13: 7, 14: 7, 15: 8, 16: 8, 17: 8, 18: 8, 19: 9, 20: 9, 21: 10, 22: 10}


class Graph:
    """A graph that grows: what an operator's recipe draws its inputs, attributes and shapes from."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.opset = self.r.choice(opsets)
        self.inputs, self.initializers, self.nodes, self.values = [], [], [], {}
        self.count = 0
        self.endless = False  # whether there are infinities, which no integer is

    def chance(self, p):
        return self.r.random() < p

    def pick(self, *choices):
        return self.r.choice(choices)

    def name(self):
        self.count += 1
        return f"v{self.count}"

    def size(self, low=1, high=4):
        return 0 if low <= 1 and self.chance(0.01) else self.r.randint(low, high)

    def shape(self, low=0, high=5):
        return [self.size() for _ in range(self.r.randint(low, high))]

    def axis(self, rank):
        return self.r.randint(-rank, rank - 1)

    def smaller(self, shape):
        """A shape that spreads to this one."""
        cut = shape[self.r.randint(0, len(shape)) :] if self.chance(0.4) else shape
        return [1 if self.chance(0.3) else d for d in cut]

    def type(self, *allowed):
        allowed = allowed or ("float",)
        return allowed[0] if self.chance(0.6) else self.r.choice(allowed)

    def numbers(self, shape, type="float", low=-3, high=3):
        n = int(np.prod(shape))
        if type == "bool":
            flat = [self.chance(0.5) for _ in range(n)]
        elif "int" in type:
            flat = [self.r.randint(int(low), int(high)) for _ in range(n)]
        else:
            flat = [round(self.r.uniform(low, high), 3) for _ in range(n)]
        return np.array(flat, dtype=types[type]).reshape(shape)

    def x(self, shape, type="float", low=-3, high=3, array=None):
        """Numbers that come as an input as a rule, or lie in the file."""
        array = self.numbers(shape, type, low, high) if array is None else array
        return self.place(array, 0.8 if self.inputs else 1)

    def fits(self, array):
        """Whether it can be an input here: finite numbers, and whole ones of 32 bits."""
        return array.dtype.kind == "b" or bool(np.all(np.abs(array.astype(np.float64)) < 2.0**31))

    def place(self, array, as_input):
        name = self.name()
        if self.chance(as_input) and self.fits(array):
            self.inputs.append((name, array))
        elif self.chance(0.3):
            self.nodes.append(helper.make_node("Constant", [], [name], value=numpy_helper.from_array(array)))
        else:
            self.initializers.append(numpy_helper.from_array(array, name))
        self.values[name] = array
        return name

    def known(self, values, type="int64", shape=None):
        """What an operator must know, such as axes: in the file as a rule."""
        array = np.array(values, dtype=types[type])
        return self.place(array if shape is None else array.reshape(shape), 0.1)

    def node(self, op, inputs, outputs=1, domain="", **attributes):
        while inputs and inputs[-1] == "":
            inputs = inputs[:-1]
        names = [self.name() for _ in range(outputs)] if isinstance(outputs, int) else outputs
        kept = {k: v for k, v in attributes.items() if v is not None and v != []}
        self.nodes.append(helper.make_node(op, inputs, names, domain=domain, **kept))
        return names

    def model(self, outputs):
        value = lambda name, array: helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(array.dtype), list(array.shape)
        )
        graph = helper.make_graph(
            self.nodes, "g", [value(n, a) for n, a in self.inputs], outputs, self.initializers
        )
        others = sorted({node.domain for node in self.nodes if node.domain})
        opsets = [helper.make_opsetid("", self.opset), *[helper.make_opsetid(domain, 1) for domain in others]]
        model = helper.make_model(graph, opset_imports=opsets)
        model.ir_version = irs.get(self.opset, 4)
        return model


def inferred(graph, names):
    """The types and shapes that ONNX says these values have; None where it does not know."""
    empty = [helper.make_empty_tensor_value_info(n) for n in names]
    found = onnx.shape_inference.infer_shapes(graph.model(empty), strict_mode=False).graph
    said = {v.name: v.type.tensor_type for v in [*found.output, *found.value_info]}
    return [said[n] if n in said and said[n].elem_type else None for n in names]


first_version = {}
for schema in onnx.defs.get_all_schemas_with_history():
    if schema.domain == "":
        first_version[schema.name] = min(schema.since_version, first_version.get(schema.name, 99))

tails = {
    "float": ["Relu", "Neg", "Add", "Mul", "Transpose", "ReduceMean", "Softmax", "Reshape", "Concat", "Cast", "Abs", "Identity", "Unsqueeze"],
    "int": ["Neg", "Add", "Mul", "Transpose", "Reshape", "Concat", "Cast", "Abs", "Identity", "Unsqueeze"],
    "bool": ["Not", "Cast", "Transpose", "Reshape", "Identity"],
}  # fmt: skip


def lengthen(g, name, type, rank):
    """One operator more behind a value of which type and rank are known."""
    kind = {1: "float", 6: "int", 7: "int", 9: "bool"}.get(type)
    if kind is None:
        return None
    op = g.r.choice(tails[kind])
    if op in ("Add", "Mul"):
        other = g.place(g.numbers([], {1: "float", 6: "int32", 7: "int64"}[type]), 0.0)
        return g.node(op, [name, other] if g.chance(0.5) else [other, name])
    if op == "Transpose":
        return g.node(op, [name], perm=g.r.sample(range(rank), rank) if g.chance(0.7) else None)
    if op == "ReduceMean":
        if rank == 0:
            return g.node("Relu", [name])
        if g.opset >= 18:
            return g.node(op, [name, g.known([g.axis(rank)])], keepdims=g.pick(0, 1))
        return g.node(op, [name], axes=[g.axis(rank)], keepdims=g.pick(0, 1))
    if op == "Softmax":
        return g.node(op, [name], axis=g.axis(rank)) if rank and g.opset >= 11 else None
    if op == "Reshape":
        return g.node(op, [name, g.known([-1])])
    if op == "Concat":
        return g.node(op, [name, name], axis=g.axis(rank)) if rank and g.opset >= 11 else None
    if op == "Cast":
        return g.node(op, [name], to=g.pick(1, 9, *([] if g.endless else [6, 7])))
    if op == "Unsqueeze":
        axis = g.r.randint(0, rank)
        if g.opset >= 13:
            return g.node(op, [name, g.known([axis])])
        return g.node(op, [name], axes=[axis])
    return g.node(op, [name])


def drawn(seed, only):
    """A graph that holds an operator of the list, which the graph's opset has; and the names of its results."""
    g = Graph(seed)
    group = g.r.choice(sorted(recipes))
    if only:
        group = next(name for name, recipe in recipes.items() if only in recipe["operators"])
    op = only or g.r.choice(recipes[group]["operators"])
    g.opset = g.r.choice([n for n in opsets if first_version.get(op, 13) <= n])
    outputs = [name for name in recipes[group]["draw"](g, op) if name]
    if g.chance(0.3):
        for _ in range(g.r.randint(1, 3)):
            [said] = inferred(g, outputs[:1])
            more = said and said.HasField("shape") and lengthen(g, outputs[0], said.elem_type, len(said.shape.dim))
            if not more:
                break
            outputs = [*more, *outputs[1:]]
    return group, op, g, outputs


def packed(array):
    array = np.asarray(array)
    data = base64.b64encode(np.ascontiguousarray(array.astype(np.float64)).tobytes()).decode()
    return {"type": str(array.dtype), "shape": list(array.shape), "data": data}


def computed(model, inputs, names):
    operators = {node.op_type for node in model.graph.node}
    if saturates and operators & products:
        if "Softmax" in operators and model.opset_import[0].version < 13:
            raise ValueError("the reference takes one axis, where Softmax before opset 13 takes all from it on")
        return ReferenceEvaluator(model).run(names, dict(inputs))  # ONNX's own definition of the operators, in Python
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(names, dict(inputs))


def tried(seed, only):
    """The first of a few graphs of a seed that ONNX and ONNX Runtime take; otherwise what they say of the last."""
    for attempt in range(8):
        said = once(seed * 8 + attempt, only)
        if "raised" not in said:
            break
    return {"seed": seed, **said}


def once(seed, only):
    group, op, g, outputs = drawn(seed, only)
    said = {"group": group, "op": op, "opset": g.opset}
    if op == "QLinearAdd":
        said["steps"] = 1  # a sum in the middle of two integers: ONNX Runtime rounds it as the processor's instructions have it
    try:
        results = computed(g.model([helper.make_empty_tensor_value_info(n) for n in outputs]), g.inputs, outputs)
        infos = zip(outputs, results)
        model = g.model(
            [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), list(a.shape)) for n, a in infos]
        )
        onnx.checker.check_model(model)
        # ONNX Runtime takes some files whose types do not fit together; ONNX's own rules do not.
        onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=all(not node.domain for node in g.nodes))
        # States that grow from step to step, behind gates without bounds, multiply what rounding differs by.
        if group == "recurrent" and not all((np.abs(r) < 1e3).all() for r in results):
            raise ValueError("states without bounds")
    except Exception as error:
        return {**said, "raised": f"{type(error).__name__}: {str(error)[:300]}"}
    return {
        **said,
        "text": "; ".join(shown(node) for node in g.nodes),
        "model": base64.b64encode(model.SerializeToString()).decode(),
        "opened": opened(model, [*[a for _, a in g.inputs], *results]),
        "inputs": [{"name": n, **packed(a)} for n, a in g.inputs],
        "outputs": [{"name": n, **packed(a)} for n, a in zip(outputs, results)],
    }


def opened(model, arrays):
    """The same file with an open batch, where every array may have the batch first."""
    if any(a.ndim == 0 or a.shape[0] != arrays[0].shape[0] or a.shape[0] == 0 for a in arrays):
        return None
    other = onnx.ModelProto()
    other.CopyFrom(model)
    for value in [*other.graph.input, *other.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_param = "n"
    return base64.b64encode(other.SerializeToString()).decode()


def shown(node):
    large = (onnx.AttributeProto.TENSOR, onnx.AttributeProto.GRAPH)
    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute if a.type not in large}
    return f"{node.op_type}({', '.join(node.input)}) {attributes or ''}".strip()


if __name__ == "__main__":
    answer(lambda request: [tried(seed, request.get("only")) for seed in request["seeds"]])
