#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that the Markdown pages name no file of this repository that does not exist.

Looked at are the targets of links and what stands in backticks and looks like a path: a word with a
slash, without spaces, that begins with a folder of the repository or of the page.

    tests/lint/readmes.py       exits with 1 and a line for each name that leads nowhere
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
QUOTED = re.compile(r"`([\w.{},*/-]+/[\w.{},*/-]*)`")
BRACES = re.compile(r"\{([^{}]*)\}")


def spellings(name):
    """`a.{h,cc}` stands for `a.h` and `a.cc`."""
    found = BRACES.search(name)
    if not found:
        return [name]
    return [spelling for part in found[1].split(",")
            for spelling in spellings(name[:found.start()] + part + name[found.end():])]


def exists(name, page, root):
    """A source may be named without its ending, as `server/metrics/registry`."""
    return any(list(base.glob(pattern)) for base in (root, page.parent)
               for pattern in (name.rstrip("/"), name.rstrip("/") + ".*"))


def is_ours(name, page, root):
    """Whether the first folder of a quoted word is one of the repository or of the page."""
    first = name.split("/")[0]
    return bool(first) and "*" not in first and any((base / first).is_dir()
                                                    for base in (root, page.parent))


def missing_names(page, root):
    text = page.read_text()
    quoted = [name for name in QUOTED.findall(text) if is_ours(name, page, root)]
    for name in LINK.findall(text) + quoted:
        if name.startswith("build/"):
            continue
        for spelling in spellings(name):
            if not exists(spelling, page, root):
                yield f"{page.relative_to(root)}: {spelling} does not exist"


def main():
    names = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True,
                           text=True).stdout.split()
    missing = [line for name in names for line in missing_names(ROOT / name, ROOT)]
    print("\n".join(missing) if missing else "readmes: every file they name exists")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
