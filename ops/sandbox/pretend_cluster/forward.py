"""The stand-in for a program: hands its call over to the sandbox's server, and prints what that answers.

As a program, ``forward.py <program> <argument> …``, it imports only what is built into the interpreter, to start fast.
The Python runtime of the functions calls ``forward`` itself: a deployment's life has a thousand calls.
"""

from __future__ import annotations

import _socket
import posix
import sys

_CHUNK = 65536


def forward(arguments: list[bytes], folder: bytes, given: bytes = b"") -> tuple[int, bytes]:
    """Forward one call, made in a folder. Gives the exit code and the output that the server says."""
    body = b"\0".join([folder, posix.environ[b"AWS_REGION"], given, *arguments])
    connection = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    connection.connect(("127.0.0.1", int(posix.environ[b"SANDBOX_PORT"])))
    connection.send(b"POST /_sandbox/program HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(body))
    while body:
        body = body[connection.send(body) :]
    answer = b""
    while chunk := connection.recv(_CHUNK):
        answer += chunk
    head, _, output = answer.partition(b"\r\n\r\n")
    code = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"exit-code:"))
    return int(code.partition(b":")[2]), output


def main() -> int:
    """Forward the call that this program is."""
    arguments = [argument.encode() for argument in sys.argv[1:]]
    given = sys.stdin.buffer.read() if b"--password-stdin" in arguments else b""
    code, output = forward(arguments, posix.getcwdb(), given)
    sys.stdout.buffer.write(output)
    return code


if __name__ == "__main__":
    sys.exit(main())
