"""An HTTP endpoint that plays Kinesis, DynamoDB, S3 and Secrets Manager for an ingester in a process of its own."""

import base64
import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.ingester.fake_aws import FakeKinesis


class AwsEndpoint:
    """Serves until closed. Tables and secrets are clients handed in; objects put are kept by key."""

    def __init__(self, kinesis: FakeKinesis, dynamodb: Any, secrets: Any) -> None:
        self.objects: dict[str, bytes] = {}
        self._services = {"Kinesis": kinesis, "DynamoDB": dynamodb, "secretsmanager": secrets}
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                service, _, operation = self.headers["X-Amz-Target"].partition(".")
                asked = json.loads(self._body())
                try:
                    status, answer = endpoint._call(service.partition("_")[0], operation, asked)
                except ReadTimeoutError:
                    self.close_connection = True
                    return
                self._reply(status, json.dumps(answer).encode(), "application/x-amz-json-1.1")

            def do_PUT(self) -> None:
                endpoint.objects[self.path.partition("?")[0]] = self._body()
                self._reply(200, b"", "application/xml")

            def _body(self) -> bytes:
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))

            def _reply(self, status: int, body: bytes, kind: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def handle(self) -> None:
                with contextlib.suppress(ConnectionError):
                    super().handle()

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _call(self, service: str, operation: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        name = "".join("_" + letter.lower() if letter.isupper() else letter for letter in operation).lstrip("_")
        for record in asked.get("Records", []):
            record["Data"] = base64.b64decode(record["Data"])
        try:
            answer = dict(getattr(self._services[service], name)(**asked))
        except ClientError as error:
            return 400, {"__type": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}
        answer.pop("ResponseMetadata", None)
        answer.pop("CreatedDate", None)
        return 200, answer
