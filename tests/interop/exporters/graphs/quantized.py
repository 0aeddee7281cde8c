# SPDX-License-Identifier: Apache-2.0
"""Quantised and optimised files, by hand and by ONNX Runtime's own tools."""

import pathlib
import tempfile

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
from onnxruntime import quantization

from graphs.building import GRAPHS, graph, scalar, text_model

RANDOM = np.random.default_rng(7)


def int8(*shape) -> np.ndarray:
    return RANDOM.integers(-100, 100, shape).astype(np.int8)


def positive(*shape) -> np.ndarray:
    return (RANDOM.random(shape) * 0.004 + 0.002).astype(np.float32)


graph("weights_only_per_tensor", 13, "float[n, 6] x", "float[n, 3] y", """
    w = DequantizeLinear(q, s, z)
    h = Gemm(x, w, b)
    r = Relu(h)
    v = DequantizeLinear(q2, s)
    y = MatMul(r, v)
""", q=int8(6, 8), s=scalar(0.005), z=scalar(3, np.int8), b=(8,), q2=int8(8, 3))
graph("weights_only_per_channel", 13, "float[n, 6] x", "float[n, 3] y", """
    w = DequantizeLinear <axis = 0> (q, s, z)
    h = Gemm <transB = 1> (x, w, b)
    r = Relu(h)
    v = DequantizeLinear <axis = 1> (q2, s2)
    y = MatMul(r, v)
""", q=int8(8, 6), s=positive(8), z=np.zeros(8, np.int8), b=(8,), q2=int8(8, 3), s2=positive(3))
graph("weights_only_blocks", 21, "float[n, 8] x", "float[n, 3] y", """
    w = DequantizeLinear <axis = 0, block_size = 4> (q, s)
    y = MatMul(x, w)
""", q=int8(8, 3), s=positive(2, 3))
graph("weights_only_uneven_blocks", 21, "float[n, 7] x", "float[n, 3] y", """
    w = DequantizeLinear <axis = 0, block_size = 4> (q, s)
    y = MatMul(x, w)
""", q=int8(7, 3), s=positive(2, 3))
graph("weights_only_int4", 21, "float[n, 8] x", "float[n, 3] y", """
    w = DequantizeLinear <axis = 0, block_size = 4> (q, s)
    y = MatMul(x, w)
""", q=RANDOM.integers(-8, 8, (8, 3)).astype(ml_dtypes.int4), s=positive(2, 3) * 20)

NBITS = "K = 24, N = 3, bits = 4, block_size = 16"
graph("packed_4_bits", 17, "float[n, 24] x", "float[n, 3] y, float[n, 3] z", f"""
    y = com.microsoft.MatMulNBits <{NBITS}> (x, q, s)
    z = com.microsoft.MatMulNBits <{NBITS}> (x, q, s, zeros)
""", q=RANDOM.integers(0, 256, (3, 2, 8)).astype(np.uint8), s=positive(6) * 10,
      zeros=RANDOM.integers(0, 256, 3).astype(np.uint8))

BASES = {
    "chain": (
        17,
        "float[n, 6] x",
        "float[n, 3] y",
        """
    a = Gemm <transB = 1> (x, w1, b1)
    b = Relu(a)
    c = Gemm <transB = 1> (b, w3, b3)
    d = Relu(c)
    y = Gemm <transB = 1> (d, w2, b2)
""",
        dict(w1=(8, 6), b1=(8,), w3=(8, 8), b3=(8,), w2=(3, 8), b2=(3,)),
    ),
    "matmul": (
        17,
        "float[n, 6] x",
        "float[n, 3] y",
        """
    a = MatMul(x, v1)
    b = Add(a, b1)
    c = Relu(b)
    d = MatMul(c, v2)
    y = Add(d, b2)
""",
        dict(v1=(6, 8), b1=(8,), v2=(8, 3), b2=(3,)),
    ),
    "activations": (
        17,
        "float[n, 6] x",
        "float[n, 3] y, float[n, 3] p",
        """
    a = MatMul(x, v1)
    b = Add(a, b1)
    e = Sigmoid(b)
    c = Mul(b, e)
    d = MatMul(c, v3)
    f = LeakyRelu <alpha = 0.2> (d)
    g = MatMul(f, v2)
    y = Add(g, b2)
    p = Softmax <axis = -1> (y)
""",
        dict(v1=(6, 8), b1=(8,), v3=(8, 8), v2=(8, 3), b2=(3,)),
    ),
    "residual": (
        17,
        "float[n, 8] x",
        "float[n, 3] y",
        """
    m = ReduceMean <axes = [-1]> (x)
    d = Sub(x, m)
    p = Pow(d, two)
    v = ReduceMean <axes = [-1]> (p)
    e = Add(v, eps)
    s = Sqrt(e)
    q = Div(d, s)
    t = Mul(q, g)
    l = Add(t, b)
    a = MatMul(l, v1)
    h = Add(a, b1)
    k = Div(h, root2)
    r = Erf(k)
    o = Add(r, one)
    u = Mul(h, o)
    w = Mul(u, half)
    z = Add(x, w)
    f = MatMul(z, v2)
    y = Add(f, b2)
""",
        dict(
            v1=(8, 8),
            b1=(8,),
            v2=(8, 3),
            b2=(3,),
            g=(8,),
            b=(8,),
            two=scalar(2),
            eps=scalar(1e-5),
            root2=scalar(1.41421356),
            one=scalar(1),
            half=scalar(0.5),
        ),
    ),
    "split_swish": (
        13,
        "float[n, 6] x",
        "float[n, 3] y",
        """
    a = Gemm <transB = 1> (x, w1, b1)
    e = Sigmoid(a)
    c = Mul(a, e)
    d = Gemm <transB = 1> (c, w2, b2)
    f, g = Split <axis = -1> (d)
    y = Tanh(f)
""",
        dict(w1=(8, 6), b1=(8,), w2=(6, 8), b2=(6,)),
    ),
}


def saved(change) -> onnx.ModelProto:
    """What change(from, to) writes of a file."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = pathlib.Path(folder) / "from.onnx", pathlib.Path(folder) / "to.onnx"
        change(str(source), str(target))
        return onnx.load(str(target))


def base(name: str, path: str) -> None:
    opset, inputs, outputs, nodes, weights = BASES[name]
    onnx.save(text_model(opset, inputs, outputs, nodes, **weights), path)


def optimized(name: str, level: str) -> onnx.ModelProto:
    def change(source, target):
        base(name, source)
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
        options.optimized_model_filepath = target
        options.log_severity_level = 4
        onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])

    return saved(change)


class Rows(quantization.CalibrationDataReader):
    def __init__(self, width):
        self.rows = iter(
            [{"x": np.random.default_rng(1).standard_normal((256, width)).astype(np.float32)}]
        )

    def get_next(self):
        return next(self.rows, None)


def quantized(name: str, form: str, **options) -> onnx.ModelProto:
    def change(source, target):
        base(name, source)
        if form == "dynamic":
            quantization.quantize_dynamic(source, target, **options)
        else:
            quantization.quantize_static(
                source,
                target,
                Rows(8 if name == "residual" else 6),
                quant_format=getattr(quantization.QuantFormat, form),
                **options,
            )

    return saved(change)


UNSIGNED = {"activation_type": quantization.QuantType.QUInt8}
for name in BASES:
    for level in ("BASIC", "EXTENDED", "ALL"):
        GRAPHS[f"optimized_{level.lower()}_{name}"] = lambda name=name, level=level: optimized(
            name, f"ORT_ENABLE_{level}"
        )
    GRAPHS[f"dynamic_{name}"] = lambda name=name: quantized(name, "dynamic")
    GRAPHS[f"dynamic_per_channel_{name}"] = lambda name=name: quantized(
        name, "dynamic", per_channel=True
    )
    GRAPHS[f"qdq_{name}"] = lambda name=name: quantized(name, "QDQ")
    GRAPHS[f"qdq_per_channel_{name}"] = lambda name=name: quantized(name, "QDQ", per_channel=True)
    GRAPHS[f"qoperator_{name}"] = lambda name=name: quantized(name, "QOperator", **UNSIGNED)
    GRAPHS[f"qoperator_per_channel_{name}"] = lambda name=name: quantized(
        name, "QOperator", per_channel=True, **UNSIGNED
    )
