# SPDX-License-Identifier: Apache-2.0
"""Tests of the rules themselves: each finds what it is there to find."""

import pathlib
import subprocess
import tempfile
import unittest

import layers
import licenses
import readmes

TABLE = """
| folder | what it holds | includes |
| --- | --- | --- |
| `server/core/base/` | status | nothing |
| `server/core/model/` | a model | `base` |
| `server/metrics/` | cells | `base` |
| `server/rpc/` | messages | `model` |
| `client/` | the client | `server/metrics/families.h` |
"""


class Repository:
    """A git repository with these files, for as long as it is entered."""

    def __init__(self, files):
        self.files = files

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        root = pathlib.Path(self.folder.name)
        for name, content in self.files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content)
        subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
        subprocess.run(["git", "add", "."], cwd=root, check=True)
        return root

    def __exit__(self, *_):
        self.folder.cleanup()


def includes(header):
    return f'#include "{header}"\n'


class LayersTest(unittest.TestCase):
    def wrong(self, **files):
        with Repository({name.replace("__", "/") + ".cc": text
                         for name, text in files.items()}) as root:
            return list(layers.wrong_includes(root, TABLE))

    def test_takes_what_the_table_allows(self):
        self.assertEqual([], self.wrong(server__rpc__codec=includes("server/core/model/mlp.h") +
                                        includes("server/core/base/status.h"),
                                        client__x__y=includes("client/z.h") +
                                        includes("server/metrics/families.h")))

    def test_finds_an_include_upwards(self):
        self.assertEqual(
            ["server/core/model/mlp.cc: server/core/model/ must not include server/rpc/codec.h"],
            self.wrong(server__core__model__mlp=includes("server/rpc/codec.h")))

    def test_finds_an_include_sideways(self):
        self.assertEqual(1, len(self.wrong(server__metrics__a=includes("server/core/model/b.h"))))

    def test_lets_a_single_file_in_alone(self):
        self.assertEqual(1, len(self.wrong(client__a=includes("server/metrics/registry.h"))))


class ReadmesTest(unittest.TestCase):
    def missing(self, page):
        with Repository({"README.md": page, "server/a.h": "", "server/b.cc": ""}) as root:
            return list(readmes.missing_names(root / "README.md", root))

    def test_finds_names_that_lead_nowhere(self):
        self.assertEqual(["README.md: server/c.h does not exist"],
                         self.missing("See `server/a.h`, [that](server/b.cc) and `server/c.h`."))

    def test_reads_braces_and_names_without_ending(self):
        self.assertEqual(["README.md: server/a.cc does not exist"],
                         self.missing("`server/b` and `server/a.{h,cc}`"))

    def test_leaves_other_words_alone(self):
        self.assertEqual([], self.missing("`and/or`, `https://host/x`, [x](https://host/y)"))


class LicensesTest(unittest.TestCase):
    def test_knows_what_has_to_name_one(self):
        self.assertEqual(["//", "#", "#", None], [licenses.comment_of(name) for name in
                                                  ("a/b.cc", "c.sh", "CMakeLists.txt", "d.md")])

    def test_adds_what_it_looks_for(self):
        for text in ("#!/bin/sh\necho\n", "import a\n", "# About it.\n", ""):
            self.assertFalse(licenses.has_license(text))
            self.assertTrue(licenses.has_license(licenses.with_license(text, "#")))
        self.assertTrue(licenses.with_license("#!/bin/sh\n", "#").startswith("#!/bin/sh\n# SPDX"))

    def test_wants_it_at_the_top(self):
        self.assertFalse(licenses.has_license("\n\n\n# " + licenses.LICENSE))


if __name__ == "__main__":
    unittest.main()
