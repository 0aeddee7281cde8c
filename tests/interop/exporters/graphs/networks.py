# SPDX-License-Identifier: Apache-2.0
"""Networks beyond a chain: gated, mixed, of several members or parts, with heads of their own."""

import numpy as np

from graphs.building import graph, ints, scalar

GATED = {"w1": (16, 6), "b1": (16,), "w2": (3, 8), "b2": (3,)}
for name, gate in {
    "glu": "g = Sigmoid(q)",
    "reglu": "g = Relu(q)",
    "geglu": "g = Gelu(q)",
    "bilinear": "g = Identity(q)",
    "swiglu": "s = Sigmoid(q)\n    g = Mul(q, s)",
    "tanh_gate": "g = Tanh(q)",
}.items():
    graph(f"gate_{name}", 20, "float[n, 6] x", "float[n, 3] y", f"""
    a = Gemm <transB = 1> (x, w1, b1)
    p, q = Split <axis = -1, num_outputs = 2> (a)
    {gate}
    m = Mul(p, g)
    y = Gemm <transB = 1> (m, w2, b2)
""", **GATED)

graph("swiglu_three_matrices", 17, "float[n, 6] x", "float[n, 6] y", """
    g = MatMul(x, wg)
    s = Sigmoid(g)
    a = Mul(g, s)
    u = MatMul(x, wu)
    h = Mul(a, u)
    d = MatMul(h, wd)
    y = Add(x, d)
""", wg=(6, 12), wu=(6, 12), wd=(12, 6))

graph("highway", 17, "float[n, 6] x", "float[n, 6] y", """
    h = Gemm <transB = 1> (x, w1, b1)
    r = Relu(h)
    t = Gemm <transB = 1> (x, w2, b2)
    g = Sigmoid(t)
    a = Mul(g, r)
    i = Sub(one, g)
    b = Mul(i, x)
    y = Add(a, b)
""", w1=(6, 6), b1=(6,), w2=(6, 6), b2=(6,), one=scalar(1))

graph("maxout", 17, "float[n, 6] x", "float[n, 4] y", """
    h = Gemm <transB = 1> (x, w1, b1)
    r = Reshape(h, shape)
    m = ReduceMax <axes = [2], keepdims = 0> (r)
    y = Gemm <transB = 1> (m, w2, b2)
""", w1=(12, 6), b1=(12,), shape=ints(-1, 4, 3), w2=(4, 4), b2=(4,))

graph("maxout_first_axis", 18, "float[n, 6] x", "float[n, 4] y", """
    h = Gemm <transB = 1> (x, w1, b1)
    r = Reshape(h, shape)
    y = ReduceMax <keepdims = 0> (r, axes)
""", w1=(12, 6), b1=(12,), shape=ints(-1, 3, 4), axes=ints(1))

graph("mixture_of_experts", 17, "float[n, 6] x", "float[n, 3] y", """
    l = Gemm <transB = 1> (x, wg, bg)
    g = Softmax <axis = -1> (l)
    a = Gemm <transB = 1> (x, w1, b1)
    b = Gemm <transB = 1> (x, w2, b2)
    ua = Unsqueeze(a, one)
    ub = Unsqueeze(b, one)
    s = Concat <axis = 1> (ua, ub)
    ug = Unsqueeze(g, two)
    m = Mul(s, ug)
    y = ReduceSum <keepdims = 0> (m, one)
""", wg=(2, 6), bg=(2,), w1=(3, 6), b1=(3,), w2=(3, 6), b2=(3,), one=ints(1), two=ints(2))

graph("mixture_by_matmul", 17, "float[n, 6] x", "float[n, 3] y", """
    l = Gemm <transB = 1> (x, wg, bg)
    g = Softmax <axis = -1> (l)
    a = Gemm <transB = 1> (x, w1, b1)
    s = Reshape(a, shape)
    u = Unsqueeze(g, one)
    m = MatMul(u, s)
    y = Squeeze(m, one)
""", wg=(2, 6), bg=(2,), w1=(6, 6), b1=(6,), shape=ints(-1, 2, 3), one=ints(1))

graph("mixture_sliced_gates", 17, "float[n, 6] x", "float[n, 3] y", """
    l = Gemm <transB = 1> (x, wg, bg)
    g = Softmax <axis = -1> (l)
    g0, g1 = Split <axis = 1> (g)
    a = Gemm <transB = 1> (x, w1, b1)
    b = Gemm <transB = 1> (x, w2, b2)
    c = Mul(a, g0)
    d = Mul(b, g1)
    y = Add(c, d)
""", wg=(2, 6), bg=(2,), w1=(3, 6), b1=(3,), w2=(3, 6), b2=(3,))

graph("ensemble_stacked_mean", 17, "float[n, 6] x", "float[n, 3] y, float[n, 3] spread", """
    a = Gemm <transB = 1> (x, w1, b1)
    b = Gemm <transB = 1> (x, w2, b2)
    ua = Unsqueeze(a, zero)
    ub = Unsqueeze(b, zero)
    s = Concat <axis = 0> (ua, ub)
    y = ReduceMean <axes = [0], keepdims = 0> (s)
    d = Sub(s, y)
    q = Mul(d, d)
    v = ReduceMean <axes = [0], keepdims = 0> (q)
    spread = Sqrt(v)
""", w1=(3, 6), b1=(3,), w2=(3, 6), b2=(3,), zero=ints(0))

graph("ensemble_batched_matmul", 17, "float[n, 6] x", "float[n, 3] y", """
    u = Unsqueeze(x, zero)
    a = MatMul(u, w1)
    b = Add(a, b1)
    c = Relu(b)
    d = MatMul(c, w2)
    e = Add(d, b2)
    y = ReduceMean <axes = [0], keepdims = 0> (e)
""", zero=ints(0), w1=(4, 6, 8), b1=(4, 1, 8), w2=(4, 8, 3), b2=(4, 1, 3))

graph("batch_ensemble_tabm", 17, "float[n, 6] x", "float[n, 3] y", """
    u = Unsqueeze(x, one)
    r = Mul(u, adapters)
    a = MatMul(r, w1)
    s = Mul(a, scales)
    b = Add(s, b1)
    c = Relu(b)
    d = MatMul(c, w2)
    y = ReduceMean <axes = [1], keepdims = 0> (d)
""", one=ints(1), adapters=(4, 6), w1=(6, 8), scales=(4, 8), b1=(4, 8), w2=(8, 3))

graph("einsum_dense", 17, "float[n, 6] x", "float[n, 3] y", """
    a = Einsum <equation = "bi,io->bo"> (x, w1)
    b = Relu(a)
    y = Einsum <equation = "bi,oi->bo"> (b, w2)
""", w1=(6, 8), w2=(3, 8))

graph("dense_on_last_axis", 17, "float[n, 4, 3] x", "float[n, 4, 2] y, float[n, 2] pooled", """
    a = MatMul(x, w1)
    b = Add(a, b1)
    c = Relu(b)
    y = MatMul(c, w2)
    pooled = ReduceMax <axes = [1], keepdims = 0> (y)
""", w1=(3, 8), b1=(8,), w2=(8, 2))

graph("mlp_mixer", 17, "float[n, 4, 3] x", "float[n, 2] y", """
    t = Transpose <perm = [0, 2, 1]> (x)
    a = MatMul(t, w1)
    b = Relu(a)
    c = MatMul(b, w2)
    d = Transpose <perm = [0, 2, 1]> (c)
    e = Add(x, d)
    f = MatMul(e, w3)
    g = Relu(f)
    h = MatMul(g, w4)
    i = Add(e, h)
    j = ReduceMean <axes = [1], keepdims = 0> (i)
    y = Gemm <transB = 1> (j, w5, b5)
""", w1=(4, 6), w2=(6, 4), w3=(3, 5), w4=(5, 3), w5=(2, 3), b5=(2,))

graph("rows_as_columns", 13, "float[n, 6] x", "float[n, 3] y", """
    t = Transpose <perm = [1, 0]> (x)
    a = MatMul(w1, t)
    b = Add(a, b1)
    c = Tanh(b)
    d = MatMul(w2, c)
    y = Transpose <perm = [1, 0]> (d)
""", w1=(8, 6), b1=(8, 1), w2=(3, 8))

graph("old_onnxmltools_transposes", 9, "float[n, 6] x", "float[n, 3] y", """
    a = Gemm(x, v1, b1)
    b = Unsqueeze <axes = [2]> (a)
    c = BatchNormalization(b, s, o, m, v)
    d = Squeeze <axes = [2]> (c)
    y = Gemm(d, v2, b2)
""", v1=(6, 8), b1=(8,), s=(8,), o=(8,), m=(8,), v=np.full(8, 0.5, np.float32), v2=(8, 3), b2=(3,))

graph("sums_of_three", 13, "float[n, 6] x",
      "float[n, 3] y, float[n, 3] most, float[n, 3] least, float[n, 3] mean", """
    a = Gemm <transB = 1> (x, w1, b1)
    b = Gemm <transB = 1> (x, w2, b2)
    c = Gemm <transB = 1> (x, w3, b3)
    y = Sum(a, b, c)
    most = Max(a, b, c)
    least = Min(a, b, c)
    mean = Mean(a, b, c)
""", w1=(3, 6), b1=(3,), w2=(3, 6), b2=(3,), w3=(3, 6), b3=(3,))

graph("physics_columns", 13, "float[n, 6] x", "float[n, 3] y", """
    p = Slice(x, s0, e0, axis)
    q = Slice(x, s1, e1, axis)
    n = ReduceSumSquare <axes = [1], keepdims = 1> (q)
    r = Sqrt(n)
    u = Div(q, r)
    l = Log(n)
    j = Concat <axis = 1> (p, u, l)
    a = Gemm <transB = 1> (j, w1, b1)
    t = Tanh(a)
    f = Gemm <transB = 1> (t, w2, b2)
    y = Mul(f, r)
""", s0=ints(0), e0=ints(3), s1=ints(3), e1=ints(6), axis=ints(1), w1=(8, 7), b1=(8,), w2=(3, 8),
      b2=(3,))

graph("diffusion_time_embedding", 17,
      "float[n, 4] sample, int64[n] timestep, float[n, 3] condition", "float[n, 4] noise", """
    t = Cast <to = 1> (timestep)
    u = Unsqueeze(t, one)
    p = Mul(u, frequencies)
    s = Sin(p)
    c = Cos(p)
    x = Concat <axis = -1> (sample, condition, s, c)
    h = Gemm <transB = 1> (x, w1, b1)
    e = Softplus(h)
    f = Tanh(e)
    m = Mul(h, f)
    noise = Gemm <transB = 1> (m, w2, b2)
""", one=ints(1), frequencies=np.array([[1, 0.3, 0.1]], np.float32), w1=(8, 13), b1=(8,), w2=(4, 8),
      b2=(4,))

graph("film_conditioning", 17, "float[n, 4] x, float[n, 3] condition", "float[n, 8] y", """
    h = Gemm <transB = 1> (x, w1, b1)
    c = Gemm <transB = 1> (condition, w2, b2)
    scale, shift = Split <axis = 1> (c)
    s = Add(scale, one)
    m = Mul(h, s)
    y = Add(m, shift)
""", w1=(8, 4), b1=(8,), w2=(16, 3), b2=(16,), one=scalar(1))

graph("quaternion_head", 17, "float[n, 4] x", "float[n, 4] q", """
    h = Gemm <transB = 1> (x, w1, b1)
    s = Mul(h, h)
    n = ReduceSum <keepdims = 1> (s, last)
    r = Sqrt(n)
    q = Div(h, r)
""", w1=(4, 4), b1=(4,), last=ints(-1))

graph("monotone_cumsum_head", 17, "float[n, 4] x", "float[n, 5] quantiles", """
    h = Gemm <transB = 1> (x, w1, b1)
    p = Softplus(h)
    quantiles = CumSum(p, axis)
""", w1=(5, 4), b1=(5,), axis=scalar(1, np.int64))

graph("top_three", 17, "float[n, 4] x", "float[n, 3] values, int64[n, 3] indices", """
    h = Gemm <transB = 1> (x, w1, b1)
    p = Softmax <axis = -1> (h)
    values, indices = TopK <axis = -1> (p, k)
""", w1=(6, 4), b1=(6,), k=ints(3))

graph("gmm_head", 17, "float[n, 4] x", "float[n, 3] pi, float[n, 3, 2] mu, float[n, 3, 2] sigma",
      """
    h = Gemm <transB = 1> (x, w1, b1)
    l, m, s = Split <axis = 1> (h, sizes)
    pi = Softmax <axis = -1> (l)
    mu = Reshape(m, shape)
    r = Reshape(s, shape)
    sigma = Exp(r)
""", w1=(15, 4), b1=(15,), sizes=ints(3, 6, 6), shape=ints(-1, 3, 2))

graph("autoencoder_error", 17, "float[n, 6] x", "float[n] error, bool[n] anomaly", """
    h = Gemm <transB = 1> (x, w1, b1)
    r = Relu(h)
    o = Gemm <transB = 1> (r, w2, b2)
    d = Sub(x, o)
    s = Pow(d, two)
    error = ReduceMean <axes = [1], keepdims = 0> (s)
    anomaly = Greater(error, limit)
""", w1=(3, 6), b1=(3,), w2=(6, 3), b2=(6,), two=scalar(2, np.int64), limit=scalar(0.8))

graph("vae_encoder", 17, "float[n, 6] x", "float[n, 2] mu, float[n, 2] logvar, float[n, 2] z", """
    h = Gemm <transB = 1> (x, w1, b1)
    r = Relu(h)
    mu = Gemm <transB = 1> (r, w2, b2)
    logvar = Gemm <transB = 1> (r, w3, b3)
    half_log = Mul(logvar, half)
    std = Exp(half_log)
    eps = RandomNormalLike(std)
    noise = Mul(eps, std)
    z = Add(noise, mu)
""", w1=(8, 6), b1=(8,), w2=(2, 8), b2=(2,), w3=(2, 8), b3=(2,), half=scalar(0.5))

graph("masked_input", 17, "float[n, 6] x, bool[n, 6] mask", "float[n, 2] y", """
    k = Where(mask, x, zero)
    f = Cast <to = 1> (mask)
    c = ReduceSum <keepdims = 1> (f, one)
    d = Max(c, unit)
    m = Div(k, d)
    y = Gemm <transB = 1> (m, w, b)
""", zero=scalar(0), one=ints(1), unit=scalar(1), w=(2, 6), b=(2,))

graph("action_mask_where", 17, "float[n, 6] x, bool[n, 3] mask", "float[n, 3] p, int64[n] action",
      """
    h = Gemm <transB = 1> (x, w, b)
    not_mask = Not(mask)
    l = Where(not_mask, lowest, h)
    p = Softmax <axis = -1> (l)
    action = ArgMax <axis = -1, keepdims = 0> (l)
""", lowest=scalar(-1e9), w=(3, 6), b=(3,))

graph("weights_as_products", 17, "float[n, 6] x", "float[n, 3] y", """
    p = MatMul(down, up)
    w = Add(base, p)
    y = MatMul(x, w)
""", down=(6, 2), up=(2, 3), base=(6, 3))

graph("attention_over_slots", 17, "float[n, 4, 6] x", "float[n, 4, 6] y", """
    q = MatMul(x, wq)
    k = MatMul(x, wk)
    t = Transpose <perm = [0, 2, 1]> (k)
    s = MatMul(q, t)
    p = Softmax <axis = -1> (s)
    y = MatMul(p, x)
""", wq=(6, 6), wk=(6, 6))

graph("deep_sets", 17, "float[n, 4, 6] x", "float[n, 3] y", """
    h = MatMul(x, w1)
    r = Relu(h)
    s = ReduceSum <keepdims = 0> (r, one)
    y = MatMul(s, w2)
""", w1=(6, 8), one=ints(1), w2=(8, 3))

graph("columns_by_lists", 18, "float[n, 6] x", "float[n, 3] y, float[n, 6] changed", """
    c = Transpose <perm = [1, 0]> (x)
    g = GatherND(c, three)
    y = Transpose <perm = [1, 0]> (g)
    h = Tanh(g)
    s = ScatterND(c, three, h)
    changed = Transpose <perm = [1, 0]> (s)
""", three=np.array([[0], [4], [2]]))

# y = x; y[:, 1:3] = tanh(x[:, 1:3])
graph("assigned_columns", 18, "float[n, 6] x", "float[n, 3] y", """
    g = Gather <axis = 1> (x, columns)
    h = Tanh(g)
    i = Shape(h)
    e = Expand(columns_, i)
    s = ScatterElements <axis = 1> (x, e, h)
    y = MatMul(s, w)
""", columns=ints(1, 2), columns_=np.array([[1, 2]]), w=(6, 3))

graph("weight_norm", 17, "float[n, 6] x", "float[n, 3] y", """
    l = ReduceL2 <axes = [1], keepdims = 1> (v)
    q = Div(v, l)
    w = Mul(q, g)
    y = Gemm <transB = 1> (x, w, b)
""", v=(3, 6), g=(3, 1), b=(3,))
