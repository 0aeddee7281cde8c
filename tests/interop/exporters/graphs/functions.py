# SPDX-License-Identifier: Apache-2.0
"""Activations and normalisations, as one operator and spelled out."""

import numpy as np

from graphs.building import floats, graph, ints, scalar

CONSTANTS = {
    "half": scalar(0.5),
    "one": scalar(1),
    "two": scalar(2),
    "three": scalar(3),
    "four": scalar(4),
    "zero": scalar(0),
    "minus": scalar(-1),
    "tenth": scalar(0.1),
    "six": scalar(6),
    "root_half": scalar(0.70710678),
    "frequency": scalar(10),
    "two_int": scalar(2, np.int64),
    "slopes": (8,),
    "c044": scalar(0.044715),
    "root_2_pi": scalar(0.7978846),
    "minus_half": scalar(-0.5),
}

# y of a.
ACTIVATIONS = {
    "exp": "y = Exp(a)",
    "log": "b = Abs(a)\n c = Add(b, tenth)\n y = Log(c)",
    "log1p": "b = Abs(a)\n c = Add(b, one)\n y = Log(c)",
    "sqrt": "b = Relu(a)\n y = Sqrt(b)",
    "reciprocal": "b = Abs(a)\n c = Add(b, half)\n y = Reciprocal(c)",
    "cos": "y = Cos(a)",
    "sin": "y = Sin(a)",
    "atan": "y = Atan(a)",
    "erf": "y = Erf(a)",
    "abs": "y = Abs(a)",
    "sign": "y = Sign(a)",
    "siren": "b = Mul(a, frequency)\n y = Sin(b)",
    "square": "y = Mul(a, a)",
    "square_pow": "y = Pow(a, two)",
    "square_pow_int": "y = Pow(a, two_int)",
    "cube": "y = Pow(a, three)",
    "relu_squared": "b = Relu(a)\n y = Pow(b, two)",
    "relu_squared_mul": "b = Relu(a)\n y = Mul(b, b)",
    "gaussian": "b = Mul(a, a)\n c = Neg(b)\n y = Exp(c)",
    "gaussian_half": "b = Pow(a, two)\n c = Mul(b, minus_half)\n y = Exp(c)",
    "softshrink": "y = Shrink <lambd = 0.5, bias = 0.5> (a)",
    "hardshrink": "y = Shrink <lambd = 0.5> (a)",
    "hardshrink_where": "b = Abs(a)\n c = Greater(b, half)\n y = Where(c, a, zero)",
    "softshrink_where": "b = Greater(a, half)\n c = Sub(a, half)\n d = Neg(half)\n"
        " e = Less(a, d)\n f = Add(a, half)\n"
    " g = Where(e, f, zero)\n y = Where(b, c, g)",
    "tanhshrink": "b = Tanh(a)\n y = Sub(a, b)",
    "squareplus": "b = Mul(a, a)\n c = Add(b, four)\n d = Sqrt(c)\n e = Add(a, d)\n"
        " y = Mul(e, half)",
    "squareplus_div": "b = Pow(a, two)\n c = Add(b, one)\n d = Sqrt(c)\n e = Add(a, d)\n"
        " y = Div(e, two)",
    "snake": "b = Sin(a)\n c = Mul(b, b)\n y = Add(a, c)",
    "snake_learned": "s = Abs(slopes)\n k = Add(s, half)\n b = Mul(a, k)\n c = Sin(b)\n"
        " d = Pow(c, two)\n e = Div(d, k)\n y = Add(a, e)",
    "clip_low": "y = Clip(a, zero)",
    "clip_high": "y = Clip(a, , six)",
    "clip_both": "y = Clip(a, minus, one)",
    "max_zero": "y = Max(a, zero)",
    "min_six": "b = Relu(a)\n y = Min(b, six)",
    "steps": "b = Greater(a, zero)\n y = Cast <to = 1> (b)",
    "steps_where": "b = GreaterOrEqual(a, zero)\n y = Where(b, one, minus)",
    "round": "b = Mul(a, four)\n y = Round(b)",
    "floor": "b = Mul(a, four)\n y = Floor(b)",
    "ceil": "b = Mul(a, four)\n y = Ceil(b)",
    "isru": "b = Mul(a, a)\n c = Add(b, one)\n d = Sqrt(c)\n y = Div(a, d)",
    "serf": "b = Softplus(a)\n c = Erf(b)\n y = Mul(a, c)",
    "phish": "b = Gelu(a)\n c = Tanh(b)\n y = Mul(a, c)",
    "tanhexp": "b = Exp(a)\n c = Tanh(b)\n y = Mul(a, c)",
    "logish": "b = Sigmoid(a)\n c = Add(b, one)\n d = Log(c)\n y = Mul(a, d)",
    "hard_mish": "b = Add(a, two)\n c = Clip(b, zero, two)\n d = Mul(a, half)\n y = Mul(d, c)",
    "stan": "b = Tanh(a)\n c = Mul(a, b)\n d = Mul(c, slopes)\n y = Add(b, d)",
    "mish": "b = Softplus(a)\n c = Tanh(b)\n y = Mul(a, c)",
    "mish_one": "y = Mish(a)",
    "gelu": "y = Gelu(a)",
    "gelu_tanh": 'y = Gelu <approximate = "tanh"> (a)',
    "gelu_spelled": "b = Mul(a, root_half)\n c = Erf(b)\n d = Add(c, one)\n e = Mul(a, d)\n"
        " y = Mul(e, half)",
    "gelu_tanh_spelled": "b = Pow(a, three)\n c = Mul(b, c044)\n d = Add(a, c)\n"
        " e = Mul(d, root_2_pi)\n f = Tanh(e)\n"
    " g = Add(f, one)\n h = Mul(a, half)\n y = Mul(h, g)",
    "swish": "b = Sigmoid(a)\n y = Mul(a, b)",
    "hard_swish": "y = HardSwish(a)",
    "hard_sigmoid": "y = HardSigmoid <alpha = 0.16666667, beta = 0.5> (a)",
    "elu": "y = Elu <alpha = 0.7> (a)",
    "selu": "y = Selu(a)",
    "celu": "y = Celu <alpha = 1.5> (a)",
    "thresholded_relu": "y = ThresholdedRelu <alpha = 0.4> (a)",
    "softplus": "y = Softplus(a)",
    "softsign": "y = Softsign(a)",
    "tanh": "y = Tanh(a)",
    "prelu": "y = PRelu(a, slopes)",
    "crelu": "b = Neg(a)\n c = Concat <axis = 1> (a, b)\n d = Relu(c)\n"
        " e, f = Split <axis = 1, num_outputs = 2> (d)\n y = Sub(e, f)",
    "softmax_groups": "r = Reshape(a, groups)\n s = Softmax <axis = -1> (r)\n"
        " y = Reshape(s, whole)",
    "softmax_temperature": "b = Div(a, half)\n y = Softmax <axis = -1> (b)",
    "log_softmax": "y = LogSoftmax <axis = -1> (a)",
    "softmax_spelled": "m = ReduceMax <keepdims = 1> (a, axis)\n d = Sub(a, m)\n e = Exp(d)\n"
        " s = ReduceSum <keepdims = 1> (e, axis)\n y = Div(e, s)",
    "logsumexp_spelled": "m = ReduceMax <keepdims = 1> (a, axis)\n d = Sub(a, m)\n e = Exp(d)\n"
        " s = ReduceSum <keepdims = 1> (e, axis)\n"
    " l = Log(s)\n t = Add(l, m)\n y = Sub(a, t)",
    "hardmax": "y = Hardmax <axis = -1> (a)",
    "sinh": "b = Mul(a, half)\n y = Sinh(b)",
    "cosh": "y = Cosh(a)",
    "asinh": "y = Asinh(a)",
    "tan": "b = Mul(a, tenth)\n y = Tan(b)",
    "sparsemax_free_norm": "b = ReduceL1 <keepdims = 1> (a, axis)\n y = Div(a, b)",
    "pow_learned": "b = Abs(a)\n c = Add(b, tenth)\n y = Pow(c, slopes)",
    "mod_phase": "b = Mul(a, four)\n y = Mod <fmod = 1> (b, two)",
    "bias_in_between": "b = Add(a, slopes)\n c = Tanh(b)\n d = Mul(c, slopes)\n y = Sub(d, one)",
}
SHAPES = {"groups": ints(-1, 2, 4), "whole": ints(-1, 8), "axis": ints(-1)}
for name, nodes in ACTIVATIONS.items():
    used = {
        key: value
        for key, value in (CONSTANTS | SHAPES).items()
        if any(
            key in line.replace(",", " ").replace("(", " ").replace(")", " ").split()
            for line in nodes.split("\n")
        )
    }
    graph(f"output_{name}", 20, "float[n, 6] x", "float[n, 8] y",
          "a = Gemm <transB = 1> (x, w1, b1)\n" + nodes, w1=(8, 6), b1=(8,), **used)
    graph(f"hidden_{name}", 20, "float[n, 6] x", "float[n, 3] z",
          "a = Gemm <transB = 1> (x, w1, b1)\n" + nodes + "\nz = Gemm <transB = 1> (y, w2, b2)",
          w1=(8, 6), b1=(8,), w2=(3, 8), b2=(3,), **used)

NORMS = {
    "layer_norm": (17, "y = LayerNormalization <axis = -1, epsilon = 1e-5> (a, g, b)"),
    "layer_norm_no_bias": (17, "y = LayerNormalization(a, g)"),
    "layer_norm_spelled": (
        17,
        "m = ReduceMean <axes = [-1]> (a)\n d = Sub(a, m)\n p = Pow(d, two)\n"
        " v = ReduceMean <axes = [-1]> (p)\n"
        " e = Add(v, eps)\n s = Sqrt(e)\n q = Div(d, s)\n t = Mul(q, g)\n y = Add(t, b)",
    ),
    "layer_norm_mul": (
        18,
        "m = ReduceMean(a, axis)\n d = Sub(a, m)\n p = Mul(d, d)\n v = ReduceMean(p, axis)\n"
        " e = Add(v, eps)\n s = Sqrt(e)\n r = Reciprocal(s)\n q = Mul(d, r)\n t = Mul(q, g)\n"
        " y = Add(t, b)",
    ),
    "layer_norm_keras": (
        13,
        "m = ReduceMean <axes = [1]> (a)\n d = Sub(a, m)\n p = Mul(d, d)\n"
        " v = ReduceMean <axes = [1]> (p)\n"
        " e = Add(v, eps)\n s = Sqrt(e)\n r = Reciprocal(s)\n k = Mul(r, g)\n t = Mul(a, k)\n"
        " n = Neg(m)\n"
        " o = Mul(n, k)\n u = Add(o, b)\n y = Add(t, u)",
    ),
    "rms_norm": (23, "y = RMSNormalization <epsilon = 1e-6> (a, g)"),
    "rms_norm_spelled": (
        17,
        "p = Pow(a, two)\n v = ReduceMean <axes = [-1]> (p)\n e = Add(v, eps)\n s = Sqrt(e)\n"
        " q = Div(a, s)\n y = Mul(q, g)",
    ),
    "rms_norm_reciprocal": (
        18,
        "p = Mul(a, a)\n v = ReduceMean(p, axis)\n e = Add(v, eps)\n s = Sqrt(e)\n"
        " r = Reciprocal(s)\n q = Mul(a, r)\n y = Mul(g, q)",
    ),
    "rms_norm_pow": (
        18,
        "p = Mul(a, a)\n v = ReduceMean(p, axis)\n e = Add(v, eps)\n r = Pow(e, minus_half)\n"
        " q = Mul(a, r)\n y = Mul(g, q)",
    ),
    "group_norm_21": (21, "y = GroupNormalization <num_groups = 2> (a, g, b)"),
    "group_norm_18": (18, "y = GroupNormalization <num_groups = 2> (a, g2, b2)"),
    "group_norm_spelled": (
        17,
        "r = Reshape(a, groups)\n i = InstanceNormalization(r, ones, zeros)\n"
        " q = Reshape(i, whole)\n t = Mul(q, g)\n y = Add(t, b)",
    ),
    "group_norm_one": (
        17,
        "s = Shape(a)\n r = Reshape(a, one_group)\n i = InstanceNormalization(r, one, zero)\n"
        " q = Reshape(i, s)\n t = Mul(q, g)\n y = Add(t, b)",
    ),
    "instance_norm": (
        17,
        "r = Unsqueeze(a, first)\n i = InstanceNormalization(r, one, zero)\n y = Squeeze(i, first)",
    ),
    "l2_norm": (17, "y = LpNormalization <axis = -1, p = 2> (a)"),
    "l1_norm": (17, "y = LpNormalization <axis = -1, p = 1> (a)"),
    "l2_norm_clip": (
        17,
        "r = ReduceL2 <axes = [-1]> (a)\n k = Clip(r, eps)\n s = Shape(a)\n e = Expand(k, s)\n"
        " y = Div(a, e)",
    ),
    "l2_norm_old": (
        13,
        "u = Abs(a)\n p = Pow(u, two)\n s = ReduceSum(p, axis)\n r = Pow(s, half)\n y = Div(a, r)",
    ),
    "ml_normalizer": (17, 'y = ai.onnx.ml.Normalizer <norm = "L2"> (a)'),
    "mean_variance": (13, "y = MeanVarianceNormalization <axes = [1]> (a)"),
    "standardized_std": (
        17,
        "m = ReduceMean <axes = [-1]> (a)\n d = Sub(a, m)\n p = Mul(d, d)\n"
        " v = ReduceSum(p, axis)\n"
        " w = Div(v, seven)\n s = Sqrt(w)\n e = Add(s, eps)\n y = Div(d, e)",
    ),
    "batch_norm_after": (17, "y = BatchNormalization(a, g, b, b, v)"),
}
NORM_WEIGHTS = {
    "g": (8,),
    "b": (8,),
    "g2": (2,),
    "b2": (2,),
    "two": scalar(2),
    "half": scalar(0.5),
    "minus_half": scalar(-0.5),
    "eps": scalar(1e-5),
    "axis": ints(-1),
    "groups": ints(0, 2, -1),
    "one_group": ints(0, 1, -1),
    "whole": ints(0, -1),
    "ones": floats(1, 1),
    "zeros": floats(0, 0),
    "one": floats(1),
    "zero": floats(0),
    "first": ints(1),
    "seven": scalar(7),
    "v": np.full(8, 0.5, np.float32),
}
for name, (opset, nodes) in NORMS.items():
    words = set(nodes.replace(",", " ").replace("(", " ").replace(")", " ").split())
    written = {line.split("=")[0].strip() for line in nodes.split("\n")}
    used = {key: value for key, value in NORM_WEIGHTS.items() if key in words - written}
    graph(f"norm_{name}", opset, "float[n, 6] x", "float[n, 3] z",
          "a = Gemm <transB = 1> (x, w1, b1)\n"
        + nodes
        + "\nc = Relu(y)\nz = Gemm <transB = 1> (c, w2, bz)", w1=(8, 6), b1=(8,), w2=(3, 8),
          bz=(3,), **used)
    graph(f"norm_first_{name}", opset, "float[n, 8] a", "float[n, 3] z",
          nodes + "\nz = Gemm <transB = 1> (y, w2, bz)", w2=(3, 8), bz=(3,), **used)

FUSED = {
    "gelu": "y = com.microsoft.Gelu(a)",
    "bias_gelu": "y = com.microsoft.BiasGelu(a, g)",
    "fast_gelu": "y = com.microsoft.FastGelu(a, g)",
    "fast_gelu_alone": "y = com.microsoft.FastGelu(a)",
    "quick_gelu": "y = com.microsoft.QuickGelu <alpha = 1.0> (a)",
    "quick_gelu_default": "y = com.microsoft.QuickGelu(a)",
    "skip_layer_norm": "y = com.microsoft.SkipLayerNormalization <epsilon = 1e-5> (r, q, g, b)",
    "skip_layer_norm_bias": "y, , , s = com.microsoft.SkipLayerNormalization <epsilon = 1e-5> (r, q, g, b, b1)",
    "skip_simplified": "y = com.microsoft.SkipSimplifiedLayerNormalization <epsilon = 1e-5> (r, q, g)",
    "simplified": "y = SimplifiedLayerNormalization <epsilon = 1e-5> (a, g)",
    "bias_split_gelu_free": "y = com.microsoft.FusedMatMul <transB = 1> (a, w8)",
    "fused_matmul_alpha": "y = com.microsoft.FusedMatMul <transB = 1, alpha = 0.5> (a, w8)",
}
for kind in (
    "Relu",
    "LeakyRelu",
    "Elu",
    "Selu",
    "Sigmoid",
    "Tanh",
    "Softplus",
    "Softsign",
    "HardSigmoid",
    "ThresholdedRelu",
):
    given = ", activation_alpha = 0.3, activation_beta = 0.6"
    if kind == "Selu":
        given = ", activation_alpha = 1.6732632, activation_gamma = 1.0507010"
    FUSED[f"gemm_{kind.lower()}"] = (
        f'y = com.microsoft.FusedGemm <transB = 1, activation = "{kind}"' f"{given}> (a, w8, g)"
    )
for name, nodes in FUSED.items():
    skip = name.startswith("skip")
    extra = {
        key: value
        for key, value in {"g": (8,), "b": (8,), "w8": (8, 8)}.items()
        if f" {key}," in nodes or f" {key})" in nodes
    }
    around = (
        (
            "r = Unsqueeze(a, mid)\n q = Unsqueeze(x, mid)\n"
            + nodes.replace("y", "k", 1)
            + "\n y = Squeeze(k, mid)"
        )
        if skip
        else nodes
    )
    if skip:
        extra["mid"] = ints(1)
    graph(f"fused_{name}", 17, "float[n, 8] x", "float[n, 3] z",
          "a = Gemm <transB = 1> (x, w1, b1)\n" + around + "\nz = Gemm <transB = 1> (y, w2, bz)",
          w1=(8, 8), b1=(8,), w2=(3, 8), bz=(3,), **extra)
