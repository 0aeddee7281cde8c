"""Writes graphs that nobody has to train: one small file a form that exporters write.

usage: export_graphs.py OUT [NAME...]
"""

import pathlib
import sys

import onnx

import graphs.functions
import graphs.interfaces
import graphs.networks
import graphs.policies
import graphs.quantized
from graphs.building import GRAPHS


def main() -> None:
    out = pathlib.Path(sys.argv[1])
    for name, make in GRAPHS.items():
        if len(sys.argv) > 2 and name not in sys.argv[2:]:
            continue
        folder = out / f"graphs-{name}"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            onnx.save(make(), folder / "model.onnx")
        except Exception as error:
            sys.exit(f"{name}: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
