#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the line coverage of each folder, from gcovr's --json-summary on standard input.

    gcovr --root . --filter server/ --filter client/ --json-summary - build/coverage | tests/coverage.py
"""

import collections
import json
import sys


def main():
    folders = collections.defaultdict(lambda: [0, 0])  # covered and all lines
    for file in json.load(sys.stdin)["files"]:
        for name in (file["filename"].rpartition("/")[0], "all"):
            folders[name][0] += file["line_covered"]
            folders[name][1] += file["line_total"]
    for name, (covered, total) in sorted(folders.items()):
        print(f"{name:<32} {covered:>6} of {total:>6} lines  {100 * covered / max(total, 1):5.1f} %")


if __name__ == "__main__":
    main()
