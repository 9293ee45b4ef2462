# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

"""The Python variants: bench-python.py MODE FD SLICE_MS OPERATIONS PATH

MODE is pingpong, connect-tcp or connect-unix (at PATH). Prints operations, CPU ns, wall ns and -1
(allocations: not known); with OPERATIONS > 0 does so many between two marks instead.
"""

import os
import socket
import sys
import time

PIECE = 64
TIMEOUT_S = 30.0


def pingpong(fd):
    stream = socket.socket(fileno=fd)
    stream.settimeout(TIMEOUT_S)
    piece = b'*' * PIECE
    buffer = memoryview(bytearray(PIECE))

    def operation():
        stream.sendall(piece)
        done = 0
        while done < PIECE:
            done += stream.recv_into(buffer[done:])

    return operation


def connect(listener, family, address):
    listener.listen(128)
    listener.settimeout(TIMEOUT_S)

    def operation():
        client = socket.socket(family, socket.SOCK_STREAM)
        client.settimeout(TIMEOUT_S)
        client.connect(address)
        server, _ = listener.accept()
        server.settimeout(TIMEOUT_S)
        if family == socket.AF_INET:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(b'*')
        server.recv(1)
        client.close()
        server.close()

    return operation


def connect_tcp():
    listener = socket.create_server(('127.0.0.1', 0))
    return connect(listener, socket.AF_INET, listener.getsockname())


def connect_unix(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    return connect(listener, socket.AF_UNIX, path)


def repeat(operation, count):
    for _ in range(count):
        operation()


def measure(operation, slice_ns):
    count = 1
    while True:
        start = time.process_time_ns()
        repeat(operation, count)
        if time.process_time_ns() - start >= slice_ns // 16:
            break
        count *= 2

    done = 0
    wall = time.monotonic_ns()
    cpu = time.process_time_ns()
    while True:
        repeat(operation, count)
        done += count
        if time.monotonic_ns() - wall >= slice_ns:
            break
    print(done, time.process_time_ns() - cpu, time.monotonic_ns() - wall, -1, flush=True)


def main():
    mode, path = sys.argv[1], sys.argv[5]
    fd, slice_ms, operations = map(int, sys.argv[2:5])
    if mode == 'pingpong':
        operation = pingpong(fd)
    elif mode == 'connect-tcp':
        operation = connect_tcp()
    else:
        operation = connect_unix(path)

    if operations > 0:
        repeat(operation, operations // 8 + 1)
        os.getppid()
        repeat(operation, operations)
        os.getppid()
    else:
        measure(operation, slice_ms * 1000000)


main()
