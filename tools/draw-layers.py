# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

"""Draws docs/layers.svg: the rooms of the library and which of them uses which.

The boxes are the rooms of rooms.py. The arrows are what the sources say: a file of one room
includes a header, or refers to a function or variable, of the other. No picture is drawn as long as
one of them would point up. With --check nothing is written, and the exit status tells whether the
picture is up to date.
"""

import argparse
import html
import sys

import rooms
import sources

PICTURE = sources.ROOT / 'docs' / 'layers.svg'

BOX_WIDTH, BOX_HEIGHT = 284, 66
COLUMN_WIDTH, LEVEL_HEIGHT = 316, 100
MARGIN = 18
LEGEND = (
    'An arrow means that files of one room include or call files of the other.',
    'Rooms named in grey are used as well; a chain of arrows leads to each of them already.',
)

HEAD = '''\
<?xml version="1.0" encoding="UTF-8"?>
<!--
SPDX-License-Identifier: LGPL-2.1-or-later
SPDX-FileCopyrightText: The QSocket authors

Drawn by tools/draw-layers.py; not to be edited.
-->
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"
     viewBox="0 0 {width} {height}" role="img" aria-labelledby="title">
  <title id="title">The rooms of QSocket and what each is built on</title>
  <defs>
    <marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8"
            orient="auto"><path d="M 0 1 L 10 5 L 0 9 z" fill="#3d4f66"/></marker>
  </defs>
  <style>
    text {{ font-family: sans-serif; text-anchor: middle; fill: #1c2733; }}
    .name {{ font-size: 16px; font-weight: bold; }}
    .purpose {{ font-size: 13px; }}
    .also, .legend {{ font-size: 11px; fill: #566578; }}
    .room {{ fill: #eef3f9; stroke: #3d4f66; stroke-width: 1.5; }}
    .use {{ fill: none; stroke: #3d4f66; stroke-width: 1.5; marker-end: url(#head); }}
  </style>
  <rect width="{width}" height="{height}" fill="#ffffff"/>
'''


def used_rooms():
    """For each room, from the lowest, the rooms that its files use, in the same order."""
    place = {room.name: i for i, room in enumerate(rooms.ROOMS)}
    used = {name: set() for name in place}
    for name, other, source, what in sources.uses_of_rooms():
        if place[other] > place[name]:
            sys.exit(f'{source} uses {what} of {other}, which stands above {name}')
        used[name].add(other)
    return {name: sorted(others, key=place.get) for name, others in used.items()}


def split_uses(used):
    """Two lists of (room, other room): those to draw an arrow for, and those to which a chain of
    arrows leads already."""
    below = {}
    for name, others in used.items():
        below[name] = set(others).union(*(below[other] for other in others))

    arrows, implied = [], []
    for name, others in used.items():
        for other in others:
            is_implied = any(other in below[between] for between in others)
            (implied if is_implied else arrows).append((name, other))
    return arrows, implied


def find_levels():
    """How high each room stands: above all that it is built on."""
    levels = {}
    for room in rooms.ROOMS:
        levels[room.name] = max((levels[other] + 1 for other in room.below), default=0)
    return levels


class Picture:
    def __init__(self):
        levels = find_levels()
        columns = [room.column for room in rooms.ROOMS]
        top = max(levels.values())
        self.width = 2 * MARGIN + BOX_WIDTH + (max(columns) - min(columns)) * COLUMN_WIDTH
        self.height = (2 * MARGIN + BOX_HEIGHT + top * LEVEL_HEIGHT + 16 * len(LEGEND) + 14)
        self.centres = {
            room.name: (MARGIN + BOX_WIDTH // 2 + (room.column - min(columns)) * COLUMN_WIDTH,
                        MARGIN + BOX_HEIGHT // 2 + (top - levels[room.name]) * LEVEL_HEIGHT)
            for room in rooms.ROOMS
        }
        self.parts = [HEAD.format(width=self.width, height=self.height)]

    def text(self, kind, x, y, words):
        self.parts.append(f'  <text class="{kind}" x="{x}" y="{y}">{html.escape(words)}</text>\n')

    def arrow(self, name, other):
        (x1, y1), (x2, y2) = self.centres[name], self.centres[other]
        across = BOX_WIDTH // 2 if x2 > x1 else -BOX_WIDTH // 2
        if x1 == x2:
            way = [(x1, y1 + BOX_HEIGHT // 2)]
            end = (x2, y2 - BOX_HEIGHT // 2)
        elif abs(x2 - self.width // 2) > abs(x1 - self.width // 2):
            # Away from the middle: out to the side, where there is room, and then down.
            way = [(x1 + across, y1), (x2, y1)]
            end = (x2, y2 - BOX_HEIGHT // 2)
        else:
            way = [(x1, y1 + BOX_HEIGHT // 2), (x1, y2)]
            end = (x2 - across, y2)
        points = ' L '.join(f'{x} {y}' for x, y in way + [end])
        self.parts.append(f'  <path class="use" d="M {points}"/>\n')

    def box(self, room, also):
        x, y = self.centres[room.name]
        self.parts.append(
            f'  <rect class="room" x="{x - BOX_WIDTH // 2}" y="{y - BOX_HEIGHT // 2}"'
            f' width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6"/>\n')
        self.text('name', x, y - 12 if also else y - 4, room.name)
        self.text('purpose', x, y + 7 if also else y + 16, room.purpose)
        if also:
            self.text('also', x, y + 25, also)

    def finish(self):
        for i, line in enumerate(LEGEND):
            self.text('legend', self.width // 2,
                      self.height - MARGIN - 16 * (len(LEGEND) - 1 - i), line)
        return ''.join(self.parts) + '</svg>\n'


def draw():
    arrows, implied = split_uses(used_rooms())
    picture = Picture()
    for name, other in arrows:
        picture.arrow(name, other)
    for room in rooms.ROOMS:
        others = [other for name, other in implied if name == room.name]
        picture.box(room, 'also ' + ', '.join(others) if others else '')
    return picture.finish()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--check', action='store_true')
    args = parser.parse_args()

    picture = draw()
    if not args.check:
        PICTURE.write_text(picture, encoding='utf-8')
    elif not PICTURE.exists() or PICTURE.read_text(encoding='utf-8') != picture:
        print('docs/layers.svg is out of date: run python3 tools/draw-layers.py',
              file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
