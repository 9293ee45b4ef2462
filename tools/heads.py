# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

"""The heads of functions, in definitions and prototypes: one parameter a line, names in a column.

clang-format cannot keep parameters in columns, so these are aligned here.
"""

import dataclasses
import re

import sources

START = re.compile(r'^(?!(?:typedef|return|else)\b)(?:\w[\w *]*[ *])?\w+ +\(')
PARAMETER = re.compile(r'(?P<type>\w[\w ]*?(?: \* const)*) ?(?P<stars>\**) ?'
                       r'(?P<name>\w+(?:\[\w*\])?)')


@dataclasses.dataclass(frozen=True)
class Head:
    first: int          # index of its first line
    lines: tuple

    @property
    def column(self):
        """Where the first parameter begins."""
        return START.match(self.lines[0]).end()


def find(text):
    """The heads that have several lines, with nothing but parameters between the parentheses."""
    lines = sources.blank(text).split('\n')
    original = text.split('\n')
    i = 0
    while i < len(lines):
        last = i
        if START.match(lines[i]) and ')' not in lines[i]:
            while ')' not in lines[last] and last + 1 < len(lines):
                last += 1
            inside = [lines[i].partition('(')[2]] + lines[i + 1:last + 1]
            # A comment between the parameters is left to its author.
            if lines[i:last + 1] == original[i:last + 1] and not any('(' in line or ';' in line
                                                                     for line in inside[:-1]):
                yield Head(i, tuple(lines[i:last + 1]))
        i = last + 1


def split(head):
    """(type, stars, name) of each parameter, or None if one is not of that form."""
    inside = [head.lines[0][head.column:]] + list(head.lines[1:-1])
    inside.append(head.lines[-1].partition(')')[0])
    parameters = []
    for words in (' '.join(line.split()) for line in inside):
        match = PARAMETER.fullmatch(words.removesuffix(','))
        if match:
            parameters.append(match.group('type', 'stars', 'name'))
        elif words == '...':
            parameters.append((words, '', ''))
        else:
            return None
    return parameters


def is_aligned(head):
    """Whether names stand in one column. It may be further right than need be: some headers
    align the prototypes of a group."""
    parameters = split(head)
    if parameters is None:
        return True

    columns = set()
    for i, (kind, stars, name) in enumerate(parameters):
        line = head.lines[i]
        if i > 0 and len(line) - len(line.lstrip()) != head.column:
            return False
        if name:
            end = line.partition(')')[0].rstrip(',')
            columns.add(len(end) - len(name))
            if not end.endswith(stars + name) or '* ' in end[head.column + len(kind):]:
                return False
    return len(columns) == 1


def align(head):
    parameters = split(head)
    width = max(len(kind) for kind, _, name in parameters if name)
    stars_width = max(len(stars) for _, stars, _ in parameters)
    rest = ''.join(head.lines[-1].partition(')')[1:])

    lines = []
    for i, (kind, stars, name) in enumerate(parameters):
        indent = ' ' * head.column if i > 0 else head.lines[0][:head.column]
        words = f'{kind:<{width}} {stars:>{stars_width}}{name}' if name else kind
        lines.append(indent + words + (',' if i + 1 < len(parameters) else rest))
    return lines
