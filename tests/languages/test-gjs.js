// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The QSocket authors

// QSocket from JavaScript, over the plain introspection data.
//
// One thread plays both ends: a connection on the loopback interface is complete
// as soon as it waits in the listener's backlog.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import QSocket from 'gi://QSocket?version=1.0';
import System from 'system';

import {assert, equal, makeCertificate, runCases} from '../lib/cases.js';

// Bounds what must succeed, so that a mistake fails instead of hanging.
const LIMIT = 120000;

const IPV4 = Gio.SocketFamily.IPV4;
const STREAM = Gio.SocketType.STREAM;
const {SocketError, SocketEventType} = QSocket;

const encode = text => new TextEncoder().encode(text);
const decode = bytes => new TextDecoder().decode(bytes.toArray());

function fails(code, call) {
  try {
    call();
  } catch (error) {
    if (error instanceof GLib.Error && error.matches(SocketError, code))
      return error;
    throw error;
  }
  throw new Error(`no error instead of code ${code}`);
}

function listening() {
  const listener = new QSocket.Socket();
  listener.bind_inet('127.0.0.1', '0', true, IPV4, STREAM, 0);
  listener.listen(8);
  return listener;
}

function connected() {
  const listener = listening();
  const client = new QSocket.Socket();
  client.connect_to(`127.0.0.1:${listener.get_port()}`, LIMIT, null);
  return [client, listener.accept(LIMIT, null)];
}

function iterateUntil(done) {
  const context = GLib.MainContext.default();
  const guard = GLib.timeout_add(GLib.PRIORITY_DEFAULT, LIMIT, () => GLib.SOURCE_CONTINUE);
  const end = GLib.get_monotonic_time() + LIMIT * 1000;
  while (!done() && GLib.get_monotonic_time() < end)
    context.iteration(true);
  GLib.source_remove(guard);
  assert(done(), 'the main context never got there');
}

const cases = {
  'connect-and-accept'() {
    const listener = new QSocket.Socket();
    equal(listener.get_port(), -1);
    listener.bind_port(0, true);
    listener.listen(4);
    const port = listener.get_port();
    equal(listener.accept(0, null), null);

    const client = new QSocket.Socket();
    assert(client.connect_to(`127.0.0.1:${port}`, LIMIT, null));
    const server = listener.accept(LIMIT, null);
    assert(server instanceof QSocket.Socket && server.is_open());
    equal([client.get_port(), server.get_port()], [port, port]);
    server.close();
    assert(!server.is_open());
  },

  'connect-inet'() {
    const listener = listening();
    const client = new QSocket.Socket();
    assert(client.connect_inet('127.0.0.1', `${listener.get_port()}`, IPV4, STREAM, LIMIT, null));
    assert(listener.accept(LIMIT, null).is_open());
  },

  'unix'() {
    const folder = GLib.Dir.make_tmp('qsocket-XXXXXX');
    const path = GLib.build_filenamev([folder, 'socket']);
    const listener = new QSocket.Socket();
    listener.bind_unix(path, STREAM, 0);
    listener.listen(0);
    const client = new QSocket.Socket();
    client.connect_unix(path, STREAM, 0, LIMIT, null);
    const server = listener.accept(LIMIT, null);
    client.send('over a path', LIMIT, null);
    equal(server.recv(0, LIMIT, null), 'over a path');
    listener.close();
    assert(!GLib.file_test(path, GLib.FileTest.EXISTS));
    GLib.rmdir(folder);
  },

  'text'() {
    const [client, server] = connected();
    assert(client.send('Grüße, 世界', LIMIT, null));
    equal(server.recv(0, LIMIT, null), 'Grüße, 世界');
    client.send('exactly', LIMIT, null);
    equal([server.recv(3, LIMIT, null), server.recv(4, LIMIT, null)], ['exa', 'ctly']);
    client.set_charset('ISO-8859-1');
    client.send('é', LIMIT, null);
    equal([...server.recv_binary(1, LIMIT, null).toArray()], [0xe9]);
    fails(SocketError.ENCODING, () => client.set_charset('no-such-charset'));
    client.close();
    equal(server.recv(-1, LIMIT, null), '');
  },

  'bytes'() {
    const [client, server] = connected();
    const data = Uint8Array.from({length: 256}, (_, index) => index);
    client.send_binary(data, LIMIT, null);
    client.send_binary(new GLib.Bytes(data), LIMIT, null);
    client.send_data(data, LIMIT, null);
    equal([...server.recv_binary(768, LIMIT, null).toArray()], [...data, ...data, ...data]);
    equal(client.get_bytes_sent(), 768);
  },

  'cork'() {
    const [client, server] = connected();
    client.cork();
    client.send_data(encode('one'), LIMIT, null);
    client.send_data(encode('two'), LIMIT, null);
    assert(!server.is_data_available(0));
    client.uncork(LIMIT, null);
    equal(server.recv(6, LIMIT, null), 'onetwo');
  },

  'integers'() {
    const [client, server] = connected();
    const formats = ['1', '2', '4', '8', '2_lsb', '4_lsb', '8_lsb'];
    for (const format of formats) {
      const bits = 8 * parseInt(format);
      // A Number holds 53 bits exactly.
      const high = 2 ** (Math.min(bits, 54) - 1) - 1;
      for (const value of [-high, -1, 0, 1, high]) {
        client[`send_i${format}`](value, LIMIT, null);
        equal(server[`recv_i${format}`](LIMIT, null), value);
      }
      client[`send_i${format}`](high, LIMIT, null);
      equal(server[`recv_u${format}`](LIMIT, null), high);
    }
  },

  'integers-64-bit'() {
    const [client, server] = connected();
    for (const value of [-(2n ** 63n), 2n ** 63n - 1n, 9007199254740993n]) {
      client.send_i8(value, LIMIT, null);
      const {buffer, byteOffset} = server.recv_binary(8, LIMIT, null).toArray();
      equal(`${new DataView(buffer, byteOffset).getBigInt64(0)}`, `${value}`);
    }
  },

  'http'() {
    const [client, server] = connected();
    const headers = new GLib.Variant('a{sv}', {
      'Host': new GLib.Variant('s', 'example.org'),
      'Accept': new GLib.Variant('as', ['text/plain', 'text/html']),
    });
    client.send_http_message('POST', '/form', '1.1', headers, encode('body'), LIMIT, null);
    const request = server.read_http_header(LIMIT, null);
    equal(request.get_type_string(), 'a{sv}');
    const {method, path, host, accept, ...rest} = request.recursiveUnpack();
    equal([method, path, host, accept],
      ['POST', '/form', 'example.org', ['text/plain', 'text/html']]);
    equal([rest['http_version'], rest['content-length']], ['1.1', '4']);
    equal(server.recv(4, LIMIT, null), 'body');

    server.send_http_response(204, 'No Content', '1.1', null, null, LIMIT, null);
    equal(client.read_http_header(LIMIT, null).recursiveUnpack()['status_code'], 204);
    server.send('this is not HTTP\r\n\r\n', LIMIT, null);
    equal(client.read_http_header(LIMIT, null).get_type_string(), 's');
  },

  'info'() {
    const [client, server] = connected();
    client.lookup_hostnames = false;
    equal(Object.entries(client.get_peer_info().recursiveUnpack()).sort(), [
      ['address', '127.0.0.1'], ['address_desc', 'ipv4(127.0.0.1)'], ['family', 2],
      ['familystr', 'ipv4'], ['port', client.get_port()],
    ]);
    equal(server.get_socket_info().recursiveUnpack()['port'], client.get_port());
  },

  'errors'() {
    const sock = new QSocket.Socket();
    const error = fails(SocketError.NOT_OPEN, () => sock.recv(0, LIMIT, null));
    assert(error instanceof SocketError && error.message.length > 0);
    equal(SocketError.get_name(error.code), 'SOCKET-NOT-OPEN');
    fails(SocketError.INVALID_ARGUMENT, () => sock.bind_port(65536, false));

    const listener = listening();
    const port = listener.get_port();
    listener.close();
    fails(SocketError.CONNECT, () => sock.connect_to(`127.0.0.1:${port}`, LIMIT, null));
  },

  'timeout-loses-nothing'() {
    const [client, server] = connected();
    client.send('abc', LIMIT, null);
    fails(SocketError.TIMEOUT, () => server.recv(5, 20, null));
    fails(SocketError.TIMEOUT, () => server.recv_i4(0, null));
    equal(server.recv(3, LIMIT, null), 'abc');
    client.close();
    fails(SocketError.CLOSED, () => server.recv(1, LIMIT, null));
  },

  'cancel'() {
    const [client] = connected();
    const cancellable = new Gio.Cancellable();
    cancellable.cancel();
    try {
      client.recv(1, LIMIT, cancellable);
    } catch (error) {
      assert(error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED), error.message);
      return;
    }
    throw new Error('a cancelled call went through');
  },

  'descriptor'() {
    const [client, server] = connected();
    const fd = client.steal_fd();
    assert(fd >= 0 && !client.is_open());
    const adopted = QSocket.Socket.new_from_fd(fd);
    adopted.send('adopted', LIMIT, null);
    equal(server.recv(7, LIMIT, null), 'adopted');
    assert(server.get_gsocket() instanceof Gio.Socket);
  },

  'limits'() {
    const [client, server] = connected();
    equal([server.max_header_size, server.max_header_count, server.max_receive_size],
      [65536, 256, 64 * 1024 * 1024]);
    server.max_receive_size = 4;
    equal(server.get_max_receive_size(), 4);
    client.send('too much', LIMIT, null);
    client.close();
    fails(SocketError.TOO_LARGE, () => server.recv_binary(-1, LIMIT, null));
    equal(server.recv(8, LIMIT, null), 'too much');
  },

  'options'() {
    const sock = new QSocket.Socket();
    assert(sock.get_no_delay());
    sock.set_no_delay(false);
    assert(!sock.get_no_delay() && !sock.copy().is_open());
  },

  'source'() {
    const [client, server] = connected();
    let calls = 0;
    const source = server.create_source(GLib.IOCondition.IN, null);
    source.set_callback(() => {
      calls++;
      return GLib.SOURCE_REMOVE;
    });
    source.attach(null);
    client.send('x', LIMIT, null);
    iterateUntil(() => calls > 0);
    equal(calls, 1);
  },

  'signals'() {
    const listener = listening();
    const client = new QSocket.Socket();
    const seen = [];
    for (const name of ['hostname-lookup', 'hostname-resolved', 'connecting', 'connected',
      'packet-sent', 'packet-read', 'channel-closed'])
      client.connect(name, (sock, event) => seen.push([name, sock, event]));
    client.connect_to(`127.0.0.1:${listener.get_port()}`, LIMIT, null);
    const server = listener.accept(LIMIT, null);
    client.send('ping', LIMIT, null);
    server.send('pong', LIMIT, null);
    client.recv(4, LIMIT, null);
    client.close();

    equal(seen.map(([name]) => name), ['hostname-lookup', 'hostname-resolved', 'connecting',
      'connected', 'packet-sent', 'packet-read', 'channel-closed']);
    assert(seen.every(([, sock]) => sock === client));
    // The events outlive their handlers.
    System.gc();
    equal([seen[4][2].get_sent(), seen[5][2].get_total_read()], [4, 4]);
  },

  'event-queue'() {
    const queue = new QSocket.EventQueue();
    equal([queue.get_length(), queue.try_pop()], [0, null]);
    const listener = listening();
    const client = new QSocket.Socket();
    client.set_event_queue(queue);
    client.connect_to(`127.0.0.1:${listener.get_port()}`, LIMIT, null);
    client.close();

    const events = [];
    for (let event; (event = queue.timeout_pop(0));)
      events.push(event);
    equal(events.map(event => event.get_event_type()), [
      SocketEventType.HOSTNAME_LOOKUP, SocketEventType.HOSTNAME_RESOLVED,
      SocketEventType.CONNECTING, SocketEventType.CONNECTED, SocketEventType.CHANNEL_CLOSED,
    ]);
    const [lookup, , connecting] = events;
    equal([lookup.get_event_name(), lookup.get_source(), lookup.get_name()],
      ['EVENT_HOSTNAME_LOOKUP', 1, '127.0.0.1']);
    equal([connecting.get_port(), connecting.get_family()], [listener.get_port(), IPV4]);
    equal(lookup.get_info().recursiveUnpack(), {
      event: 11, source: 1, id: lookup.get_id(), name: '127.0.0.1',
      service: `${listener.get_port()}`,
    });
  },

  'bounded-queue'() {
    const [client, server] = connected();
    const queue = QSocket.EventQueue.new_bounded(2);
    server.set_event_queue(queue);
    client.send('abcd', LIMIT, null);
    for (let index = 0; index < 4; index++)
      server.recv(1, LIMIT, null);
    server.set_event_queue(null);
    equal(queue.pop().get_event_name(), 'EVENT_OVERFLOW');
  },

  'queue-in-main-context'() {
    const [client, server] = connected();
    const queue = new QSocket.EventQueue();
    let [ready, dispatched] = [0, 0];
    queue.connect('event-ready', () => ready++);
    const source = queue.create_source(null);
    source.set_callback(() => {
      dispatched++;
      return GLib.SOURCE_REMOVE;
    });
    source.attach(null);
    server.set_event_queue(queue);
    client.send('x', LIMIT, null);
    server.recv(1, LIMIT, null);
    iterateUntil(() => ready > 0 && dispatched > 0);
    equal(queue.try_pop().get_event_name(), 'EVENT_PACKET_READ');
  },

  // One thread cannot be both ends of a handshake: the server is another program, which sends
  // back each line the other way round.
  'tls'() {
    const folder = GLib.Dir.make_tmp('qsocket-XXXXXX');
    const [certificateFile, keyFile] = makeCertificate(folder);
    const server = Gio.Subprocess.new(
      ['openssl', 's_server', '-accept', '127.0.0.1:0', '-naccept', '1', '-rev',
        '-cert', certificateFile, '-key', keyFile],
      Gio.SubprocessFlags.STDOUT_PIPE | Gio.SubprocessFlags.STDERR_SILENCE);
    const output = Gio.DataInputStream.new(server.get_stdout_pipe());
    let line;
    do
      [line] = output.read_line_utf8(null);
    while (line !== null && !line.startsWith('ACCEPT '));

    const client = new QSocket.Socket();
    client.set_ssl_ca_file(certificateFile);
    client.connect_ssl(line.split(' ')[1], LIMIT, null);
    assert(client.is_secure());
    equal(client.get_ssl_cipher_version(), 'TLSv1.3');
    equal(client.verify_peer_certificate(), 'X509_V_OK');
    client.send('olleh\n', LIMIT, null);
    equal(client.recv(6, LIMIT, null), 'hello\n');

    const certificate = QSocket.SslCertificate.new_from_file(certificateFile);
    const key = QSocket.SslPrivateKey.new_from_file(keyFile, null);
    equal(certificate.get_subject_hash().recursiveUnpack(), {commonName: 'test'});
    equal(client.get_peer_certificate().get_pem(), certificate.get_pem());
    equal([key.get_type_name(), key.get_bit_length()], ['EC', 256]);

    client.close();
    server.wait(null);
    [certificateFile, keyFile, folder].forEach(path => Gio.File.new_for_path(path).delete(null));
  },

  async 'async'() {
    Gio._promisify(QSocket.Socket.prototype, 'recv_binary_async', 'recv_binary_finish');
    const [client, server] = connected();
    const promise = server.recv_binary_async(4, LIMIT, GLib.PRIORITY_DEFAULT, null);
    client.send('ping', LIMIT, null);
    equal(decode(await promise), 'ping');

    try {
      await server.recv_binary_async(4, 10, GLib.PRIORITY_DEFAULT, null);
    } catch (error) {
      assert(error.matches(SocketError, SocketError.TIMEOUT), error.message);
      return;
    }
    throw new Error('no bytes came, and no error either');
  },
};

await runCases('/languages/gjs', cases);
