"""Runs in a probe: answers whoever calls its PORTS ("tcp/8080 udp/9125"), at an ADDRESS of its own if it has one."""

# ruff: noqa: T201 - its log says what it could not do

import os
import selectors
import signal
import socket
import struct
import sys

RTM_NEWADDR, RTM_DELADDR, REQUEST = 20, 21, 0x1 | 0x4 | 0x400
IFA_LOCAL = 2


def loopback_address(kind: int, address: str) -> None:
    """Give the loopback interface an address, or take it, as rtnetlink(7) has it."""
    body = struct.pack("BBBBI", socket.AF_INET, 32, 0, 254, socket.if_nametoindex("lo"))
    body += struct.pack("HH", 8, IFA_LOCAL) + socket.inet_aton(address)
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    netlink.send(struct.pack("IHHII", 16 + len(body), kind, REQUEST, 1, 0) + body)
    error = struct.unpack_from("i", netlink.recv(4096), 16)[0]
    if error:
        print(f"{address}: {os.strerror(-error)}", flush=True)


def serve(ports: list[str], address: str) -> None:
    """Answer until the end. A port that somebody has already is answered by them."""
    waiting = selectors.DefaultSelector()
    for port in ports:
        protocol, _, number = port.partition("/")
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((address, int(number)))
            if protocol == "tcp":
                one.listen(64)
        except OSError as error:
            print(f"{port}: {error}", flush=True)
            continue
        waiting.register(one, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            one = key.fileobj
            if one.type == socket.SOCK_DGRAM:
                one.sendto(b"here", one.recvfrom(512)[1])
            else:
                one.accept()[0].close()


ADDRESS = os.environ.get("ADDRESS", "")
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
if ADDRESS:
    loopback_address(RTM_NEWADDR, ADDRESS)
try:
    serve(os.environ["PORTS"].split(), ADDRESS)
finally:
    if ADDRESS:
        loopback_address(RTM_DELADDR, ADDRESS)
