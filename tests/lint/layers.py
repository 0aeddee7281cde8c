#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every include follows the table of layers in server/README.md.

A row of it names a folder, what the folder holds, and what it may include: folders, by their last
name, and whatever those may include; or single files, by their path. Subfolders belong to the folder
of the nearest row.

    tests/lint/layers.py        checks the repository; exits with 1 and a line for each wrong include
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "server" / "README.md"
INCLUDE = re.compile(r'^#include "((?:server|client)/[^"]+)"', re.MULTILINE)
ROW = re.compile(r"^\| `((?:server|client)/[^`]*)` \|[^|]*\|([^|]*)\|$", re.MULTILINE)


def read_table(page):
    """Maps each folder of the table to what its row says that it may include."""
    rows = {folder.rstrip("/"): re.findall(r"`([^`]+)`", includes)
            for folder, includes in ROW.findall(page)}
    by_last_name = {folder.rpartition("/")[2]: folder for folder in rows}
    return {folder: {by_last_name.get(name, name) for name in names}
            for folder, names in rows.items()}


def close(table):
    """Adds to what each folder may include whatever that may include."""
    grown = True
    while grown:
        grown = False
        for allowed in table.values():
            more = set().union(*(table.get(name, set()) for name in allowed)) - allowed
            allowed |= more
            grown |= bool(more)
    return table


def folder_of(path, table):
    while path and path not in table:
        path = path.rpartition("/")[0]
    return path


def wrong_includes(root, page):
    table = close(read_table(page))
    files = subprocess.run(["git", "ls-files", "server", "client"], cwd=root, check=True,
                           capture_output=True, text=True).stdout.split()
    for name in files:
        if not name.endswith((".h", ".cc")):
            continue
        own = folder_of(name, table)
        for included in INCLUDE.findall((root / name).read_text()):
            other = folder_of(included, table)
            if other != own and not {other, included} & table[own]:
                yield f"{name}: {own}/ must not include {included}"


def main():
    wrong = list(wrong_includes(ROOT, PAGE.read_text()))
    print("\n".join(wrong) if wrong else "layers: every include follows server/README.md")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
