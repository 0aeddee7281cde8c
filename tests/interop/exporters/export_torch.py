# SPDX-License-Identifier: Apache-2.0
"""Exports PyTorch MLPs, one an activation and layout, with one of PyTorch's two exporters.

usage: export_torch.py OUT (torchscript | dynamo)
"""

import pathlib
import sys
import warnings

import torch
from torch import nn

import cases

WIDTHS = (6, 16, 9, 4)
EXAMPLE_ROWS = 3


class Function(nn.Module):
    """An activation that torch has as a function only, or not at all."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


ACTIVATIONS = {
    "identity": nn.Identity,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "hardtanh": nn.Hardtanh,
    "leaky_relu": lambda: nn.LeakyReLU(0.2),
    "prelu_shared": nn.PReLU,
    "elu": lambda: nn.ELU(0.7),
    "selu": nn.SELU,
    "celu": lambda: nn.CELU(1.5),
    "swish": nn.SiLU,
    "swish_beta": lambda: Function(lambda x: x * torch.sigmoid(1.7 * x)),
    "mish": nn.Mish,
    "gelu_erf": nn.GELU,
    "gelu_tanh": lambda: nn.GELU(approximate="tanh"),
    "softplus": nn.Softplus,
    "softplus_beta": lambda: nn.Softplus(beta=2, threshold=15),
    "softsign": nn.Softsign,
    "hard_sigmoid": nn.Hardsigmoid,
    "hard_swish": nn.Hardswish,
    "log_sigmoid": nn.LogSigmoid,
    "threshold": lambda: Function(lambda x: torch.where(x > 0.3, x, 0.0)),
    "tanh_shifted": lambda: Function(lambda x: 2 * torch.tanh(x) + 0.5),
    "sin": lambda: Function(torch.sin),
    "sin_30": lambda: Function(lambda x: torch.sin(3.0 * x)),
    "gcu": lambda: Function(lambda x: x * torch.cos(x)),
    "ncu": lambda: Function(lambda x: x - x * x * x),
    "step": lambda: Function(lambda x: (x >= 0).to(x.dtype)),
    "softmax": lambda: nn.Softmax(dim=-1),
    "log_softmax": lambda: nn.LogSoftmax(dim=-1),
}


def stack(activation, last: nn.Module | None = None, bias: bool = True) -> nn.Sequential:
    layers = []
    for inputs, outputs in zip(WIDTHS, WIDTHS[1:]):
        layers += [nn.Linear(inputs, outputs, bias=bias), activation()]
    return nn.Sequential(*layers, *([last] if last else []))


def statistics(norm: nn.BatchNorm1d) -> nn.BatchNorm1d:
    """A batch normalization as training leaves it."""
    with torch.no_grad():
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2)
        norm.weight.uniform_(0.5, 1.5)
        norm.bias.normal_()
    return norm


class Normalized(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.randn(WIDTHS[0]))
        self.register_buffer("deviation", torch.rand(WIDTHS[0]) + 0.5)
        self.body = stack(nn.ReLU, nn.Softmax(dim=1))

    def forward(self, x):
        return self.body((x - self.mean) / self.deviation)


class Viewed(nn.Module):
    """Pictures, flattened the way tutorials do it."""

    def __init__(self):
        super().__init__()
        self.body = nn.Linear(WIDTHS[0], WIDTHS[1])

    def forward(self, x):
        return torch.relu(self.body(x.view(x.size(0), -1)))


class Heads(nn.Module):
    """A policy and a value of one trunk, and the trunk itself."""

    output_names = ["policy", "value", "embedding"]

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(6, 16), statistics(nn.BatchNorm1d(16)), nn.ReLU())
        self.policy = nn.Linear(16, 4)
        self.value = nn.Linear(16, 1)

    def forward(self, x):
        trunk = self.trunk(x)
        return torch.softmax(self.policy(trunk), dim=1), torch.tanh(self.value(trunk)), trunk


class LogitsToo(nn.Module):
    output_names = ["logits", "probabilities"]

    def __init__(self):
        super().__init__()
        self.body = stack(nn.Tanh, nn.Linear(4, 3))

    def forward(self, x):
        logits = self.body(x)
        return logits, torch.softmax(logits, dim=1)


def layouts() -> dict[str, nn.Module]:
    return {
        "no_bias": stack(nn.Tanh, bias=False),
        "batch_norm_before": nn.Sequential(
            nn.Linear(6, 16), statistics(nn.BatchNorm1d(16)), nn.GELU(), nn.Linear(16, 4)),
        "batch_norm_after": nn.Sequential(
            nn.Linear(6, 16), nn.ReLU(), statistics(nn.BatchNorm1d(16)), nn.Linear(16, 4)),
        "batch_norm_first": nn.Sequential(
            statistics(nn.BatchNorm1d(6)), nn.Linear(6, 16), nn.SiLU(), nn.Linear(16, 4)),
        "prelu_by_unit": nn.Sequential(nn.Linear(6, 16), nn.PReLU(16), nn.Linear(16, 4)),
        "normalized": Normalized(),
        "dropout": nn.Sequential(nn.Dropout(0.3), stack(nn.ReLU), nn.Dropout(0.5)),
        "activation_first": nn.Sequential(nn.Tanh(), nn.Linear(6, 4)),
        "flattened": nn.Sequential(nn.Flatten(), nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1)),
        "squeezed": nn.Sequential(nn.Linear(6, 1), nn.Sigmoid(), nn.Flatten(0)),
        "picture": nn.Sequential(nn.Flatten(), nn.Linear(6, 16), nn.ReLU()),
        "viewed": Viewed(),
        "heads": Heads(),
        "logits_too": LogitsToo(),
        "wide": nn.Sequential(nn.Linear(6, 300), nn.Hardswish(), nn.Linear(300, 300), nn.Mish()),
    }


def export(model: nn.Module, path: pathlib.Path, exporter: str, fixed: bool, opset: int,
           shape=None) -> None:
    example = torch.zeros(1 if fixed else EXAMPLE_ROWS, *(shape or (WIDTHS[0],)))
    options = {"input_names": ["input"], "opset_version": opset,
               "output_names": getattr(model, "output_names", ["output"])}
    if exporter == "torchscript":
        if not fixed:
            options["dynamic_axes"] = {"input": {0: "rows"}}
        torch.onnx.export(model, (example,), str(path), dynamo=False, **options)
    else:
        if not fixed:
            options["dynamic_shapes"] = ({0: torch.export.Dim("rows")},)
        torch.onnx.export(model, (example,), str(path), dynamo=True, external_data=True,
                          verbose=False, **options)


def main() -> None:
    out, exporter = pathlib.Path(sys.argv[1]), sys.argv[2]
    warnings.simplefilter("ignore")
    torch.manual_seed(cases.SEED)
    prefix = f"torch_{exporter}"
    opsets = (17, 20) if exporter == "torchscript" else (18, 20)
    plans = [(f"{name}-opset{opset}", stack(make), opset, False, None)
             for opset in opsets for name, make in ACTIVATIONS.items()]
    for name, model in layouts().items():
        shape = (2, 3) if name in ("picture", "viewed") else None
        plans.append((name, model, opsets[0], False, shape))
    plans.append(("fixed_batch", stack(nn.GELU), opsets[0], True, None))
    for name, model, opset, fixed, shape in plans:
        model.eval()
        cases.attempt(out, f"{prefix}-{name}", cases.rows(WIDTHS[0], spread=1.0),
                      lambda path: export(model, path, exporter, fixed, opset, shape))


if __name__ == "__main__":
    main()
