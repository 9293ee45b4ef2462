# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

"""Reads the sources of the library as text: what they include, define and refer to.

This is no parser of C. It relies on the style that CONTRIBUTING.md describes: the name of a
function stands at the start of a line, its type on the line before, and its braces at the start
of lines of their own.
"""

import bisect
import dataclasses
import functools
import pathlib
import re

import rooms

ROOT = pathlib.Path(__file__).resolve().parent.parent

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"(?:[^"]*/)?([^"/]+)"', re.MULTILINE)
NO_CODE = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
FUNCTION = re.compile(r'^(?P<type>\w[^;{}()#]*)\n(?P<name>\w+) \((?P<arguments>[^;{}]*)\)\n\{\n'
                      r'(?P<body>.*?)^\}', re.MULTILINE | re.DOTALL)
DECLARATION = re.compile(r'^(?P<type>\w[\w \n]*?[ *]+)(?P<name>q_\w+) +\([^;{}]*;', re.MULTILINE)
VARIABLE = re.compile(r'^(?!static|extern|typedef)\w[\w ]*?[ *]+(\w+)(?:\[.*\])? = ', re.MULTILINE)
NAME = re.compile(r'\bq_\w+')


@dataclasses.dataclass(frozen=True)
class Function:
    name: str
    first_line: int     # of its type
    lines: int          # from brace to brace
    is_static: bool


def blank(text):
    """The same text, line by line, with comments, strings and characters blanked."""
    return NO_CODE.sub(lambda match: re.sub(r'[^\n]', ' ', match[0]), text)


class Source:
    """One .c or .h file of a room."""

    def __init__(self, path):
        self.path = path
        self.name = path.name
        self.room = path.parent.name
        self.is_header = path.suffix == '.h'
        self.is_public = self.is_header and not path.stem.endswith('-private')
        self.text = path.read_text(encoding='utf-8')

    def __str__(self):
        return str(self.path.relative_to(ROOT))

    @functools.cached_property
    def code(self):
        return blank(self.text)

    @functools.cached_property
    def unit(self):
        """What a .c file and its headers have in common."""
        return self.path.stem.removesuffix('-private')

    @functools.cached_property
    def includes(self):
        """The names of the files that it includes with quotation marks."""
        return INCLUDE.findall(self.text)

    @functools.cached_property
    def functions(self):
        starts = [0] + [match.end() for match in re.finditer('\n', self.code)]
        return [
            Function(name=match['name'],
                     first_line=bisect.bisect_right(starts, match.start()),
                     lines=match['body'].count('\n') + 2,
                     is_static=match['type'].startswith('static'))
            for match in FUNCTION.finditer(self.code)
        ]

    @functools.cached_property
    def definitions(self):
        """The names that other files can refer to."""
        return ({function.name for function in self.functions if not function.is_static}
                | set(VARIABLE.findall(self.code)))

    @functools.cached_property
    def declarations(self):
        return {match['name'] for match in DECLARATION.finditer(self.code)
                if not match['type'].startswith('typedef')}

    @functools.cached_property
    def references(self):
        return set(NAME.findall(self.code)) - self.definitions


@functools.cache
def read_library():
    """All files of all rooms, in the order of the rooms."""
    return [Source(path)
            for room in rooms.ROOMS
            for path in sorted((ROOT / 'qsocket' / room.name).glob('*.[ch]'))]


@functools.cache
def headers_by_name():
    return {source.name: source for source in read_library() if source.is_header}


@functools.cache
def definers():
    """The .c file of each function and variable that is not static."""
    return {name: source
            for source in read_library() if not source.is_header
            for name in source.definitions}


def uses_of_rooms():
    """(room, other room, file, what) for all that goes from one room to another."""
    headers = headers_by_name()
    places = definers()
    for source in read_library():
        for name in source.includes:
            if name in headers and headers[name].room != source.room:
                yield source.room, headers[name].room, source, name
        for name in sorted(source.references):
            if name in places and places[name].room != source.room:
                yield source.room, places[name].room, source, name
