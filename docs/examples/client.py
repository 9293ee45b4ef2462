#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

"""Sends a line to a server, such as echo-server, and prints the answer: client.py HOST:PORT"""

import sys

import gi
gi.require_version('QSocket', '1.0')
from gi.repository import QSocket

socket = QSocket.Socket()
socket.connect('packet-read', lambda socket, event: print('read', event.get_read(), 'bytes'))
socket.connect_to(sys.argv[1], 5000)
socket.send('hello from Python\n', 5000)
print(socket.recv(0, 5000), end='')
socket.close()
