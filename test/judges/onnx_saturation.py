"""
Whether ONNX Runtime's products of unsigned by signed bytes are exact on this processor. Where it has AVX2 or AVX-512 without VNNI, two
neighbouring products are added in 16 bits and cut off at 32,767: another number than the operator's, of which ONNX Runtime's page on
quantization warns. Such a processor judges these operators by ONNX's reference, and no quantized model.
"""
import numpy as np
import onnxruntime
from onnx import TensorProto, helper

products = {"MatMulInteger", "QLinearMatMul", "ConvInteger", "QLinearConv"}


def product_of_ones(steps=8):
    """255 · 127 summed over some steps, as ONNX Runtime has it, and as it is."""
    a, b = np.full((1, steps), 255, np.uint8), np.full((steps, 1), 127, np.int8)
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["a", "b"], ["y"])], "g",
        [value("a", TensorProto.UINT8, a.shape), value("b", TensorProto.INT8, b.shape)], [value("y", TensorProto.INT32, (1, 1))],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    [[[y]]] = session.run(None, {"a": a, "b": b})
    return y, 255 * 127 * steps


saturates = len(set(product_of_ones())) > 1
