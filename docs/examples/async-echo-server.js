#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The QSocket authors

// Sends back all bytes that it receives, to any number of clients at a time, until Ctrl-C:
// async-echo-server.js [PORT]

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import QSocket from 'gi://QSocket?version=1.0';
import System from 'system';

for (const name of ['accept', 'recv_binary', 'send_binary'])
  Gio._promisify(QSocket.Socket.prototype, `${name}_async`, `${name}_finish`);

const SEND_TIMEOUT = 10000;
const PRIORITY = GLib.PRIORITY_DEFAULT;

const stop = new Gio.Cancellable();

// CLOSED, from the client, and CANCELLED, after Ctrl-C, are how a connection normally ends.
function report(error) {
  if (!error.matches(QSocket.SocketError, QSocket.SocketError.CLOSED) &&
      !error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED))
    printerr(`async-echo-server.js: ${error.message}`);
}

async function serve(client) {
  try {
    while (true) {
      const bytes = await client.recv_binary_async(0, -1, PRIORITY, stop);
      await client.send_binary_async(bytes, SEND_TIMEOUT, PRIORITY, stop);
    }
  } catch (error) {
    report(error);
  }
  client.close();
}

async function acceptAll(listener) {
  const served = new Set();
  while (!stop.is_cancelled()) {
    try {
      const client = await listener.accept_async(-1, PRIORITY, stop);
      const serving = serve(client).finally(() => served.delete(serving));
      served.add(serving);
    } catch (error) {
      report(error);
    }
  }
  await Promise.all(served);
}

// SIGINT and SIGTERM.
for (const signal of [2, 15]) {
  GLib.unix_signal_add(PRIORITY, signal, () => {
    stop.cancel();
    return GLib.SOURCE_CONTINUE;
  });
}

const listener = new QSocket.Socket();
listener.bind(`127.0.0.1:${System.programArgs[0] ?? 0}`, true);
listener.listen(0);
print(`127.0.0.1:${listener.get_port()}`);
await acceptAll(listener);
