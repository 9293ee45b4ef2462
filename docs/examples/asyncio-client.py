#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

"""Sends lines to a server such as async-echo-server, all at the same time, each through its own
connection, and prints the answers: asyncio-client.py HOST:PORT LINE..."""

import asyncio
import sys
import threading

import gi
gi.require_version('QSocket', '1.0')
from gi.repository import Gio, GLib, QSocket

TIMEOUT = 5000


def call(socket, name, *args):
    """Calls NAME_async with these arguments; returns a future for the result of NAME_finish.

    Cancelling the future cancels the call.
    """
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    cancellable = Gio.Cancellable()

    def settle(set_it, value):
        if not future.done():
            set_it(value)

    # Runs in the thread of GLib's loop.
    def done(_socket, result, _data=None):
        try:
            value = getattr(socket, f'{name}_finish')(result)
        except GLib.Error as error:
            loop.call_soon_threadsafe(settle, future.set_exception, error)
        else:
            loop.call_soon_threadsafe(settle, future.set_result, value)

    future.add_done_callback(lambda _: future.cancelled() and cancellable.cancel())
    getattr(socket, f'{name}_async')(*args, GLib.PRIORITY_DEFAULT, cancellable, done)
    return future


async def ask(address, line):
    data = f'{line}\n'.encode()
    socket = QSocket.Socket()
    try:
        await call(socket, 'connect_to', address, TIMEOUT)
        await call(socket, 'send_binary', GLib.Bytes.new(data), TIMEOUT)
        answer = await call(socket, 'recv_binary', len(data), TIMEOUT)
        return answer.get_data().decode()
    finally:
        socket.close()


async def main(address, lines):
    for answer in await asyncio.gather(*(ask(address, line) for line in lines)):
        print(answer, end='')


# The loop of asyncio runs in this thread, that of GLib in another one.
glib_loop = GLib.MainLoop()
threading.Thread(target=glib_loop.run, daemon=True).start()
try:
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
except GLib.Error as error:
    sys.exit(f'asyncio-client.py: {error.message}')
