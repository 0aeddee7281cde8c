# SPDX-License-Identifier: Apache-2.0
"""Has a client that is a program of its own ask about every row of some models.

usage: rows_client.py NAME MODELS COMMAND...
{model} in the command is the model's name. It gets the rows on standard input, one a line, and prints
the class and the values for each.
"""

import pathlib
import sys

import examples
import program
from report import Report


def predict(example: examples.Example, command: list[str]) -> str:
    rows = "\n".join(" ".join(map(repr, row)) for row in example.each_row())
    said = program.run([word.format(model=example.model) for word in command], rows + "\n")
    answers = [line.split() for line in said.splitlines()]
    return example.verdict([float(value) for _, *values in answers for value in values],
                           [label for label, *_ in answers])


def main() -> None:
    name, models, *command = sys.argv[1:]
    report = Report(name)
    for example in examples.read_all(pathlib.Path(models)):
        if example.model in ("iris", "digits-relu"):
            report.check(f"ModelInfer {example.model}, each row", predict, example, command)
    report.finish()


if __name__ == "__main__":
    main()
