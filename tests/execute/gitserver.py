"""git's own HTTP server on loopback, with a line that can be cut, held, or answered by an error."""

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.execute.gitworld import ENVIRON


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # of five, a busy machine drops connections; TCP tries again after 1, 3, ... 31 seconds

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.root = root
        self.requests: list[str] = []
        self.cut_after: int | None = None
        """Bytes of a reply's body after which the connection is cut; None: never."""
        self.cuts = 0
        """How many replies are still cut."""
        self.status: dict[str, int] = {}
        """Part of a path -> status that is answered instead."""
        self.held = ""
        """Part of a path whose replies are held back until `release` is set."""
        self.holding = threading.Event()
        self.release = threading.Event()
        self.dumb = False
        """Serve files only, as a plain web server does."""
        self.lock = threading.Lock()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def asked_for(self, name: str) -> int:
        """How many requests named the repository."""
        return sum(f"/owner/{name}.git/" in request for request in self.requests)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is what these tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.answer(b"")

    def do_POST(self) -> None:
        body = b""
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.answer(body)

    def answer(self, body: bytes) -> None:
        server = self.server
        server.requests.append(f"{self.command} {self.path}")
        for part, status in server.status.items():
            if part in self.path:
                self.reply(status, [("WWW-Authenticate", 'Basic realm="x"')] if status == 401 else [], b"no\n")
                return
        if server.held and server.held in self.path:
            server.holding.set()
            server.release.wait(300)
        if server.dumb:
            self.file()
            return
        path, _, query = self.path.partition("?")
        environ = {
            **ENVIRON,
            "GIT_PROJECT_ROOT": str(server.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": "127.0.0.1",
        }
        done = subprocess.run(["git", "http-backend"], input=body, env=environ, capture_output=True, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        fields = [tuple(line.split(": ", 1)) for line in head.decode().splitlines()]
        status = next((int(value[:3]) for name, value in fields if name == "Status"), 200)
        self.reply(status, [(n, v) for n, v in fields if n != "Status"], content)

    def file(self) -> None:
        path = Path(f"{self.server.root}{self.path.partition('?')[0]}")
        if path.is_file():
            self.reply(200, [("Content-Type", "text/plain")], path.read_bytes())
        else:
            self.reply(404, [], b"no\n")

    def reply(self, status: int, fields: list[tuple[str, str]], content: bytes) -> None:
        server = self.server
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with server.lock:
            cut = server.cut_after is not None and server.cuts > 0 and len(content) > server.cut_after
            server.cuts -= cut
        with suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(content[: server.cut_after] if cut else content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def serving(root: Path) -> Iterator[Server]:
    server = Server(root)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02))
    thread.start()
    try:
        yield server
    finally:
        server.release.set()
        server.shutdown()
        server.server_close()
        thread.join()


def processes_about(word: str) -> list[int]:
    """Processes (but this one) whose command line names `word`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if word.encode() in (entry / "cmdline").read_bytes() and int(entry.name) != os.getpid():
                found.append(int(entry.name))
    return found
