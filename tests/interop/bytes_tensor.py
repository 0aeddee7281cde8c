# SPDX-License-Identifier: Apache-2.0
"""Raw tensors of datatype BYTES."""

import struct


def elements(raw: bytes) -> list[str]:
    """Each is preceded by its length in four bytes."""
    strings = []
    while raw:
        (length,) = struct.unpack_from("<I", raw)
        strings.append(raw[4:4 + length].decode())
        raw = raw[4 + length:]
    return strings
