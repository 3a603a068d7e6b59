"""One Lambda execution environment: imports the handler once, then answers invocations one at a time.

Run as `python -m local.poller.environment FD MODULE.FUNCTION`; FD is a socket on which frames of 4 bytes of length and
JSON go both ways. Its own folder comes first on the module path only behind the function's.
"""

import gc
import importlib
import json
import os
import socket
import struct
import sys
import time
import traceback
from types import SimpleNamespace
from typing import Any

import msgspec

LENGTH = struct.Struct(">I")


def send(channel: socket.socket, message: bytes) -> None:
    channel.sendall(LENGTH.pack(len(message)) + message)


def receive(channel: socket.socket) -> bytes | None:
    """Give one frame, or None when the other side is gone."""
    header = _exactly(channel, LENGTH.size)
    return None if header is None else _exactly(channel, LENGTH.unpack(header)[0])


def _exactly(channel: socket.socket, size: int) -> bytes | None:
    chunks = bytearray(size)
    view, filled = memoryview(chunks), 0
    while filled < size:
        count = channel.recv_into(view[filled:])
        if count == 0:
            return None
        filled += count
    return bytes(chunks)


def lambda_context(request_id: str, deadline: float) -> Any:
    """Give the context object of one invocation, from the environment that Lambda would set."""
    name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    return SimpleNamespace(
        function_name=name,
        function_version=os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
        invoked_function_arn=os.environ["LAMBDA_FUNCTION_ARN"],
        memory_limit_in_mb=int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]),
        aws_request_id=request_id,
        log_group_name=f"/aws/lambda/{name}",
        log_stream_name=os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
        identity=None,
        client_context=None,
        get_remaining_time_in_millis=lambda: max(0, int((deadline - time.time()) * 1000)),
    )


def _failure(error: BaseException) -> dict[str, Any]:
    trace = "".join(traceback.format_exception(error))
    return {"error": {"errorType": type(error).__name__, "errorMessage": str(error), "stackTrace": trace}}


def main() -> None:
    from local.lifeline import end_with_parent

    end_with_parent()
    channel = socket.socket(fileno=int(sys.argv[1]))
    sys.path.insert(0, os.getcwd())
    module_name, _, function_name = sys.argv[2].rpartition(".")
    try:
        handler = getattr(importlib.import_module(module_name.replace("/", ".")), function_name)
    except BaseException as error:
        send(channel, json.dumps(_failure(error)).encode())
        raise
    gc.freeze()
    send(channel, b'{"ready":true}')
    while (frame := receive(channel)) is not None:
        request = msgspec.json.decode(frame)
        try:
            answer = {"result": handler(request["event"], lambda_context(request["request_id"], request["deadline"]))}
            message = json.dumps(answer).encode()
        except Exception as error:
            traceback.print_exc()
            message = json.dumps(_failure(error)).encode()
        send(channel, message)


if __name__ == "__main__":
    main()
