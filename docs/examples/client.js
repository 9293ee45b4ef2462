#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The QSocket authors

// Sends a line to a server, such as echo-server, and prints the answer: client.js HOST:PORT

import System from 'system';
import QSocket from 'gi://QSocket?version=1.0';

const socket = new QSocket.Socket();
socket.connect('packet-read', (self, event) => print('read', event.get_read(), 'bytes'));
socket.connect_to(System.programArgs[0], 5000, null);
socket.send('hello from JavaScript\n', 5000, null);
print(socket.recv(0, 5000, null).trimEnd());
socket.close();
