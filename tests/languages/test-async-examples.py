# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

"""The asynchronous examples at work: test-async-examples.py SOURCES SERVER...

Each server is asked by the client for asyncio and by a bare socket, then told to stop.
"""

import os
import signal
import socket
import subprocess
import sys

import tap

# Bounds what must succeed, so that a mistake fails instead of hanging.
LIMIT = 120


def equal(actual, expected):
    assert actual == expected, f'{actual!r} instead of {expected!r}'


def connect(address):
    host, port = address.rsplit(':', 1)
    return socket.create_connection((host, int(port)), LIMIT)


def receive(peer, size):
    data = b''
    while len(data) < size:
        part = peer.recv(size - len(data))
        assert part, f'the stream ended after {len(data)} bytes'
        data += part
    return data


class Server:
    """A server of the examples, which prints where it listens."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)
        self.address = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def stop(self, number):
        """Tells it to end, and fails unless it does so with nothing to complain about."""
        self.process.send_signal(number)
        _output, errors = self.process.communicate(timeout=LIMIT)
        equal((errors, self.process.returncode), ('', 0))


def asyncio_client(command, client):
    with Server(command) as server:
        lines = [f'line {number}, grüße' for number in range(10)]
        output = subprocess.run([sys.executable, client, server.address, *lines], text=True,
                                check=True, stdout=subprocess.PIPE, timeout=LIMIT).stdout
        equal(output.splitlines(), lines)
        server.stop(signal.SIGINT)

        ended = subprocess.run([sys.executable, client, server.address, 'line'], text=True,
                               stderr=subprocess.PIPE, timeout=LIMIT)
        equal(ended.returncode, 1)
        assert server.address in ended.stderr, ended.stderr


def bare_sockets(command, _client):
    with Server(command) as server, connect(server.address) as one:
        with connect(server.address) as two:
            two.sendall(b'two')
            equal(receive(two, 3), b'two')
        data = bytes(range(256)) * 64
        one.sendall(data)
        equal(receive(one, len(data)), data)
        # Somebody is connected still, and is hung up on.
        server.stop(signal.SIGINT)
        equal(one.recv(1), b'')


def terminated(command, _client):
    with Server(command) as server:
        server.stop(signal.SIGTERM)


def main(sources, *programs):
    cases = []
    for program in programs:
        name = os.path.basename(program)
        command = ['gjs', '-m', program] if name.endswith('.js') else [program]
        for function in asyncio_client, bare_sockets, terminated:
            subject = f'/languages/examples/{name}/{function.__name__}'.replace('_', '-')
            cases.append((subject, lambda function=function, command=command: function(
                command, os.path.join(sources, 'asyncio-client.py'))))
    return tap.run(cases)


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
