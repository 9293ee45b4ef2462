# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

"""A program that knows nothing of the source tree."""

import gi

gi.require_version('QSocket', '1.0')
from gi.repository import Gio, QSocket

listener = QSocket.Socket()
listener.bind_inet('127.0.0.1', '0', True, Gio.SocketFamily.IPV4, Gio.SocketType.STREAM, 0)
listener.listen(1)
client = QSocket.Socket()
client.connect_to(f'127.0.0.1:{listener.get_port()}', 10000)
client.send('installed', 10000)
assert listener.accept(10000).recv(9, 10000) == 'installed'
