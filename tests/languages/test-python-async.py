# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

"""The asynchronous calls from Python, over the plain introspection data.

The cases are coroutines, each of which runs twice: with callbacks in this thread's main context,
and in asyncio's loop, with GLib's in a thread of its own.
"""

import asyncio
import os
import sys
import tempfile
import threading

import gi

gi.require_version('QSocket', '1.0')
from gi.repository import Gio, GLib, QSocket

import tap
from certificate import make_certificate

# Bounds what must succeed, so that a mistake fails instead of hanging.
LIMIT = 120000

IPV4 = Gio.SocketFamily.IPV4
STREAM = Gio.SocketType.STREAM
CODE = QSocket.SocketError
FORMAT = QSocket.IntFormat


class Operation:
    """A call of NAME_async; to await it gives what NAME_finish gives."""

    def __init__(self, sock, name, args, cancellable, ended):
        self.finish = getattr(sock, f'{name}_finish')
        self.over, self.value, self.error = False, None, None
        self.ended = ended
        getattr(sock, f'{name}_async')(*args, GLib.PRIORITY_DEFAULT, cancellable, self.done)

    def done(self, _sock, result, _data=None):
        try:
            self.value = self.finish(result)
        except GLib.Error as error:
            self.error = error
        self.over = True
        self.ended()

    def give(self):
        if self.error is not None:
            raise self.error
        return self.value


class Callbacks:
    """Begins operations, and runs a coroutine on in between their callbacks."""

    class Awaitable(Operation):
        def __await__(self):
            while not self.over:
                yield
            return self.give()

    def begin(self, sock, name, args, cancellable, ended):
        operation = self.Awaitable(sock, name, args, cancellable, ended)
        assert not operation.over, 'the callback was called too early'
        return operation

    def run(self, coroutine):
        guard = GLib.timeout_add(2 * LIMIT, lambda: sys.exit('nothing happened'))
        try:
            while True:
                coroutine.send(None)
                GLib.MainContext.default().iteration(True)
        except StopIteration:
            pass
        finally:
            GLib.source_remove(guard)


class Asyncio:
    """Begins operations as futures of asyncio's loop."""

    def begin(self, sock, name, args, cancellable, ended):
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        cancellable = cancellable or Gio.Cancellable()

        def settle():
            if future.done():
                pass
            elif operation.error is not None:
                future.set_exception(operation.error)
            else:
                future.set_result(operation.value)

        def over():
            ended()
            loop.call_soon_threadsafe(settle)

        future.add_done_callback(lambda _: future.cancelled() and cancellable.cancel())
        operation = Operation(sock, name, args, cancellable, over)
        return future

    def run(self, coroutine):
        main_loop = GLib.MainLoop()
        thread = threading.Thread(target=main_loop.run)
        thread.start()
        try:
            asyncio.run(asyncio.wait_for(coroutine, 2 * LIMIT / 1000))
        finally:
            GLib.idle_add(main_loop.quit)
            thread.join()


driver = None


def call(sock, name, *args, timeout_ms=LIMIT, cancellable=None, ended=lambda: None):
    """Begins an operation, which has to be awaited."""
    return driver.begin(sock, name, (*args, timeout_ms), cancellable, ended)


def equal(actual, expected):
    assert actual == expected, f'{actual!r} instead of {expected!r}'


async def fails(code, operation):
    """The error of an operation that must fail with this code."""
    try:
        result = await operation
    except GLib.Error as error:
        if not error.matches(QSocket.SocketError.quark(), code):
            raise
        return error
    raise tap.Failed(f'{result!r} instead of {code.value_nick}')


async def is_cancelled(operation):
    try:
        result = await operation
    except GLib.Error as error:
        assert error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED), error
    else:
        raise tap.Failed(f'a cancelled call gave {result!r}')


def listening():
    listener = QSocket.Socket()
    listener.bind_inet('127.0.0.1', '0', True, IPV4, STREAM, 0)
    listener.listen(32)
    return listener, f'127.0.0.1:{listener.get_port()}'


async def connected():
    listener, address = listening()
    client = QSocket.Socket()
    accepting = call(listener, 'accept')
    equal(await call(client, 'connect_to', address), True)
    return client, await accepting


def with_certificate(listener, *clients):
    with tempfile.TemporaryDirectory() as folder:
        certificate_file, key_file = make_certificate(folder)
        listener.set_certificate(QSocket.SslCertificate.new_from_file(certificate_file))
        listener.set_private_key(QSocket.SslPrivateKey.new_from_file(key_file, None))
        for client in clients:
            client.set_ssl_ca_file(certificate_file)


async def case_connect_and_accept():
    listener, address = listening()
    equal(await call(listener, 'accept', timeout_ms=0), None)
    client = QSocket.Socket()
    accepting = call(listener, 'accept')
    equal(await call(client, 'connect_to', address), True)
    server = await accepting
    assert isinstance(server, QSocket.Socket) and server.is_open() and client.is_open()

    listener.close()
    error = await fails(CODE.CONNECT, call(client, 'connect_to', address))
    assert address in error.message, error.message


async def case_connect_inet():
    listener, address = listening()
    client = QSocket.Socket()
    assert await call(client, 'connect_inet', *address.split(':'), IPV4, STREAM)
    assert (await call(listener, 'accept')).is_open()


async def case_connect_unix():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'socket')
        listener, client = QSocket.Socket(), QSocket.Socket()
        listener.bind_unix(path, STREAM, 0)
        listener.listen(0)
        assert await call(client, 'connect_unix', path, STREAM, 0)
        server = await call(listener, 'accept')
        await call(client, 'send', 'over a path')
        equal(await call(server, 'recv', 0), 'over a path')
        listener.close()


async def case_text():
    client, server = await connected()
    assert await call(client, 'send', 'Grüße, 世界')
    equal(await call(server, 'recv', 0), 'Grüße, 世界')
    client.set_charset('ISO-8859-1')
    await call(client, 'send', 'é')
    equal((await call(server, 'recv_binary', 1)).get_data(), b'\xe9')
    await fails(CODE.ENCODING, call(client, 'send', '世'))
    await call(client, 'send', 'all of it')
    client.close()
    equal(await call(server, 'recv', -1), 'all of it')
    await fails(CODE.CLOSED, call(server, 'recv', 0))


async def case_bytes():
    client, server = await connected()
    data = bytes(range(256)) * 4096
    receiving = call(server, 'recv_binary', 2 * len(data))
    assert await call(client, 'send_binary', GLib.Bytes.new(data))
    # The caller's bytes are gone before they have left.
    sending = call(client, 'send_data', bytes(bytearray(data)))
    equal((await receiving).get_data(), data + data)
    assert await sending


async def case_integers():
    client, server = await connected()
    for size in (1, 2, 4, 8):
        low, high = -(1 << 8 * size - 1), (1 << 8 * size - 1) - 1
        for order in ('', '_LSB') if size > 1 else ('',):
            signed = getattr(FORMAT, f'I{size}{order}')
            unsigned = getattr(FORMAT, f'U{size}{order}')
            for value in (low, -1, 0, high):
                assert await call(client, 'send_int', signed, value)
                equal(await call(server, 'recv_int', signed), value)
                await call(client, 'send_int', signed, value)
                received = await call(server, 'recv_int', unsigned)
                equal(received % (1 << 64), value % (1 << 8 * size))


async def case_http():
    client, server = await connected()
    headers = GLib.Variant('a{sv}', {
        'Host': GLib.Variant('s', 'example.org'),
        'Accept': GLib.Variant('as', ['text/plain', 'text/html']),
    })
    body = GLib.Bytes.new(b'body')
    assert await call(client, 'send_http_message', 'POST', '/form', '1.1', headers, body)
    equal((await call(server, 'read_http_header')).unpack(), {
        'http_version': '1.1', 'method': 'POST', 'path': '/form', 'host': 'example.org',
        'accept': ['text/plain', 'text/html'], 'content-length': '4',
    })
    equal(await call(server, 'recv', 4), 'body')
    assert await call(server, 'send_http_response', 404, 'Not Found', '1.0', None, None)
    equal((await call(client, 'read_http_header')).unpack()['status_code'], 404)
    await fails(CODE.HTTP, call(client, 'send_http_message', 'GET', '/a\r\nb', '1.1', None, None))


async def case_timeout_loses_nothing():
    client, server = await connected()
    await call(client, 'send', 'abc')
    await fails(CODE.TIMEOUT, call(server, 'recv', 5, timeout_ms=20))
    await fails(CODE.TIMEOUT, call(server, 'recv_int', FORMAT.I4, timeout_ms=0))
    equal(await call(server, 'recv', 3, timeout_ms=0), 'abc')


async def case_cancel_loses_nothing():
    client, server = await connected()
    for before in (True, False):
        cancellable = Gio.Cancellable()
        await call(client, 'send', 'abc')
        if before:
            cancellable.cancel()
        receiving = call(server, 'recv', 5, cancellable=cancellable)
        cancellable.cancel()
        await is_cancelled(receiving)
        equal(await call(server, 'recv', 3), 'abc')


async def case_one_reader():
    client, server = await connected()
    receiving = call(server, 'recv', 3)
    await fails(CODE.PENDING, call(server, 'recv', 3))
    await call(client, 'send', 'abc')
    equal(await receiving, 'abc')

    receiving = call(server, 'recv', 3)
    server.close()
    await fails(CODE.CLOSED, receiving)


async def case_event_before_callback():
    client, server = await connected()
    order = []
    server.connect('packet-read', lambda _, event: order.append(event.get_total_read()))
    receiving = call(server, 'recv', 4, ended=lambda: order.append('callback'))
    await call(client, 'send', 'ping')
    equal(await receiving, 'ping')
    equal(order, [4, 'callback'])


async def case_tls():
    listener, address = listening()
    client = QSocket.Socket()
    with_certificate(listener, client)
    accepting = call(listener, 'accept_ssl')
    assert await call(client, 'connect_ssl', address)
    server = await accepting
    assert client.is_secure() and server.is_secure()
    equal(client.verify_peer_certificate(), 'X509_V_OK')
    await call(server, 'send', 'Grüße')
    equal(await call(client, 'recv', 7), 'Grüße')

    ending = call(server, 'shutdown_ssl')
    assert await call(client, 'shutdown_ssl') and await ending
    assert not client.is_secure() and not server.is_secure()
    await call(client, 'send', 'in clear text')
    equal(await call(server, 'recv', 13), 'in clear text')


async def case_tls_refused():
    listener, address = listening()
    client = QSocket.Socket()
    with_certificate(listener)
    accepting = call(listener, 'accept_ssl')
    await fails(CODE.SSL, call(client, 'connect_ssl', address))
    await fails(CODE.CLOSED, accepting)
    assert not client.is_open() and listener.is_open()


async def case_tls_other_connects():
    listener, address = listening()
    client = QSocket.Socket()
    with_certificate(listener, client)
    accepting = call(listener, 'accept_ssl')
    assert await call(client, 'connect_inet_ssl', *address.split(':'), IPV4, STREAM)
    assert (await accepting).is_secure()

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'socket')
        over_path = QSocket.Socket()
        over_path.bind_unix(path, STREAM, 0)
        over_path.listen(0)
        with_certificate(over_path, client)
        client.props.ssl_server_name = '127.0.0.1'
        accepting = call(over_path, 'accept_ssl')
        assert await call(client, 'connect_unix_ssl', path, STREAM, 0)
        assert (await accepting).is_secure()
        over_path.close()


async def case_upgrade():
    listener, address = listening()
    client = QSocket.Socket()
    with_certificate(listener, client)
    await call(client, 'connect_to', address)
    server = await call(listener, 'accept')
    await call(client, 'send', 'STARTTLS')
    equal(await call(server, 'recv', 8), 'STARTTLS')
    upgrading = call(server, 'upgrade_server_to_ssl')
    assert await call(client, 'upgrade_client_to_ssl') and await upgrading
    assert client.is_secure() and server.is_secure()


async def only_asyncio_cancelled_task():
    client, server = await connected()
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    receiving = call(server, 'recv', 5, ended=lambda: loop.call_soon_threadsafe(over.set))
    await call(client, 'send', 'abc')
    receiving.cancel()
    # The operation ends in the other thread, soon after its future.
    await over.wait()
    equal(await call(server, 'recv', 3), 'abc')


async def only_asyncio_many_at_once():
    listener, address = listening()

    async def echo():
        server = await call(listener, 'accept')
        await call(server, 'send', await call(server, 'recv', 0))

    async def ask(text):
        client = QSocket.Socket()
        await call(client, 'connect_to', address)
        await call(client, 'send', text)
        return await call(client, 'recv', 0)

    async def serve():
        for _ in range(20):
            await echo()

    serving = asyncio.ensure_future(serve())
    texts = [f'number {number}' for number in range(20)]
    equal(await asyncio.gather(*map(ask, texts)), texts)
    await serving


def prepare(make_driver, function):
    def run():
        global driver
        driver = make_driver()
        driver.run(function())
    return run


def all_cases():
    for make_driver, prefixes in (Callbacks, ['case']), (Asyncio, ['case', 'only_asyncio']):
        for name, function in list(globals().items()):
            for prefix in prefixes:
                if name.startswith(f'{prefix}_'):
                    subject = name[len(prefix) + 1:].replace('_', '-')
                    yield (f'/languages/python-async/{make_driver.__name__.lower()}/{subject}',
                           prepare(make_driver, function))


if __name__ == '__main__':
    sys.exit(tap.run(list(all_cases())))
