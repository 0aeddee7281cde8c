# SPDX-License-Identifier: Apache-2.0
"""Reads the metrics page of a Hillock server."""

import urllib.request

TIMEOUT_SECONDS = 60


def read(address: str) -> str:
    """The page's text; no proxy is asked."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://{address}/metrics", timeout=TIMEOUT_SECONDS) as page:
        return page.read().decode()
