// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The QSocket authors

// The asynchronous calls from JavaScript, awaited, over the plain introspection data.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import QSocket from 'gi://QSocket?version=1.0';

import {assert, equal, makeCertificate, runCases} from '../lib/cases.js';

// Bounds what must succeed, so that a mistake fails instead of hanging.
const LIMIT = 120000;

const IPV4 = Gio.SocketFamily.IPV4;
const STREAM = Gio.SocketType.STREAM;
const {IntFormat, SocketError} = QSocket;

for (const name of [
  'connect_to', 'connect_inet', 'connect_unix', 'connect_ssl', 'connect_inet_ssl',
  'connect_unix_ssl', 'accept', 'accept_ssl', 'send', 'send_binary', 'send_data', 'recv',
  'recv_binary', 'send_int', 'recv_int', 'send_http_message', 'send_http_response',
  'read_http_header', 'upgrade_client_to_ssl', 'upgrade_server_to_ssl', 'shutdown_ssl'])
  Gio._promisify(QSocket.Socket.prototype, `${name}_async`, `${name}_finish`);

// What every call ends in: its time, its priority, and no cancellable.
const REST = [LIMIT, GLib.PRIORITY_DEFAULT, null];
const within = milliseconds => [milliseconds, GLib.PRIORITY_DEFAULT, null];

const encode = text => new TextEncoder().encode(text);
const decode = bytes => new TextDecoder().decode(bytes.toArray());

async function fails(domain, code, promise) {
  try {
    await promise;
  } catch (error) {
    if (error instanceof GLib.Error && error.matches(domain, code))
      return error;
    throw error;
  }
  throw new Error(`no error instead of code ${code}`);
}

function listening() {
  const listener = new QSocket.Socket();
  listener.bind_inet('127.0.0.1', '0', true, IPV4, STREAM, 0);
  listener.listen(32);
  return [listener, `127.0.0.1:${listener.get_port()}`];
}

async function connected() {
  const [listener, address] = listening();
  const client = new QSocket.Socket();
  const accepting = listener.accept_async(...REST);
  equal(await client.connect_to_async(address, ...REST), true);
  return [client, await accepting];
}

// Gives the name of a new folder, and a function that removes it and these files in it.
function withFolder(run) {
  const folder = GLib.Dir.make_tmp('qsocket-XXXXXX');
  return run(folder, (...files) => {
    files.forEach(path => GLib.unlink(path));
    GLib.rmdir(folder);
  });
}

function withCertificate(listener, ...clients) {
  withFolder((folder, remove) => {
    const [certificateFile, keyFile] = makeCertificate(folder);
    listener.set_certificate(QSocket.SslCertificate.new_from_file(certificateFile));
    listener.set_private_key(QSocket.SslPrivateKey.new_from_file(keyFile, null));
    clients.forEach(client => client.set_ssl_ca_file(certificateFile));
    remove(certificateFile, keyFile);
  });
}

const cases = {
  async 'connect-and-accept'() {
    const [listener, address] = listening();
    equal(await listener.accept_async(...within(0)), null);
    const client = new QSocket.Socket();
    const accepting = listener.accept_async(...REST);
    equal(await client.connect_to_async(address, ...REST), true);
    const server = await accepting;
    assert(server instanceof QSocket.Socket && server.is_open() && client.is_open());

    listener.close();
    const error = await fails(SocketError, SocketError.CONNECT,
      client.connect_to_async(address, ...REST));
    assert(error.message.includes(address), error.message);
  },

  async 'connect-inet'() {
    const [listener, address] = listening();
    const client = new QSocket.Socket();
    equal(await client.connect_inet_async(...address.split(':'), IPV4, STREAM, ...REST), true);
    assert((await listener.accept_async(...REST)).is_open());
  },

  'connect-unix': () => withFolder(async (folder, remove) => {
    const path = GLib.build_filenamev([folder, 'socket']);
    const [listener, client] = [new QSocket.Socket(), new QSocket.Socket()];
    listener.bind_unix(path, STREAM, 0);
    listener.listen(0);
    equal(await client.connect_unix_async(path, STREAM, 0, ...REST), true);
    const server = await listener.accept_async(...REST);
    await client.send_async('over a path', ...REST);
    equal(await server.recv_async(0, ...REST), 'over a path');
    listener.close();
    remove();
  }),

  async 'text'() {
    const [client, server] = await connected();
    equal(await client.send_async('Grüße, 世界', ...REST), true);
    equal(await server.recv_async(0, ...REST), 'Grüße, 世界');
    client.set_charset('ISO-8859-1');
    await client.send_async('é', ...REST);
    equal([...(await server.recv_binary_async(1, ...REST)).toArray()], [0xe9]);
    await fails(SocketError, SocketError.ENCODING, client.send_async('世', ...REST));
    await client.send_async('all of it', ...REST);
    client.close();
    equal(await server.recv_async(-1, ...REST), 'all of it');
    await fails(SocketError, SocketError.CLOSED, server.recv_async(0, ...REST));
  },

  async 'bytes'() {
    const [client, server] = await connected();
    const data = Uint8Array.from({length: 1 << 20}, (_, index) => index);
    const receiving = server.recv_binary_async(2 * data.length, ...REST);
    equal(await client.send_binary_async(new GLib.Bytes(data), ...REST), true);
    const sending = client.send_data_async(data, ...REST);
    // What is sent is what was there at the beginning.
    const expected = new GLib.Bytes(Uint8Array.from([...data, ...data]));
    data.fill(0);
    equal(await sending, true);
    assert((await receiving).equal(expected));
  },

  async 'integers'() {
    const [client, server] = await connected();
    for (const format of ['1', '2', '4', '8', '2_LSB', '4_LSB', '8_LSB']) {
      // A Number holds 53 bits exactly.
      const high = 2 ** (Math.min(8 * parseInt(format), 54) - 1) - 1;
      for (const value of [-high, -1, 0, high]) {
        await client.send_int_async(IntFormat[`I${format}`], value, ...REST);
        equal(await server.recv_int_async(IntFormat[`I${format}`], ...REST), value);
      }
      await client.send_int_async(IntFormat[`I${format}`], high, ...REST);
      equal(await server.recv_int_async(IntFormat[`U${format}`], ...REST), high);
    }
  },

  async 'http'() {
    const [client, server] = await connected();
    const headers = new GLib.Variant('a{sv}', {
      'Host': new GLib.Variant('s', 'example.org'),
      'Accept': new GLib.Variant('as', ['text/plain', 'text/html']),
    });
    equal(await client.send_http_message_async(
      'POST', '/form', '1.1', headers, encode('body'), ...REST), true);
    const header = (await server.read_http_header_async(...REST)).recursiveUnpack();
    equal([header.method, header.path, header.host, header.accept, header['content-length']],
      ['POST', '/form', 'example.org', ['text/plain', 'text/html'], '4']);
    equal(await server.recv_async(4, ...REST), 'body');

    await server.send_http_response_async(204, 'No Content', '1.1', null, null, ...REST);
    equal((await client.read_http_header_async(...REST)).recursiveUnpack()['status_code'], 204);
    await fails(SocketError, SocketError.HTTP,
      client.send_http_message_async('GET', '/a\r\nb', '1.1', null, null, ...REST));
  },

  async 'timeout-loses-nothing'() {
    const [client, server] = await connected();
    await client.send_async('abc', ...REST);
    await fails(SocketError, SocketError.TIMEOUT, server.recv_async(5, ...within(20)));
    await fails(SocketError, SocketError.TIMEOUT,
      server.recv_int_async(IntFormat.I4, ...within(0)));
    equal(await server.recv_async(3, ...within(0)), 'abc');
  },

  async 'cancel-loses-nothing'() {
    const [client, server] = await connected();
    for (const before of [true, false]) {
      const cancellable = new Gio.Cancellable();
      await client.send_async('abc', ...REST);
      if (before)
        cancellable.cancel();
      const receiving = server.recv_async(5, LIMIT, GLib.PRIORITY_DEFAULT, cancellable);
      cancellable.cancel();
      await fails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, receiving);
      equal(await server.recv_async(3, ...REST), 'abc');
    }
  },

  async 'one-reader'() {
    const [client, server] = await connected();
    const receiving = server.recv_async(3, ...REST);
    await fails(SocketError, SocketError.PENDING, server.recv_async(3, ...REST));
    await client.send_async('abc', ...REST);
    equal(await receiving, 'abc');

    const interrupted = server.recv_async(3, ...REST);
    server.close();
    await fails(SocketError, SocketError.CLOSED, interrupted);
  },

  async 'event-before-callback'() {
    const [client, server] = await connected();
    const order = [];
    server.connect('packet-read', (_, event) => order.push(event.get_total_read()));
    const receiving = server.recv_binary_async(4, ...REST).then(bytes => {
      order.push('callback');
      return bytes;
    });
    equal(order, []);
    await client.send_async('ping', ...REST);
    equal(decode(await receiving), 'ping');
    equal(order, [4, 'callback']);
  },

  // With a callback at the end, a call does not give a promise.
  async 'callback'() {
    const [client, server] = await connected();
    const received = new Promise((resolve, reject) => {
      server.recv_async(4, ...REST, (sock, result) => {
        try {
          resolve(sock.recv_finish(result));
        } catch (error) {
          reject(error);
        }
      });
    });
    await client.send_async('ping', ...REST);
    equal(await received, 'ping');
  },

  async 'many-at-once'() {
    const [listener, address] = listening();
    const serve = async () => {
      for (let number = 0; number < 20; number++) {
        const server = await listener.accept_async(...REST);
        await server.send_async(await server.recv_async(0, ...REST), ...REST);
      }
    };
    const ask = async text => {
      const client = new QSocket.Socket();
      await client.connect_to_async(address, ...REST);
      await client.send_async(text, ...REST);
      return client.recv_async(0, ...REST);
    };
    const serving = serve();
    const texts = Array.from({length: 20}, (_, number) => `number ${number}`);
    equal(await Promise.all(texts.map(ask)), texts);
    await serving;
  },

  async 'tls'() {
    const [listener, address] = listening();
    const client = new QSocket.Socket();
    withCertificate(listener, client);
    const accepting = listener.accept_ssl_async(...REST);
    equal(await client.connect_ssl_async(address, ...REST), true);
    const server = await accepting;
    assert(client.is_secure() && server.is_secure());
    equal(client.verify_peer_certificate(), 'X509_V_OK');
    await server.send_async('Grüße', ...REST);
    equal(await client.recv_async(7, ...REST), 'Grüße');

    const ending = server.shutdown_ssl_async(...REST);
    equal([await client.shutdown_ssl_async(...REST), await ending], [true, true]);
    assert(!client.is_secure() && !server.is_secure());
    await client.send_async('in clear text', ...REST);
    equal(await server.recv_async(13, ...REST), 'in clear text');
  },

  async 'tls-refused'() {
    const [listener, address] = listening();
    const client = new QSocket.Socket();
    withCertificate(listener);
    const refused = fails(SocketError, SocketError.CLOSED, listener.accept_ssl_async(...REST));
    await fails(SocketError, SocketError.SSL, client.connect_ssl_async(address, ...REST));
    await refused;
    assert(!client.is_open() && listener.is_open());
  },

  'tls-other-connects': () => withFolder(async (folder, remove) => {
    const [listener, address] = listening();
    const client = new QSocket.Socket();
    withCertificate(listener, client);
    let accepting = listener.accept_ssl_async(...REST);
    await client.connect_inet_ssl_async(...address.split(':'), IPV4, STREAM, ...REST);
    assert((await accepting).is_secure());

    const path = GLib.build_filenamev([folder, 'socket']);
    const overPath = new QSocket.Socket();
    overPath.bind_unix(path, STREAM, 0);
    overPath.listen(0);
    withCertificate(overPath, client);
    client.ssl_server_name = '127.0.0.1';
    accepting = overPath.accept_ssl_async(...REST);
    await client.connect_unix_ssl_async(path, STREAM, 0, ...REST);
    assert((await accepting).is_secure());
    overPath.close();
    remove();
  }),

  async 'upgrade'() {
    const [listener, address] = listening();
    const client = new QSocket.Socket();
    withCertificate(listener, client);
    await client.connect_to_async(address, ...REST);
    const server = await listener.accept_async(...REST);
    await client.send_async('STARTTLS', ...REST);
    equal(await server.recv_async(8, ...REST), 'STARTTLS');
    const upgrading = server.upgrade_server_to_ssl_async(...REST);
    equal(await client.upgrade_client_to_ssl_async(...REST), true);
    equal(await upgrading, true);
    assert(client.is_secure() && server.is_secure());
  },
};

await runCases('/languages/gjs-async', cases);
