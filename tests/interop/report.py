# SPDX-License-Identifier: Apache-2.0
"""Prints a line for each call of a client, and remembers whether all went well."""

import sys


class Report:
    def __init__(self, client: str):
        self._client = client
        self._failed = 0

    @property
    def failed(self) -> bool:
        return self._failed > 0

    def check(self, call: str, function, *arguments, **named) -> None:
        """Runs the function; what it returns says what was seen."""
        try:
            result = function(*arguments, **named) or "ok"
        except Exception as error:  # pylint: disable=broad-except
            self._failed += 1
            result = f"FAILED: {type(error).__name__}: {error}"
        print(f"{self._client:<13} {call:<42} {result}", flush=True)

    def finish(self) -> None:
        sys.exit(1 if self.failed else 0)
