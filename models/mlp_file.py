# SPDX-License-Identifier: Apache-2.0
"""Reads and writes model.mlp files, as proto/mlp.proto describes them."""

import functools
import importlib.util
import pathlib
import subprocess
import tempfile
import zlib

import numpy as np

PROTO_FOLDER = pathlib.Path(__file__).resolve().parent.parent / "proto"
CHAIN_VERSION = 1
TREE_VERSION = 2  # with `outputs`
GRAPH_VERSION = 3  # with `inputs`
DEFAULT_THRESHOLD = 0.5
CHECKSUM_TAG = bytes([15 << 3 | 5])  # field 15 as a fixed32: 0x7d
CHECKSUM_BYTES = len(CHECKSUM_TAG) + 4


@functools.cache
def proto():
    """The module protoc makes of mlp.proto, built on first use and kept in memory only."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["protoc", f"--proto_path={PROTO_FOLDER}", f"--python_out={folder}",
                        "mlp.proto"], check=True)
        spec = importlib.util.spec_from_file_location("mlp_pb2", f"{folder}/mlp_pb2.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


def floats(array) -> bytes:
    return np.ascontiguousarray(array, "<f4").tobytes()


def write(message, path: pathlib.Path) -> None:
    message.format_version = _version(message)
    message.ClearField("checksum")
    body = message.SerializeToString(deterministic=True)
    path.write_bytes(body + _checksum_field(body))


def read(path: pathlib.Path):
    content = path.read_bytes()
    body, end = content[:-CHECKSUM_BYTES], content[-CHECKSUM_BYTES:]
    if end != _checksum_field(body):
        raise ValueError(f"{path}: damaged: the checksum does not match")
    message = proto().Mlp.FromString(content)
    if message.format_version != _version(message):
        raise ValueError(f"{path}: format {message.format_version}, want {_version(message)}")
    return message


def _version(message) -> int:
    if message.inputs:
        return GRAPH_VERSION
    return TREE_VERSION if message.outputs else CHAIN_VERSION


def _checksum_field(body: bytes) -> bytes:
    return CHECKSUM_TAG + zlib.crc32(body).to_bytes(4, "little")
