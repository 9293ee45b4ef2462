# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

"""The rooms of the library, the folders of qsocket/, from the lowest to the highest.

This is the one list that the tools read. `check-house-rules.py` compares it with the build files
and with the guides, and `draw-layers.py` draws it.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Room:
    name: str
    purpose: str
    below: tuple    # the rooms that it is built on; those that they are built on come with them
    column: int = 0     # in the picture, from the middle


ROOMS = (
    Room('base', 'errors, event types, deadlines', ()),
    Room('codec', 'text, integers, HTTP headers', ('base',)),
    Room('tls', 'certificates, keys, trust', ('codec',)),
    Room('event', 'one event, and a queue of them', ('codec',), column=-1),
    Room('wait', 'waiting for descriptors and for time', ('base',), column=1),
    Room('transport', 'moves bytes, plain or encrypted', ('wait', 'tls')),
    Room('connection', 'one open descriptor, and its claims', ('transport',)),
    Room('op', 'connecting, sending, receiving', ('connection',)),
    Room('socket', 'the class: calls, properties, signals', ('event', 'op')),
)

BY_NAME = {room.name: room for room in ROOMS}


def reach(name):
    """The rooms that a room may use, without itself."""
    below = set()
    for other in BY_NAME[name].below:
        below |= {other} | reach(other)
    return below
