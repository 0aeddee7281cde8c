# SPDX-License-Identifier: Apache-2.0
"""Multi-layer perceptrons in torch: the activations, the network and its ONNX export."""

import functools
import pathlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn


class Step(nn.Module):
    """1 for z >= 0, else 0. Its slope is 0, so gradients are taken from a sigmoid instead."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        hard = (z >= 0).to(z.dtype)
        if not self.training:
            return hard
        soft = torch.sigmoid(2 * z)
        return soft + (hard - soft).detach()


class Sin(nn.Module):
    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return torch.sin(z)


class HardSigmoid(nn.Module):
    """With the slope that ONNX and Keras 2 have by default; torch's own is flatter, 1/6."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return torch.clamp(0.2 * z + 0.5, 0.0, 1.0)


class ThresholdedRelu(nn.Module):
    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return torch.where(z > 1.0, z, torch.zeros_like(z))


class Gcu(nn.Module):
    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return z * torch.cos(z)


class Ncu(nn.Module):
    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return z - z * z * z


class Square(nn.Module):
    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return z * z


class ReluSquared(nn.Module):
    def forward(self, z: torch.Tensor) -> torch.Tensor:
        positive = torch.relu(z)
        return positive * positive


class Gaussian(nn.Module):
    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return torch.exp(-(z * z))


class Squareplus(nn.Module):
    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return 0.5 * (z + torch.sqrt(z * z + 4.0))


class Snake(nn.Module):
    def forward(self, z: torch.Tensor) -> torch.Tensor:
        sine = torch.sin(z)
        return z + sine * sine


class Elementwise(nn.Module):
    """A function of torch that it has no module for."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.function(z)


def _elementwise(function):
    return functools.partial(Elementwise, function)


ACTIVATIONS = {
    "identity": nn.Identity,
    "step": Step,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "leaky_relu": functools.partial(nn.LeakyReLU, 0.01),
    "elu": functools.partial(nn.ELU, 1.0),
    "selu": nn.SELU,
    "celu": functools.partial(nn.CELU, 1.0),
    "swish": nn.SiLU,
    "gelu_erf": nn.GELU,
    "gelu_tanh": functools.partial(nn.GELU, approximate="tanh"),
    "mish": nn.Mish,
    "softplus": nn.Softplus,
    "softsign": nn.Softsign,
    "hard_sigmoid": HardSigmoid,
    "hard_swish": nn.Hardswish,
    "clip": functools.partial(nn.Hardtanh, 0.0, 6.0),
    "thresholded_relu": ThresholdedRelu,
    "log_sigmoid": nn.LogSigmoid,
    "sin": Sin,
    "gcu": Gcu,
    "ncu": Ncu,
    "abs": _elementwise(torch.abs),
    "square": Square,
    "relu_squared": ReluSquared,
    "sqrt": _elementwise(torch.sqrt),
    "reciprocal": _elementwise(torch.reciprocal),
    "exp": _elementwise(torch.exp),
    "log": _elementwise(torch.log),
    "log1p": _elementwise(torch.log1p),
    "cos": _elementwise(torch.cos),
    "atan": _elementwise(torch.atan),
    "erf": _elementwise(torch.erf),
    "gaussian": Gaussian,
    "squareplus": Squareplus,
    "snake": Snake,
    "tanhshrink": nn.Tanhshrink,
    "hardshrink": nn.Hardshrink,
    "softshrink": nn.Softshrink,
    "shrink": nn.Hardshrink,
    "softmax": functools.partial(nn.Softmax, dim=1),
}

# Scalar parameters of the modules above, named as in the file.
PARAMETERS = {
    "leaky_relu": {"alpha": 0.01},
    "elu": {"alpha": 1.0},
    "selu": {"alpha": 1.67326319217681884765625, "gamma": 1.05070102214813232421875},
    "celu": {"alpha": 1.0},
    "swish": {"beta": 1.0},
    "hard_sigmoid": {"alpha": 0.2, "beta": 0.5},
    "clip": {"min": 0.0, "max": 6.0},
    "thresholded_relu": {"alpha": 1.0},
    "gaussian": {"gamma": 1.0},
    "squareplus": {"b": 4.0},
    "snake": {"a": 1.0},
    "hardshrink": {"lambd": 0.5},
    "softshrink": {"lambd": 0.5},
    "shrink": {"lambd": 0.5, "bias": 0.0},
}


class Network(nn.Module):
    """Normalization, then dense layers with an activation each. The last of them is a head; further
    heads, of a width and an activation each, read what it reads."""

    def __init__(self, widths: Sequence[int], activations: Sequence[str],
                 offset: np.ndarray | None = None, scale: np.ndarray | None = None,
                 further_heads: Sequence[tuple[int, str]] = ()):
        super().__init__()
        assert len(activations) == len(widths) - 1
        self.register_buffer("offset", None if offset is None else torch.from_numpy(offset))
        self.register_buffer("scale", None if scale is None else torch.from_numpy(scale))
        self.dense = nn.ModuleList(map(nn.Linear, widths[:-1], widths[1:]))
        self.activations = nn.ModuleList(map(_make_activation, activations, widths[1:]))
        self.further_dense = nn.ModuleList(
            nn.Linear(widths[-2], width) for width, _ in further_heads)
        self.further_activations = nn.ModuleList(
            _make_activation(name, width) for width, name in further_heads)

    def scores(self, x: torch.Tensor) -> list[torch.Tensor]:
        """The pre-activations of each head."""
        if self.offset is not None:
            x = (x - self.offset) * self.scale
        for dense, activation in zip(self.dense[:-1], self.activations[:-1]):
            x = activation(dense(x))
        return [head(x) for head in (self.dense[-1], *self.further_dense)]

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The answers of each head."""
        return tuple(activation(z)
                     for activation, z in zip(self.head_activations(), self.scores(x)))

    def head_activations(self) -> list[nn.Module]:
        return [self.activations[-1], *self.further_activations]

    def run(self, x: np.ndarray) -> list[np.ndarray]:
        """The answers, in float32, as in production: no gradients, no training mode."""
        self.eval()
        with torch.no_grad():
            return [output.numpy() for output in self(torch.from_numpy(x))]


def _make_activation(name: str, units: int) -> nn.Module:
    if name == "prelu":
        return nn.PReLU(units, init=0.25)  # a slope for each unit
    return ACTIVATIONS[name]()


def export_onnx(network: Network, path: pathlib.Path, input_name: str,
                output_names: Sequence[str]) -> None:
    row = torch.zeros(1, network.dense[0].in_features)
    torch.onnx.export(network.eval(), row, str(path), opset_version=17,
                      input_names=[input_name], output_names=list(output_names),
                      dynamic_axes={name: {0: "rows"} for name in (input_name, *output_names)})
