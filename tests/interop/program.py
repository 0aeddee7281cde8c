# SPDX-License-Identifier: Apache-2.0
"""Runs clients that are programs of their own."""

import subprocess

TIMEOUT_SECONDS = 60


def run(command: list[str], stdin: str = "", code: int = 0) -> str:
    """What it printed, on both streams. AssertionError when it ends with another exit code."""
    done = subprocess.run(command, input=stdin, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=TIMEOUT_SECONDS, check=False)
    said = done.stdout.strip()
    assert done.returncode == code, f"ended with {done.returncode}: {said[-300:]!r}"
    return said
