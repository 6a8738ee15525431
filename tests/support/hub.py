"""A small Hugging Face hub on this machine, for tests of real downloads.

It has the faults of real networks on demand. As the real one it answers
``/REPOSITORY/resolve/main/FILE`` with the file's size and SHA-256 and a redirect to a store at
another address, which serves the bytes, in parts if asked. Whatever else is asked for is not there.
"""

from __future__ import annotations

import hashlib
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass(frozen=True)
class Seen:
    """A request that came."""

    method: str
    path: str
    range: str | None


class Hub:
    """What the hub holds and how it misbehaves; `reset` makes it empty and well.

    files: bytes by ``REPOSITORY/FILE``.
    seen: the requests that came.
    cut_after: the connection breaks after so many bytes of the next body, once.
    gone: connections are closed without an answer.
    gone_after_cut, gone_after_file: gone once the connection broke, or a whole file was served.
    silent: connections are taken and left without an answer.
    corrupt: bytes of the right number, but others.
    short_by: so many bytes fewer than the hub says the file has.
    """

    url: str  # for HF_ENDPOINT
    store: str  # where the bytes are

    def __init__(self) -> None:
        self.closing = threading.Event()
        self.reset()

    def reset(self) -> None:
        """Empty and well."""
        self.files: dict[str, bytes] = {}
        self.seen: list[Seen] = []
        self.cut_after: int | None = None
        self.gone = self.gone_after_cut = self.gone_after_file = self.silent = self.corrupt = False
        self.short_by = 0

    @property
    def served(self) -> list[Seen]:
        """The requests for bytes, rather than for what there is to know about them."""
        return [one for one in self.seen if one.method == "GET" and one.path.startswith("/store/")]

    def body(self, name: str) -> bytes:
        """A file as it leaves the store."""
        data = self.files[name]
        if self.corrupt:
            data = bytes(byte ^ 255 for byte in data[:64]) + data[64:]
        return data[: len(data) - self.short_by]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that was killed is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub = self.hub
        path = urlsplit(self.path).path
        hub.seen.append(Seen(self.command, path, self.headers["Range"]))
        if hub.silent:
            hub.closing.wait()
        if hub.gone or hub.silent:
            self._hang_up()
            return
        page = re.fullmatch(r"/(.+)/resolve/main/([^/]+)", path)
        name = f"{page[1]}/{page[2]}" if page else path.removeprefix("/store/")
        if name not in hub.files:
            self._send(404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
        elif page:
            data = hub.files[name]
            facts = {
                "X-Repo-Commit": COMMIT,
                "X-Linked-Size": str(len(data)),
                "X-Linked-Etag": f'"{hashlib.sha256(data).hexdigest()}"',
            }
            self._send(302, {**facts, "Location": f"{hub.store}/store/{name}"})
        else:
            self._send_file(hub.body(name))

    def _send_file(self, data: bytes) -> None:
        hub = self.hub
        status = 200
        headers = {}
        part = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
        if part:
            status = 206
            headers["Content-Range"] = f"bytes {part[1]}-{len(data) - 1}/{len(data)}"
            data = data[int(part[1]) :]
        cut = hub.cut_after
        hub.cut_after = None
        if self.command == "GET" and cut is not None:
            hub.gone = hub.gone_after_cut
            self._send(status, headers, data, cut)
            self._hang_up()
        else:
            self._send(status, headers, data)
            hub.gone = hub.gone or hub.gone_after_file

    def _send(
        self, status: int, headers: dict[str, str], data: bytes = b"", cut: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data[:cut])

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):  # the client may have gone first
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def serving() -> Iterator[Hub]:
    """A hub at ``hub.url`` for as long as the block lasts."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    servers = [_Server(("127.0.0.1", 0), handler) for _ in range(2)]
    hub.url, hub.store = (f"http://127.0.0.1:{server.server_address[1]}" for server in servers)
    threads = [
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        for server in servers
    ]
    for thread in threads:
        thread.start()
    try:
        yield hub
    finally:
        hub.closing.set()
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()


def closed_port() -> int:
    """A port of this machine at which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
