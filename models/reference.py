# SPDX-License-Identifier: Apache-2.0
"""A second opinion: runs a model.mlp message in plain numpy, in float64, without torch."""

import math

import numpy as np


def run(message, x: np.ndarray) -> list[np.ndarray]:
    """What each output puts out."""
    values = [_normalize(message.normalization, x.astype(np.float64))]
    for layer in message.layers:
        source = layer.source if layer.HasField("source") else -1
        weights = _floats(layer.weights).reshape(layer.outputs, layer.inputs)
        z = values[source] @ weights.T
        if layer.bias:
            z += _floats(layer.bias)
        values.append(_activate(layer.activation, z))
    return [values[output.source] for output in message.outputs] or values[-1:]


def _floats(content: bytes) -> np.ndarray:
    return np.frombuffer(content, "<f4").astype(np.float64)


def _normalize(normalization, x: np.ndarray) -> np.ndarray:
    if normalization.offset:
        x = x - _floats(normalization.offset)
    if normalization.scale:
        x = x * _floats(normalization.scale)
    return x


def _activate(activation, z: np.ndarray) -> np.ndarray:
    if activation.slopes:
        return np.where(z < 0, _floats(activation.slopes) * z, z)
    with np.errstate(divide="ignore", invalid="ignore"):  # outside of a domain is NaN
        return FUNCTIONS[activation.name](z, **activation.parameters)


def _sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2


def _elu(z, alpha):
    return np.where(z < 0, alpha * np.expm1(np.minimum(z, 0)), z)


def _softplus(z):
    return np.logaddexp(0, z)


def _shrink(z, lambd, bias):
    return np.where(np.abs(z) > lambd, z - bias * np.sign(z), 0)


def _softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


FUNCTIONS = {
    "identity": lambda z: z,
    "step": lambda z: np.where(z >= 0, 1.0, 0.0),
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z, alpha: np.where(z < 0, alpha * z, z),
    "elu": _elu,
    "selu": lambda z, alpha, gamma: gamma * _elu(z, alpha),
    "celu": lambda z, alpha: alpha * _elu(z / alpha, 1),
    "swish": lambda z, beta: z * _sigmoid(beta * z),
    "gelu_erf": lambda z: z / 2 * np.vectorize(math.erfc)(-z / math.sqrt(2)),
    "gelu_tanh": lambda z: z / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))),
    "mish": lambda z: z * np.tanh(_softplus(z)),
    "softplus": _softplus,
    "softsign": lambda z: z / (1 + np.abs(z)),
    "hard_sigmoid": lambda z, alpha, beta: np.clip(alpha * z + beta, 0, 1),
    "hard_swish": lambda z: z * np.clip(z + 3, 0, 6) / 6,
    "clip": lambda z, min, max: np.clip(z, min, max),
    "thresholded_relu": lambda z, alpha: np.where(z > alpha, z, 0),
    "log_sigmoid": lambda z: -_softplus(-z),
    "sin": lambda z, frequency=1.0: np.sin(frequency * z),
    "gcu": lambda z: z * np.cos(z),
    "ncu": lambda z: z - z**3,
    "abs": np.abs,
    "square": np.square,
    "relu_squared": lambda z: np.square(np.maximum(z, 0)),
    "sqrt": np.sqrt,
    "reciprocal": lambda z: 1 / z,
    "exp": np.exp,
    "log": np.log,
    "log1p": np.log1p,
    "cos": np.cos,
    "atan": np.arctan,
    "erf": np.vectorize(math.erf),
    "gaussian": lambda z, gamma: np.exp(-gamma * z**2),
    "squareplus": lambda z, b: (z + np.sqrt(z**2 + b)) / 2,
    "snake": lambda z, a: z + np.sin(a * z) ** 2 / a,
    "tanhshrink": lambda z: z - np.tanh(z),
    "hardshrink": lambda z, lambd: _shrink(z, lambd, 0),
    "softshrink": lambda z, lambd: _shrink(z, lambd, lambd),
    "shrink": _shrink,
    "softmax": _softmax,
}
