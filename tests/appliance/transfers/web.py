"""A web server that takes objects by STOW-RS and remembers them; told how to answer."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from appliance.dicom.part10 import read_file_meta


class Server:
    """Listens on a free port until `close`."""

    def __init__(self) -> None:
        self.code = 200
        self.failure = 0  # a Failure Reason
        self.body: bytes | None = None  # instead of the right answer
        self.options_code = 200
        self.tokens: list[str] = []
        self.received: list[tuple[str, bytes]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, args=(0.01,)).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/dicom-web/"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, kind: str, raw: bytes) -> bytes:
        message = BytesParser(policy=HTTP).parsebytes(
            b"Content-Type: " + kind.encode() + b"\r\n\r\n" + raw
        )
        [part] = message.iter_parts()
        file = part.get_payload(decode=True)
        assert isinstance(file, bytes)
        meta = read_file_meta(file)
        assert meta is not None
        if self.code == 200 and not self.failure:
            self.received.append((meta.sop_instance_uid, file[meta.data_set :]))
        return self.answer(meta.sop_instance_uid)

    def answer(self, uid: str) -> bytes:
        if self.body is not None:
            return self.body
        item: dict[str, Any] = {"00081155": {"vr": "UI", "Value": [uid]}}
        if self.failure:
            item["00081197"] = {"vr": "US", "Value": [self.failure]}
        sequence = "00081198" if self.failure else "00081199"
        return json.dumps({sequence: {"vr": "SQ", "Value": [item]}}).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_OPTIONS(self) -> None:
                owner.tokens.append(self.headers.get("Authorization", ""))
                self._say(owner.options_code, b"")

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                raw = self.rfile.read(length)
                if len(raw) == length:
                    self._say(owner.code, owner.take(self.headers["Content-Type"], raw))

            def _say(self, code: int, body: bytes) -> None:
                self.send_response(code)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(ConnectionError):
                    self.wfile.write(body)

            def handle(self) -> None:
                with suppress(ConnectionError):
                    super().handle()

            def log_message(self, *_: Any) -> None:
                """Tests are silent."""

        return Handler
