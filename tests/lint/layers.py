#!/usr/bin/env python3
"""Checks that every include follows the layers that server/README.md draws.

There, a line such as `core/base <- core/activation <- core/kernel` says that a folder may include
the ones to its left. A folder may include itself and what it reaches; a file that belongs to no
folder of the drawing belongs to the nearest one above it.

    tests/lint/layers.py        checks the repository; exits with 1 and a line for each wrong include
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "server" / "README.md"
INCLUDE = re.compile(r'^#include "((?:server|client)/[^"]+)"', re.MULTILINE)


def allowed_folders(page):
    """Maps each folder of the drawing to the folders that it may include."""
    allowed = {}
    for line in page.splitlines():
        if " <- " not in line or not line.startswith("    "):
            continue
        chain = [name.strip() for name in line.split("<-")]
        for name in chain:
            allowed.setdefault(name, set())
        for below, above in zip(chain, chain[1:]):
            allowed[above].add(below)
    reached = True
    while reached:  # to the transitive closure
        reached = False
        for folders in allowed.values():
            more = set().union(*(allowed[folder] for folder in folders)) - folders
            folders |= more
            reached |= bool(more)
    return allowed


def folder_of(path, folders):
    """The innermost folder of the drawing that holds `path`, or None."""
    path = path.removeprefix("server/")
    while path := path.rpartition("/")[0]:
        if path in folders:
            return path
    return "server" if "server" in folders else None


def wrong_includes(root, page):
    allowed = allowed_folders(page)
    files = subprocess.run(["git", "ls-files", "server", "client"], cwd=root, check=True,
                           capture_output=True, text=True).stdout.split()
    for name in files:
        if not name.endswith((".h", ".cc")):
            continue
        own = folder_of(name, allowed)
        for included in INCLUDE.findall((root / name).read_text()):
            other = folder_of(included, allowed)
            if other != own and other not in allowed.get(own, ()):
                yield f"{name}: {own} must not include {included} of {other}"


def main():
    wrong = list(wrong_includes(ROOT, PAGE.read_text()))
    print("\n".join(wrong) if wrong else "layers: every include follows server/README.md")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
