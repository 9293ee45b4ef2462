// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The QSocket authors

// A program that knows nothing of the source tree.

import Gio from 'gi://Gio';
import QSocket from 'gi://QSocket?version=1.0';

const listener = new QSocket.Socket();
listener.bind_inet('127.0.0.1', '0', true, Gio.SocketFamily.IPV4, Gio.SocketType.STREAM, 0);
listener.listen(1);
const client = new QSocket.Socket();
client.connect_to(`127.0.0.1:${listener.get_port()}`, 10000, null);
client.send('installed', 10000, null);
const text = listener.accept(10000, null).recv(9, 10000, null);
if (text !== 'installed')
  throw new Error(text);
