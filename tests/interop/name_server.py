# SPDX-License-Identifier: Apache-2.0
"""A name server that has the same addresses, which may change, for every name: what a headless service
of Kubernetes is to its clients.
"""

import socket
import threading

A, IN = 1, 1
TTL_SECONDS = 1
ANSWER = b"\x84\x00"  # an answer, authoritative
NAME_OF_QUESTION = b"\xc0\x0c"
HEADER_BYTES = 12


class NameServer:
    def __init__(self):
        self.addresses: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            query, client = self._socket.recvfrom(4096)
            self._socket.sendto(self._answer(query), client)

    def _answer(self, query: bytes) -> bytes:
        end = query.index(b"\0", HEADER_BYTES) + 5  # after the name, its type and its class
        question = query[HEADER_BYTES:end]
        records = b""
        addresses = self.addresses
        if question[-4:] != A.to_bytes(2, "big") + IN.to_bytes(2, "big"):
            addresses = []
        for address in addresses:
            records += (NAME_OF_QUESTION + question[-4:] + TTL_SECONDS.to_bytes(4, "big") +
                        (4).to_bytes(2, "big") + socket.inet_aton(address))
        counts = b"\0\1" + len(addresses).to_bytes(2, "big") + bytes(4)
        return query[:2] + ANSWER + counts + question + records
