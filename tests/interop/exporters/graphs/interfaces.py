# SPDX-License-Identifier: Apache-2.0
"""What stands at the edge of a file: ranks, datatypes, constants, what is unused, functions."""

import ml_dtypes
import numpy as np

from graphs.building import floats, graph, ints, scalar

CHAIN = """
    a = Gemm <transB = 1> ({x}, w1, b1)
    b = Relu(a)
    {y} = Gemm <transB = 1> (b, w2, b2)
"""
WEIGHTS = {"w1": (8, 6), "b1": (8,), "w2": (3, 8), "b2": (3,)}


def chain(x: str = "x", y: str = "y") -> str:
    return CHAIN.format(x=x, y=y)


for opset in range(7, 26):
    graph(f"opset_{opset:02}", opset, "float[n, 6] x", "float[n, 3] y, float[n, 3] p",
          chain() + "\n    p = Softmax <axis = 1> (y)", **WEIGHTS)

graph("rank1_vector", 17, "float[6] x", "float[3] y", """
    a = MatMul(x, v1)
    b = Relu(a)
    y = MatMul(b, v2)
""", v1=(6, 8), v2=(8, 3))
graph("rank0_input", 17, "float t, float[2] p", "float[1, 3] y", """
    u = Reshape(t, one)
    j = Concat <axis = 0> (u, p)
    k = Reshape(j, row)
    y = MatMul(k, v)
""", one=ints(1), row=ints(1, 3), v=(3, 3))
graph("rank4_image", 17, "float[n, 1, 2, 3] x", "float[n, 3] y", "    f = Flatten(x)" + chain("f"),
      **WEIGHTS)
graph("rank4_fixed", 17, "float[1, 1, 2, 3] x", "float[1, 3] y",
      "    f = Reshape(x, shape)" + chain("f"), shape=ints(1, 6), **WEIGHTS)
graph("rank3_time_axis", 17, "float[1, n, 6] x", "float[1, n, 3] y", """
    a = MatMul(x, v1)
    b = Relu(a)
    y = MatMul(b, v2)
""", v1=(6, 8), v2=(8, 3))
graph("rank3_fixed_rows", 17, "float[1, 4, 6] x", "float[1, 4, 3] y", """
    a = MatMul(x, v1)
    b = Relu(a)
    y = MatMul(b, v2)
""", v1=(6, 8), v2=(8, 3))
graph("rank3_unit_axis", 17, "float[n, 1, 6] x", "float[n, 1, 3] y, float[n, 3] z", """
    a = MatMul(x, v1)
    b = Relu(a)
    y = MatMul(b, v2)
    z = Squeeze(y, one)
""", v1=(6, 8), v2=(8, 3), one=ints(1))
graph("fixed_batch_five", 17, "float[5, 6] x", "float[5, 3] y", chain(), **WEIGHTS)
graph("squeezed_output", 17, "float[n, 6] x", "float[n] y", """
    a = Gemm <transB = 1> (x, w1, b1)
    y = Squeeze(a, last)
""", w1=(1, 6), b1=(1,), last=ints(-1))
graph("column_output", 17, "float[n, 6] x", "float[n] y, float[n] z", """
    a = Gemm <transB = 1> (x, w1, b1)
    y = Gather <axis = 1> (a, one)
    s = Slice(a, start, end, axis)
    z = Reshape(s, flat)
""", w1=(3, 6), b1=(3,), one=scalar(1, np.int64), start=ints(2), end=ints(3), axis=ints(1),
      flat=ints(-1))
graph("constants_out", 17, "float[n, 6] x",
      "float[n, 3] y, int64[2] sizes, float[] version, string[2] names", chain() + """
    sizes = Identity(dims)
    version = Constant <value_float = 2.5> ()
    names = Identity(labels)
""", dims=ints(6, 3), labels=np.array(["a", "bc"], object), **WEIGHTS)
graph("unused_inputs", 17, "float[n, 6] x, int64[n, 2] ids, float[1] temperature", "float[n, 3] y",
      chain(), **WEIGHTS)
graph("passed_through", 17, "float[n, 6] x, int64[n] id, float[2, 1, 4] h_in",
      "float[n, 3] y, int64[n] id_out, float[2, 1, 4] h_out",
      chain() + "\n    id_out = Identity(id)\n    h_out = Identity(h_in)", **WEIGHTS)
graph("input_is_output_too", 17, "float[n, 6] x", "float[n, 3] y, float[n, 6] same",
      chain() + "\n    same = Identity(x)", **WEIGHTS)
graph("hidden_is_output_too", 17, "float[n, 6] x", "float[n, 3] y, float[n, 8] b, float[n, 8] a",
      chain(), **WEIGHTS)
graph("bool_out", 17, "float[n, 6] x", "bool[n, 3] y, bool[n, 3] both", chain(y="l") + """
    y = Greater(l, zero)
    small = Less(l, one)
    both = And(y, small)
""", zero=scalar(0), one=scalar(0.2), **WEIGHTS)
graph("integers_in_all_sizes", 17,
      "int8[n, 1] a8, int16[n, 1] a16, int32[n, 1] a32, uint8[n, 1] u8, "
      "uint16[n, 1] u16, uint64[n, 1] u64",
      "float[n, 3] y", "\n".join(
        f"    f{name} = Cast <to = 1> ({name})" for name in ("a8", "a16", "a32", "u8", "u16", "u64")
    )
    + "\n    x = Concat <axis = 1> (fa8, fa16, fa32, fu8, fu16, fu64)"
    + chain(), **WEIGHTS)
graph("integers_out", 17, "float[n, 6] x", "int32[n, 3] y, uint8[n, 3] z, int64[n] best",
      chain(y="l") + """
    y = Cast <to = 6> (l)
    q = Abs(l)
    z = Cast <to = 2> (q)
    best = ArgMax <axis = 1, keepdims = 0> (l)
""", **WEIGHTS)
graph("double", 17, "double[n, 6] x", "double[n, 3] y", chain(), **{
        name: np.random.default_rng(3).standard_normal(shape) / 3 for name, shape in WEIGHTS.items()
    })
graph("double_cast_inside", 17, "double[n, 6] x", "double[n, 3] y",
      "    f = Cast <to = 1> (x)" + chain("f", "g") + "\n    y = Cast <to = 11> (g)", **WEIGHTS)
graph("float16_inside", 17, "float[n, 6] x", "float[n, 3] y", """
    c1 = Cast <to = 1> (h1)
    a = MatMul(x, c1)
    b = Relu(a)
    c2 = Cast <to = 1> (h2)
    y = MatMul(b, c2)
""", h1=np.random.default_rng(4).standard_normal((6, 8)).astype(np.float16),
      h2=np.random.default_rng(5).standard_normal((8, 3)).astype(np.float16))
graph("bfloat16_weights", 17, "float[n, 6] x", "float[n, 3] y", """
    c1 = Cast <to = 1> (h1)
    y = MatMul(x, c1)
""", h1=np.random.default_rng(4).standard_normal((6, 3)).astype(ml_dtypes.bfloat16))
graph("nan_to_num", 17, "float[n, 6] x", "float[n, 3] y", """
    m = IsNaN(x)
    z = Where(m, zero, x)
""" + chain("z"), zero=scalar(0), **WEIGHTS)
graph("nan_column_means_and_indicator", 17, "float[n, 6] x", "float[n, 3] y", """
    m = IsNaN(x)
    z = Where(m, means, x)
    f = Cast <to = 1> (m)
    j = Concat <axis = 1> (z, f)
    y = Gemm <transB = 1> (j, w, b)
""", means=(6,), w=(3, 12), b=(3,))
graph("infinities", 17, "float[n, 6] x", "float[n, 3] y", """
    m = IsNaN(x)
    z = Where(m, zero, x)
    i = IsInf(z)
    k = Where(i, zero, z)
""" + chain("k"), zero=scalar(0), **WEIGHTS)
graph("per_column_clamp", 17, "float[n, 6] x", "float[n, 3] y",
      "    l = Max(x, low)\n    c = Min(l, high)" + chain("c"),
      low=floats(-1, -0.5, 0, -2, -0.1, -0.2), high=floats(1, 0.5, 2, 2, 0.1, 0.2), **WEIGHTS)
graph("function_with_attributes", 17, "float[n, 6] x", "float[n, 3] y", """
    a = Gemm <transB = 1> (x, w1, b1)
    b = own.Leaky <slope = 0.3> (a)
    c = own.Leaky(b)
    y = own.Dense(c, w2, b2)
""", """
<opset_import: ["": 17], domain: "own">
Leaky <slope: float = 0.1> (x) => (y) { y = LeakyRelu <alpha: float = @slope> (x) }
<opset_import: ["": 17], domain: "own">
Dense(x, w, b) => (y) {
    t = Transpose(w)
    m = MatMul(x, t)
    y = Add(m, b)
}
""", **WEIGHTS)
graph("functions_in_functions", 18, "float[n, 6] x", "float[n, 3] y", """
    a = own.Block(x, w1, b1)
    y = own.Linear(a, w2, b2)
""", """
<opset_import: ["": 18, "own": 1], domain: "own">
Block(x, w, b) => (y) {
    l = own.Linear(x, w, b)
    y = own.Silu(l)
}
<opset_import: ["": 18], domain: "own">
Silu(x) => (y) {
    s = Sigmoid(x)
    y = Mul(x, s)
}
<opset_import: ["": 18], domain: "own">
Linear(x, w, b) => (y) { y = Gemm <alpha = 1.0, beta = 1.0, transB = 1> (x, w, b) }
""", **WEIGHTS)
graph("if_on_shape", 17, "float[n, 6] x", "float[n] y", """
    a = Gemm <transB = 1> (x, w1, b1)
    s = Shape(a)
    d = Gather(s, one)
    c = Equal(d, one)
    y = If (c) <
        then_branch = then_g () => (float[n] t) { t = Squeeze(a, axis) },
        else_branch = else_g () => (float[n, m] e) { e = Identity(a) }
    >
""", w1=(1, 6), b1=(1,), one=scalar(1, np.int64), axis=ints(1))
graph("expand_and_shape_noops", 17, "float[n, 6] x", "float[n, 3] y", """
    s = Shape(x)
    e = Expand(x, s)
    n = Gather(s, zero)
    u = Unsqueeze(n, axis)
    j = Concat <axis = 0> (u, minus)
    r = Reshape(e, j)
    z = Mul(r, nothing)
    k = Add(r, z)
""" + chain("k"), zero=scalar(0, np.int64), axis=ints(0), minus=ints(-1), nothing=scalar(0),
      **WEIGHTS)
graph("constant_of_shape_columns", 17, "float[n, 6] x", "float[n, 3] y, float[n, 1] ones", """
    s = Shape(x)
    n = Slice(s, zero, one)
    j = Concat <axis = 0> (n, one)
    ones = ConstantOfShape <value = float[1] {1.0}> (j)
    k = Concat <axis = 1> (x, ones)
    y = Gemm <transB = 1> (k, w, b)
""", zero=ints(0), one=ints(1), w=(3, 7), b=(3,))
graph("string_categories_by_ml", 17, "string[n, 1] colour, float[n, 3] x", "float[n, 2] y", """
    h = ai.onnx.ml.OneHotEncoder <cats_strings = ["red", "green", "blue"], zeros = 1> (colour)
    r = Reshape(h, shape)
    j = Concat <axis = 1> (r, x)
    y = Gemm <transB = 1> (j, w, b)
""", shape=ints(-1, 3), w=(2, 6), b=(2,))
graph("label_encoder", 17, "int64[n, 1] code, float[n, 3] x", "float[n, 2] y", """
    h = ai.onnx.ml.LabelEncoder <keys_int64s = [0, 1, 2], values_floats = [0.5, -1.0, 2.0], default_float = 0.0> (code)
    j = Concat <axis = 1> (h, x)
    y = Gemm <transB = 1> (j, w, b)
""", w=(2, 4), b=(2,))
graph("dropout_training_leftovers", 13, "float[n, 6] x", "float[n, 3] y", """
    d = Dropout(x, ratio)
    i = Identity(d)
""" + chain("i"), ratio=scalar(0.3), **WEIGHTS)
graph("pad_and_tile", 17, "float[n, 3] x", "float[n, 3] y", """
    p = Pad(x, pads)
    t = Tile(x, repeats)
    j = Add(p, t)
""" + chain("j"), pads=ints(0, 1, 0, 2), repeats=ints(1, 2), **WEIGHTS)

HALVES = {
    name: (np.random.default_rng(3).standard_normal(shape) / 3).astype(np.float16)
    for name, shape in WEIGHTS.items()
}
graph("float16", 17, "float16[n, 6] x", "float16[n, 3] y", chain(), **HALVES)
graph("integer_arithmetic", 17, "int64[n, 6] i", "float[n, 3] y", """
    j = Sub(i, two)
    k = Mul(j, three)
    d = Div(k, two)
    m = Mod(k, two)
    q = Add(d, m)
    x = Cast <to = 1> (q)
""" + chain(), two=scalar(2, np.int64), three=scalar(3, np.int64), **WEIGHTS)
graph("truncation", 17, "float[n, 6] i", "float[n, 3] y, int32[n, 6] q", """
    k = Mul(i, three)
    q = Cast <to = 6> (k)
    x = Cast <to = 1> (q)
""" + chain(), three=scalar(3), **WEIGHTS)
graph("images_of_bytes", 17, "uint8[n, 2, 3] i", "float[n, 3] y", """
    f = Cast <to = 1> (i)
    d = Div(f, most)
    x = Reshape(d, shape)
""" + chain(), most=scalar(255), shape=ints(-1, 6), **WEIGHTS)
graph("temperature_for_all_rows", 13, "float[n, 6] x, float[1] temperature", "float[n, 3] y",
      chain(y="l") + """
    d = Div(l, temperature)
    y = Softmax <axis = -1> (d)
""", **WEIGHTS)
