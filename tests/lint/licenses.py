#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every source file says under which license it is, among its first lines.

    tests/lint/licenses.py              exits with 1 and a line for each file that does not
    tests/lint/licenses.py --add        adds the line where it is missing
"""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LICENSE = "SPDX-License-Identifier: Apache-2.0"
COMMENTS = {"//": (".cc", ".h", ".proto", ".go", ".java", ".js", ".rs"),
            "#": (".py", ".sh", ".cmake", "CMakeLists.txt", "Dockerfile")}
FIRST_LINES = 3


def comment_of(name):
    """What begins a comment in a file of that name, or none where nothing is checked."""
    for comment, ends in COMMENTS.items():
        if name.endswith(ends):
            return comment
    return None


def has_license(text):
    return any(LICENSE in line for line in text.splitlines()[:FIRST_LINES])


def with_license(text, comment):
    """Behind the line that names an interpreter; apart from a comment about the file."""
    lines = text.splitlines(keepends=True)
    at = 1 if lines and lines[0].startswith("#!") else 0
    apart = ["\n"] if at == 0 and lines and lines[0].startswith(comment) else []
    return "".join(lines[:at] + [f"{comment} {LICENSE}\n"] + apart + lines[at:])


def main():
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True,
                           text=True).stdout.splitlines()
    missing = 0
    for name in filter(comment_of, names):
        path = ROOT / name
        text = path.read_text()
        if has_license(text):
            continue
        if "--add" in sys.argv[1:]:
            path.write_text(with_license(text, comment_of(name)))
            continue
        print(f"{name}: says no license, want a line '{comment_of(name)} {LICENSE}'")
        missing += 1
    if missing == 0:
        print("licenses: every source file names its own")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
