"""Runs in a probe: calls each of [protocol, host, port] and prints for each whether it was answered, as JSON."""

# ruff: noqa: T201 - what it found is what it prints

import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

SECONDS = 4
ANSWERED = "answered"


def call(target: list) -> str:
    """What comes of one call."""
    protocol, host, port = target
    try:
        if protocol == "TCP":
            socket.create_connection((host, port), timeout=SECONDS).close()
            return ANSWERED
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.settimeout(SECONDS / 2)
            one.connect((host, port))
            for _ in range(2):
                one.send(b"who is there")
                try:
                    one.recv(64)
                except TimeoutError:
                    continue
                return ANSWERED
            return "no answer"
    except OSError as error:
        return str(error)


with ThreadPoolExecutor(16) as pool:
    print(json.dumps(list(pool.map(call, json.loads(sys.argv[1])))))
