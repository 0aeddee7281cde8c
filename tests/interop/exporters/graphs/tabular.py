# SPDX-License-Identifier: Apache-2.0
"""Tabular networks and those of several inputs."""

import numpy as np

from graphs.building import graph, ints, scalar

graph("embeddings", 17, "int64[n, 3] codes, float[n, 4] numbers", "float[n, 1] y", """
    i0 = Gather <axis = 1> (codes, c0)
    i1 = Gather <axis = 1> (codes, c1)
    i2 = Gather <axis = 1> (codes, c2)
    e0 = Gather(t0, i0)
    e1 = Gather(t1, i1)
    e2 = Gather(t2, i2)
    e = Concat <axis = 1> (e0, e1, e2)
    b = BatchNormalization(numbers, s, o, m, v)
    x = Concat <axis = 1> (e, b)
    h = Gemm <transB = 1> (x, w1, b1)
    r = Relu(h)
    y = Gemm <transB = 1> (r, w2, b2)
""", c0=scalar(0, np.int64), c1=scalar(1, np.int64), c2=scalar(2, np.int64), t0=(3, 2), t1=(5, 3),
      t2=(4, 4), s=(4,), o=(4,), m=(4,), v=np.full(4, 0.5, np.float32), w1=(8, 13), b1=(8,),
      w2=(1, 8), b2=(1,))

graph("embedding_of_all_columns", 17, "int64[n, 3] codes", "float[n, 1] y", """
    shifted = Add(codes, offsets)
    e = Gather(table, shifted)
    x = Flatten <axis = 1> (e)
    h = Gemm <transB = 1> (x, w1, b1)
    r = Relu(h)
    y = Gemm <transB = 1> (r, w2, b2)
""", offsets=ints(0, 3, 6), table=(9, 4), w1=(8, 12), b1=(8,), w2=(1, 8), b2=(1,))

graph("embedding_bag_mean", 17, "int64[n, 4] words", "float[n, 2] y", """
    e = Gather(table, words)
    m = ReduceMean <axes = [1], keepdims = 0> (e)
    y = Gemm <transB = 1> (m, w, b)
""", table=(6, 5), w=(2, 5), b=(2,))

graph("one_hot_of_floats", 17, "float[n, 3] x", "float[n, 2] y", """
    c = Gather <axis = 1> (x, one)
    i = Cast <to = 7> (c)
    k = Clip(i, low, high)
    h = OneHot <axis = -1> (k, depth, off_on)
    f = Cast <to = 1> (h)
    j = Concat <axis = 1> (f, x)
    y = Gemm <transB = 1> (j, w, b)
""", one=scalar(1, np.int64), low=scalar(0, np.int64), high=scalar(3, np.int64),
      depth=scalar(4, np.int64), off_on=ints(0, 1), w=(2, 7), b=(2,))

graph("rtdl_mlp_piecewise", 17, "float[n, 4] x", "float[n, 1] y", """
    u = Unsqueeze(x, last)
    d = Sub(u, edges)
    q = Div(d, widths)
    c = Clip(q, low, high)
    f = Flatten <axis = 1> (c)
    h = Gemm <transB = 1> (f, w1, b1)
    r = Relu(h)
    y = Gemm <transB = 1> (r, w2, b2)
""", last=ints(-1), edges=(4, 3), widths=np.full((4, 3), 0.7, np.float32), low=scalar(0),
      high=scalar(1), w1=(8, 12), b1=(8,), w2=(1, 8), b2=(1,))

graph("rtdl_resnet", 17, "float[n, 6] x", "float[n, 2] y", """
    a = Gemm <transB = 1> (x, w0, b0)
    n1 = BatchNormalization(a, s, o, m, v)
    h1 = Gemm <transB = 1> (n1, w1, b1)
    r1 = Relu(h1)
    g1 = Gemm <transB = 1> (r1, w2, b2)
    z1 = Add(a, g1)
    n2 = BatchNormalization(z1, s, o, m, v)
    h2 = Gemm <transB = 1> (n2, w1, b1)
    r2 = Relu(h2)
    g2 = Gemm <transB = 1> (r2, w2, b2)
    z2 = Add(z1, g2)
    n3 = BatchNormalization(z2, s, o, m, v)
    r3 = Relu(n3)
    y = Gemm <transB = 1> (r3, w3, b3)
""", w0=(8, 6), b0=(8,), s=(8,), o=(8,), m=(8,), v=np.full(8, 0.5, np.float32), w1=(12, 8),
      b1=(12,), w2=(8, 12), b2=(8,), w3=(2, 8), b3=(2,))

graph("periodic_embedding", 17, "float[n, 3] x", "float[n, 1] y", """
    u = Unsqueeze(x, last)
    p = Mul(u, frequencies)
    c = Cos(p)
    s = Sin(p)
    j = Concat <axis = -1> (c, s)
    f = Flatten(j)
    y = Gemm <transB = 1> (f, w, b)
""", last=ints(-1), frequencies=(3, 4), w=(1, 24), b=(1,))

graph("periodic_linear_relu", 17, "float[n, 3] x", "float[n, 1] y", """
    u = Unsqueeze(x, last)
    p = Mul(u, scales)
    c = Add(p, shifts)
    s = Relu(c)
    f = Flatten(s)
    y = Gemm <transB = 1> (f, w, b)
""", last=ints(-1), scales=(3, 4), shifts=(3, 4), w=(1, 12), b=(1,))

graph("nlinear_per_feature", 17, "float[n, 3, 4] x", "float[n, 1] y", """
    u = Unsqueeze(x, third)
    p = MatMul(u, weights)
    q = Squeeze(p, third)
    c = Add(q, shifts)
    s = Relu(c)
    f = Flatten(s)
    y = Gemm <transB = 1> (f, w, b)
""", third=ints(2), weights=(3, 4, 5), shifts=(3, 5), w=(1, 15), b=(1,))

graph("dcn_cross", 17, "float[n, 6] x", "float[n, 1] y", """
    a = Gemm <transB = 1> (x, w1, b1)
    m = Mul(x, a)
    x1 = Add(m, x)
    c = Gemm <transB = 1> (x1, w2, b2)
    d = Mul(x, c)
    x2 = Add(d, x1)
    y = Gemm <transB = 1> (x2, w3, b3)
""", w1=(6, 6), b1=(6,), w2=(6, 6), b2=(6,), w3=(1, 6), b3=(1,))

graph("dcn_vector_cross", 17, "float[n, 6] x", "float[n, 6] y", """
    a = MatMul(x, v)
    m = Mul(x, a)
    b = Add(m, bias)
    y = Add(b, x)
""", v=(6, 1), bias=(6,))

graph("factorization_machine", 17, "float[n, 6] x", "float[n] y", """
    a = MatMul(x, v)
    a2 = Pow(a, two)
    x2 = Pow(x, two)
    v2 = Pow(v, two)
    b = MatMul(x2, v2)
    d = Sub(a2, b)
    s = ReduceSum <keepdims = 1> (d, axes)
    h = Mul(s, half)
    l = Gemm <transB = 1> (x, w, b0)
    t = Add(l, h)
    p = Sigmoid(t)
    y = Squeeze(p, axes)
""", v=(6, 4), two=scalar(2), axes=ints(1), half=scalar(0.5), w=(1, 6), b0=(1,))

graph("two_towers", 17, "float[n, 4] user, float[n, 5] item", "float[n] score", """
    a = Gemm <transB = 1> (user, w1, b1)
    b = Relu(a)
    c = Gemm <transB = 1> (item, w2, b2)
    d = Relu(c)
    e = Mul(b, d)
    score = ReduceSum <keepdims = 0> (e, axes)
""", w1=(8, 4), b1=(8,), w2=(8, 5), b2=(8,), axes=ints(1))

graph("two_towers_cosine", 17, "float[n, 4] user, float[n, 5] item", "float[n, 1] score", """
    a = Gemm <transB = 1> (user, w1, b1)
    na = ReduceL2 <axes = [-1], keepdims = 1> (a)
    ka = Max(na, eps)
    qa = Div(a, ka)
    c = Gemm <transB = 1> (item, w2, b2)
    nc = ReduceL2 <axes = [-1], keepdims = 1> (c)
    kc = Clip(nc, eps)
    sc = Shape(c)
    ec = Expand(kc, sc)
    qc = Div(c, ec)
    e = Mul(qa, qc)
    score = ReduceSum <keepdims = 1> (e, axes)
""", w1=(8, 4), b1=(8,), w2=(8, 5), b2=(8,), axes=ints(1), eps=scalar(1e-12))

graph("twin_critics", 17, "float[n, 4] obs, float[n, 2] action",
      "float[n, 1] q1, float[n, 1] q2, float[n, 1] least", """
    x = Concat <axis = 1> (obs, action)
    a = Gemm <transB = 1> (x, w1, b1)
    b = Relu(a)
    q1 = Gemm <transB = 1> (b, w2, b2)
    c = Gemm <transB = 1> (x, w3, b3)
    d = Relu(c)
    q2 = Gemm <transB = 1> (d, w4, b4)
    least = Min(q1, q2)
""", w1=(8, 6), b1=(8,), w2=(1, 8), b2=(1,), w3=(8, 6), b3=(8,), w4=(1, 8), b4=(1,))
