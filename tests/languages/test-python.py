# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

"""QSocket from Python, over the plain introspection data.

One thread plays both ends: a connection on the loopback interface is complete
as soon as it waits in the listener's backlog.
"""

import gc
import os
import sys
import tempfile
import threading
import time

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


def listening():
    listener = QSocket.Socket()
    listener.bind_inet('127.0.0.1', '0', True, IPV4, STREAM, 0)
    listener.listen(8)
    return listener


def connected():
    listener = listening()
    client = QSocket.Socket()
    client.connect_to(f'127.0.0.1:{listener.get_port()}', LIMIT)
    return client, listener.accept(LIMIT)


def fails(code, function, *args):
    """The error of a call that must fail with this code."""
    try:
        result = function(*args)
    except GLib.Error as error:
        if not error.matches(QSocket.SocketError.quark(), code):
            raise
        return error
    raise tap.Failed(f'{function.__name__} gave {result!r} instead of {code.value_nick}')


def iterate_until(done):
    """Runs the default main context until it is done."""
    context = GLib.MainContext.default()
    end = time.monotonic() + LIMIT / 1000
    guard = GLib.timeout_add(LIMIT, lambda: GLib.SOURCE_CONTINUE)
    while not done() and time.monotonic() < end:
        context.iteration(True)
    GLib.source_remove(guard)
    assert done(), 'the main context never got there'


def equal(actual, expected):
    assert actual == expected, f'{actual!r} instead of {expected!r}'


def test_connect_and_accept():
    listener = QSocket.Socket()
    assert not listener.is_open()
    equal((listener.get_port(), listener.get_socket()), (-1, -1))
    assert listener.bind_port(0, True)
    assert listener.listen(4)
    port = listener.get_port()
    assert port > 0
    equal(listener.accept(0), None)

    client = QSocket.Socket()
    assert client.connect_to(f'127.0.0.1:{port}', LIMIT)
    server = listener.accept(LIMIT)
    assert isinstance(server, QSocket.Socket)
    assert client.is_open() and server.is_open() and server.get_socket() >= 0
    equal((client.get_port(), server.get_port()), (port, port))
    assert server.close() and server.close()
    assert not server.is_open()


def test_connect_inet():
    listener = listening()
    client = QSocket.Socket()
    assert client.connect_inet('127.0.0.1', str(listener.get_port()), IPV4, STREAM, LIMIT, None)
    assert listener.accept(LIMIT, None).is_open()


def test_unix():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'socket')
        listener = QSocket.Socket()
        listener.bind_unix(path, STREAM, 0)
        listener.listen(0)
        client = QSocket.Socket()
        client.connect_unix(path, STREAM, 0, LIMIT)
        server = listener.accept(LIMIT)
        client.send('over a path', LIMIT)
        equal(server.recv(0, LIMIT), 'over a path')
        equal(client.get_peer_info().unpack()['address'], path)
        equal(client.get_port(), -1)
        listener.close()
        assert not os.path.exists(path)


def test_text():
    client, server = connected()
    assert client.send('Grüße, 世界', LIMIT)
    equal(server.recv(0, LIMIT), 'Grüße, 世界')
    client.send('exactly', LIMIT)
    equal((server.recv(3, LIMIT), server.recv(4, LIMIT)), ('exa', 'ctly'))
    client.send('all of it', LIMIT)
    client.close()
    equal(server.recv(-1, LIMIT), 'all of it')


def test_charset():
    client, server = connected()
    equal(client.get_charset(), 'UTF-8')
    assert client.set_charset('ISO-8859-1')
    client.send('é', LIMIT)
    equal(server.recv_binary(1, LIMIT).get_data(), b'\xe9')
    fails(CODE.ENCODING, client.send, '世', LIMIT)
    fails(CODE.ENCODING, client.set_charset, 'no-such-charset')
    equal(client.get_charset(), 'ISO-8859-1')


def test_bytes():
    client, server = connected()
    data = bytes(range(256))
    assert client.send_binary(GLib.Bytes.new(data), LIMIT)
    assert client.send_data(data, LIMIT)
    equal(server.recv_binary(512, LIMIT).get_data(), data + data)
    equal(client.get_bytes_sent(), 512)
    assert client.is_write_finished(LIMIT)


def test_cork():
    client, server = connected()
    client.cork()
    client.send_data(b'one', LIMIT)
    client.send_data(b'two', LIMIT)
    assert not server.is_data_available(0)
    assert client.uncork(LIMIT)
    assert server.is_data_available(LIMIT)
    equal(server.recv_binary(6, LIMIT).get_data(), b'onetwo')


def test_integers():
    client, server = connected()
    for size in (1, 2, 4, 8):
        low, high = -(1 << 8 * size - 1), (1 << 8 * size - 1) - 1
        for suffix in ('', '_lsb') if size > 1 else ('',):
            send = getattr(client, f'send_i{size}{suffix}')
            signed = getattr(server, f'recv_i{size}{suffix}')
            unsigned = getattr(server, f'recv_u{size}{suffix}')
            wire = (1).to_bytes(size, 'little' if suffix else 'big')
            send(1, LIMIT)
            equal(server.recv_binary(size, LIMIT).get_data(), wire)
            for value in (low, -1, 0, 1, high):
                assert send(value, LIMIT)
                assert send(value, LIMIT)
                equal(signed(LIMIT), value)
                equal(unsigned(LIMIT), value % (1 << 8 * size))


def test_integer_errors():
    client, server = connected()
    fails(CODE.TIMEOUT, server.recv_i4, 0)
    client.send_i2(0x0102, LIMIT)
    fails(CODE.TIMEOUT, server.recv_i4, 10)
    client.send_i2(0x0304, LIMIT)
    equal(server.recv_i4(LIMIT), 0x01020304)


def test_http_request():
    client, server = connected()
    headers = GLib.Variant('a{sv}', {
        'Host': GLib.Variant('s', 'example.org'),
        'X-Count': GLib.Variant('i', 3),
        'Accept': GLib.Variant('as', ['text/plain', 'text/html']),
    })
    body = GLib.Bytes.new(b'body')
    assert client.send_http_message('POST', '/form', '1.1', headers, body, LIMIT)
    header = server.read_http_header(LIMIT)
    equal(header.get_type_string(), 'a{sv}')
    equal(header.unpack(), {
        'http_version': '1.1', 'method': 'POST', 'path': '/form', 'host': 'example.org',
        'x-count': '3', 'accept': ['text/plain', 'text/html'], 'content-length': '4',
    })
    equal(server.recv(4, LIMIT), 'body')


def test_http_response():
    client, server = connected()
    assert server.send_http_response(404, 'Not Found', '1.0', None, None, LIMIT)
    equal(client.read_http_header(LIMIT).unpack(), {
        'http_version': '1.0', 'status_code': 404, 'status_message': 'Not Found',
        'content-length': '0',
    })
    server.send('this is not HTTP\r\n\r\n', LIMIT)
    equal(client.read_http_header(LIMIT).get_type_string(), 's')
    fails(CODE.HTTP, client.send_http_message, 'GET', '/a\r\nb', '1.1', None, None, LIMIT)


def test_info():
    client, server = connected()
    port = client.get_port()
    info = client.get_peer_info().unpack()
    equal({key: info[key] for key in ('address', 'address_desc', 'port', 'family', 'familystr')},
          {'address': '127.0.0.1', 'address_desc': 'ipv4(127.0.0.1)', 'port': port,
           'family': 2, 'familystr': 'ipv4'})
    assert info['hostname'] and info['hostname_desc']
    equal(server.get_socket_info().unpack()['port'], port)

    server.set_property('lookup-hostnames', False)
    assert not server.get_lookup_hostnames()
    equal(sorted(server.get_peer_info().unpack()),
          ['address', 'address_desc', 'family', 'familystr', 'port'])


def test_errors():
    sock = QSocket.Socket()
    error = fails(CODE.NOT_OPEN, sock.send, 'x', LIMIT)
    equal(QSocket.SocketError(error.code), CODE.NOT_OPEN)
    equal(QSocket.SocketError.get_name(CODE.NOT_OPEN), 'SOCKET-NOT-OPEN')
    equal(error.domain, 'q-socket-error-quark')
    fails(CODE.INVALID_ARGUMENT, sock.bind_port, 65536, False)

    listener = listening()
    port = listener.get_port()
    listener.close()
    error = fails(CODE.CONNECT, sock.connect_to, f'127.0.0.1:{port}', LIMIT)
    assert str(port) in error.message, error.message
    assert not sock.is_open()


def test_timeout_loses_nothing():
    client, server = connected()
    start = time.monotonic()
    client.send('abc', LIMIT)
    fails(CODE.TIMEOUT, server.recv, 5, 50)
    assert time.monotonic() - start >= 0.049
    equal(server.recv(3, LIMIT), 'abc')


def test_closed_by_peer():
    client, server = connected()
    client.send('abc', LIMIT)
    client.close()
    fails(CODE.CLOSED, server.recv_binary, 5, LIMIT)
    equal(server.recv_binary(3, LIMIT).get_data(), b'abc')
    fails(CODE.CLOSED, server.recv_binary, 0, LIMIT)


def test_cancel():
    client, _server = connected()
    cancellable = Gio.Cancellable()
    cancellable.cancel()
    try:
        client.recv_binary(1, LIMIT, cancellable)
    except GLib.Error as error:
        assert error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED)
    else:
        raise tap.Failed('a cancelled call went through')


def test_close_from_another_thread():
    _client, server = connected()
    codes = []
    started = threading.Event()

    def read():
        started.set()
        try:
            server.recv_binary(1, LIMIT)
        except GLib.Error as error:
            codes.append(error.code)

    thread = threading.Thread(target=read)
    thread.start()
    started.wait()
    server.close()
    thread.join()
    # Which of the two says whether the reader had begun by then.
    assert codes and codes[0] in (CODE.CLOSED, CODE.NOT_OPEN), codes


def test_descriptor():
    client, server = connected()
    server.send('abcd', LIMIT)
    equal(client.recv(2, LIMIT), 'ab')
    fails(CODE.PENDING, client.steal_fd)
    equal(client.recv(2, LIMIT), 'cd')

    fd = client.steal_fd()
    assert fd >= 0 and not client.is_open()
    adopted = QSocket.Socket.new_from_fd(fd)
    equal(adopted.get_socket(), fd)
    adopted.send('adopted', LIMIT)
    equal(server.recv(7, LIMIT), 'adopted')


def test_gio():
    listener = listening()
    connection = Gio.SocketClient().connect_to_host('127.0.0.1', listener.get_port(), None)
    client = QSocket.Socket.new_from_connection(connection)
    server = listener.accept(LIMIT)
    client.send('through GIO', LIMIT)
    equal(server.recv(1, LIMIT), 't')
    stream = server.get_io_stream()
    equal(stream.get_input_stream().read_bytes(10, None).get_data(), b'hrough GIO')
    assert isinstance(server.get_gsocket(), Gio.Socket)
    equal(server.get_gsocket().get_fd(), server.get_socket())


def test_limits():
    client, server = connected()
    equal((server.props.max_header_size, server.props.max_header_count,
           server.props.max_receive_size, server.props.lookup_hostnames),
          (65536, 256, 64 << 20, True))
    server.props.max_header_size = 64
    equal(server.get_max_header_size(), 64)
    server.set_max_receive_size(8)
    equal(server.props.max_receive_size, 8)

    client.send('GET / HTTP/1.1\r\nHost: ' + 'x' * 64 + '\r\n\r\n', LIMIT)
    fails(CODE.TOO_LARGE, server.read_http_header, LIMIT)
    client.close()
    fails(CODE.TOO_LARGE, server.recv_binary, -1, LIMIT)
    equal(server.recv(14, LIMIT), 'GET / HTTP/1.1')


def test_options():
    sock = QSocket.Socket()
    assert sock.get_no_delay()
    assert sock.set_no_delay(False)
    assert not sock.get_no_delay()
    assert not sock.copy().is_open()


def test_source():
    client, server = connected()
    calls = []
    source = server.create_source(GLib.IOCondition.IN, None)
    source.set_callback(lambda *_args: calls.append(True) or GLib.SOURCE_REMOVE)
    source.attach(None)
    client.send('x', LIMIT)
    iterate_until(lambda: calls)
    equal(len(calls), 1)


def test_signals():
    listener = listening()
    client = QSocket.Socket()
    seen = []
    for name in ('hostname-lookup', 'hostname-resolved', 'connecting', 'connected',
                 'packet-sent', 'packet-read', 'channel-closed'):
        client.connect(name, lambda sock, event, name: seen.append((name, sock, event)), name)
    client.connect_to(f'127.0.0.1:{listener.get_port()}', LIMIT)
    server = listener.accept(LIMIT)
    client.send('ping', LIMIT)
    server.send('pong', LIMIT)
    client.recv(4, LIMIT)
    client.close()

    equal([name for name, _sock, _event in seen],
          ['hostname-lookup', 'hostname-resolved', 'connecting', 'connected', 'packet-sent',
           'packet-read', 'channel-closed'])
    assert all(sock is client for _name, sock, _event in seen)
    # The events outlive their handlers.
    sent, read = seen[4][2], seen[5][2]
    equal((sent.get_sent(), sent.get_total_sent(), sent.get_total_to_send()), (4, 4, 4))
    equal((read.get_read(), read.get_total_read(), read.get_total_to_read()), (4, 4, 4))


def test_event_queue():
    queue = QSocket.EventQueue.new()
    equal((queue.get_length(), queue.try_pop()), (0, None))
    equal(queue.timeout_pop(0), None)

    listener = listening()
    client = QSocket.Socket()
    client.set_event_queue(queue)
    client.connect_to(f'127.0.0.1:{listener.get_port()}', LIMIT)
    client.close()
    client = None
    gc.collect()

    events = [queue.timeout_pop(LIMIT) for _ in range(queue.get_length())]
    types = QSocket.SocketEventType
    equal([event.get_event_type() for event in events],
          [types.HOSTNAME_LOOKUP, types.HOSTNAME_RESOLVED, types.CONNECTING, types.CONNECTED,
           types.CHANNEL_CLOSED, types.DELETED])
    equal(len({event.get_id() for event in events}), 1)
    times = [event.get_time() for event in events]
    equal(times, sorted(times))
    return events, listener.get_port()


def test_event_accessors():
    events, port = test_event_queue()
    lookup, resolved, connecting, established = events[:4]
    equal((lookup.get_event_name(), lookup.get_source()), ('EVENT_HOSTNAME_LOOKUP', 1))
    equal((lookup.get_name(), lookup.get_service()), ('127.0.0.1', str(port)))
    equal((resolved.get_address(), connecting.get_port()), ('127.0.0.1', port))
    equal(connecting.get_family(), IPV4)
    equal((established.get_target(), established.get_message(), established.get_headers(),
           established.get_cipher(), established.get_cipher_version()), (None,) * 5)
    equal((established.get_read(), established.get_port()), (-1, -1))

    info = lookup.get_info()
    equal(info.get_type_string(), 'a{sv}')
    equal(info.unpack(), {'event': 11, 'source': 1, 'id': lookup.get_id(),
                          'name': '127.0.0.1', 'service': str(port)})


def test_http_events():
    client, server = connected()
    queue = QSocket.EventQueue()
    client.set_event_queue(queue)
    server.set_event_queue(queue)
    client.send_http_message('GET', '/', '1.1', None, None, LIMIT)
    header = server.read_http_header(LIMIT)
    client.set_event_queue(None)
    server.set_event_queue(None)
    events = {}
    while queue.get_length():
        event = queue.pop()
        events[event.get_event_name()] = event
    equal(events['EVENT_HTTP_SEND_MESSAGE'].get_message(), 'GET / HTTP/1.1')
    equal(events['EVENT_HTTP_MESSAGE_RECEIVED'].get_headers().unpack(), header.unpack())


def test_bounded_queue():
    client, server = connected()
    queue = QSocket.EventQueue.new_bounded(2)
    server.set_event_queue(queue)
    client.send('abcd', LIMIT)
    for _ in range(4):
        server.recv(1, LIMIT)
    server.set_event_queue(None)
    equal([queue.try_pop().get_event_name() for _ in range(queue.get_length())][0],
          'EVENT_OVERFLOW')


def test_queue_in_main_context():
    client, server = connected()
    queue = QSocket.EventQueue.new()
    ready, dispatched = [], []
    queue.connect('event-ready', lambda _queue: ready.append(True))
    source = queue.create_source(None)
    source.set_callback(lambda *_args: dispatched.append(True) or GLib.SOURCE_REMOVE)
    source.attach(None)
    server.set_event_queue(queue)
    client.send('x', LIMIT)
    server.recv(1, LIMIT)
    iterate_until(lambda: ready and dispatched)
    equal(queue.try_pop().get_event_name(), 'EVENT_PACKET_READ')


def test_tls():
    listener, client = listening(), QSocket.Socket()
    accepted = []
    with tempfile.TemporaryDirectory() as folder:
        certificate_file, key_file = make_certificate(folder)
        certificate = QSocket.SslCertificate.new_from_file(certificate_file)
        key = QSocket.SslPrivateKey.new_from_file(key_file, None)
        client.set_ssl_ca_file(certificate_file)
    equal(certificate.get_subject_hash().unpack(), {'commonName': 'test'})
    equal(key.get_info().unpack(), {'type': 'EC', 'version': 1, 'bitLength': 256})
    listener.set_certificate(certificate)
    listener.set_private_key(key)

    thread = threading.Thread(target=lambda: accepted.append(listener.accept_ssl(LIMIT)))
    thread.start()
    client.connect_ssl(f'127.0.0.1:{listener.get_port()}', LIMIT)
    thread.join()
    server, = accepted
    assert client.is_secure() and server.is_secure()
    equal(client.get_ssl_cipher_version(), 'TLSv1.3')
    equal(client.verify_peer_certificate(), 'X509_V_OK')
    equal(client.get_peer_certificate().get_pem(), certificate.get_pem())
    server.send('Grüße', LIMIT)
    equal(client.recv(7, LIMIT), 'Grüße')


def test_tls_refused():
    listener, client = listening(), QSocket.Socket()
    with tempfile.TemporaryDirectory() as folder:
        certificate_file, key_file = make_certificate(folder)
        listener.set_certificate(QSocket.SslCertificate.new_from_file(certificate_file))
        listener.set_private_key(QSocket.SslPrivateKey.new_from_file(key_file, None))

    thread = threading.Thread(target=fails, args=(CODE.CLOSED, listener.accept_ssl, LIMIT))
    thread.start()
    error = fails(CODE.SSL, client.connect_ssl, f'127.0.0.1:{listener.get_port()}', LIMIT)
    thread.join()
    verdict = 'X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT'
    assert f'{verdict}: {QSocket.ssl_verification_reason(verdict)}' in error.message, error
    assert not client.is_open()


def test_async():
    client, server = connected()
    results = []

    def done(sock, result, _data=None):
        try:
            results.append(sock.recv_binary_finish(result).get_data())
        except GLib.Error as error:
            results.append(error)

    server.recv_binary_async(4, LIMIT, GLib.PRIORITY_DEFAULT, None, done)
    equal(results, [])
    client.send('ping', LIMIT)
    iterate_until(lambda: results)
    equal(results, [b'ping'])

    server.recv_binary_async(4, 10, GLib.PRIORITY_DEFAULT, None, done)
    iterate_until(lambda: len(results) == 2)
    assert results[1].matches(QSocket.SocketError.quark(), CODE.TIMEOUT), results[1]


if __name__ == '__main__':
    sys.exit(tap.run_functions(globals(), '/languages/python/'))
