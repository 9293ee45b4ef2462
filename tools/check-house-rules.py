# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

"""Checks the rules that CONTRIBUTING.md gives for the sources, and reports in TAP.

With --report it prints instead how long files and functions are, which is advice and no rule.
With --build-folder it also compiles each private header by itself, with the compiler and the
flags of that build.
"""

import argparse
import concurrent.futures
import functools
import graphlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

import heads
import rooms
import sources

sys.path.insert(0, str(sources.ROOT / 'tests' / 'lib'))

import tap  # noqa: E402, it lies in the folder that was added

ROOT = sources.ROOT
FOLDERS = {'docs', 'introspection', 'po', 'qsocket', 'tests', 'tools', '.ci'}

# Those that have a table of the rooms.
ROOM_GUIDES = ('CONTRIBUTING.md', 'ARCHITECTURE.md')

GUIDES = ROOM_GUIDES + ('README.md', 'RELEASE.md', 'SECURITY.md')

# Advice, for --report.
LONG_FILE = 600
LONG_FUNCTION = 50

# A rule: what a C programmer skims.
LONG_PUBLIC_HEADER = 300

WIDTH = 100

# So many lines say what kind of thing is wrong.
MAX_SHOWN = 20

# Files without a place for the two lines, and those where a reader would stumble over them.
WITHOUT_SPDX = re.compile(r'.*\.(md|png)|NEWS|LICENSE|introspection/symbols\.txt|po/.*\.pot')

# Texts of others, bytes that a test reads, and pictures.
NOT_STYLED = re.compile(r'LICENSE|tests/fuzz/corpus/.*|.*\.(png|svg|po|pot)')

SPDX = ('SPDX-License-Identifier: LGPL-2.1-or-later',
        'SPDX-FileCopyrightText: The QSocket authors')

# Folders that only one machine has: its homes, and what its administrator named himself.
PLACE = re.compile(r'(?<![\w./)}-])/(?:home|root|work|mnt|media|workspace|Users)/\w')

DOC_COMMENT = re.compile(r'/\*\*\n \* (?P<name>q_\w+):.*?\*/\n(?P<below>(?:[^\n]+\n){0,12})',
                         re.DOTALL)

# What the build makes.
GENERATED = {'config.h': 'base', 'q-enum-types.h': 'base', 'q-version.h': 'base'}


def fail_with(problems, what):
    if problems:
        more = len(problems) - MAX_SHOWN
        raise tap.Failed('\n'.join(
            [f'{what}:']
            + [f'  {problem}' for problem in problems[:MAX_SHOWN]]
            + ([f'  and {more} more'] if more > 0 else [])))


# ---- all files ----

def is_build_folder(path):
    return (path / 'meson-info').is_dir() or path.name.startswith(('build', '_build'))


def top_folders():
    return [path for path in sorted(ROOT.iterdir())
            if path.is_dir() and not is_build_folder(path)
            and (not path.name.startswith('.') or path.name in FOLDERS)]


@functools.cache
def all_files():
    """(path from the top, content) of each file but those that a build or git made."""
    files = [path for path in ROOT.iterdir() if path.is_file() and path.name != '.git']
    for folder in top_folders():
        files += [path for path in folder.rglob('*')
                  if path.is_file() and '__pycache__' not in path.parts]
    return [(path.relative_to(ROOT).as_posix(), path.read_bytes()) for path in sorted(files)]


def check_top_folders():
    fail_with([path.name for path in top_folders() if path.name not in FOLDERS],
              'folders that do not belong to the top')


def check_spdx():
    problems = []
    for name, content in all_files():
        if WITHOUT_SPDX.fullmatch(name) or name.startswith('tests/fuzz/corpus/'):
            continue
        head = content.decode(errors='replace').splitlines()[:4]
        if not any(first.endswith(SPDX[0]) and second.endswith(SPDX[1])
                   for first, second in zip(head, head[1:])):
            problems.append(name)
    fail_with(problems, 'files that do not begin with the two SPDX lines')


def style_problems(text):
    for number, line in enumerate(text.split('\n'), 1):
        if line.rstrip() != line:
            yield number, 'blanks at the end'
        if '\t' in line:
            yield number, 'a tab'
        if len(line) > WIDTH:
            yield number, f'{len(line)} columns'
    if not text.endswith('\n') or text.endswith('\n\n'):
        yield number, 'the file does not end with one line end'


def check_style():
    problems = []
    for name, content in all_files():
        if not NOT_STYLED.fullmatch(name):
            try:
                problems += [f'{name}:{number}: {problem}'
                             for number, problem in style_problems(content.decode())
                             if not (name.endswith('.md') and 'columns' in problem)]
            except UnicodeDecodeError:
                problems.append(f'{name}: not UTF-8')
    fail_with(problems, 'lines that are not as .editorconfig describes')


def check_parameters():
    problems = [f'{name}:{head.first + 1}: {head.lines[0]}'
                for name, content in all_files() if name.endswith(('.c', '.h'))
                for head in heads.find(content.decode(errors='replace'))
                if not heads.is_aligned(head)]
    fail_with(problems, 'parameters that are not aligned (tools/format-changes.py --align FILE)')


def check_places():
    fail_with([f'{name}:{number}: {line.strip()}'
               for name, content in all_files()
               for number, line in enumerate(content.decode(errors='replace').splitlines(), 1)
               if PLACE.search(line)],
              'paths that only one machine has')


# ---- rooms ----

def meson_rooms():
    """(name, rooms below) of each static library of qsocket/meson.build, in their order."""
    text = (ROOT / 'qsocket' / 'meson.build').read_text()
    names = {room.name for room in rooms.ROOMS}
    for match in re.finditer(r"^(\w+)_lib = static_library\('q-\1',(.*?)^\)", text,
                             re.MULTILINE | re.DOTALL):
        needs = re.search(r'dependencies: (\[[^]]*\]|\w+)', match[2])
        below = set(re.findall(r'(\w+)_dep\b', needs[1])) & names
        yield match[1], below


def check_room_list():
    tap.compare_lines([f'{room.name}: {" ".join(sorted(room.below))}' for room in rooms.ROOMS],
                      [f'{name}: {" ".join(sorted(below))}' for name, below in meson_rooms()],
                      'qsocket/meson.build')
    if [room.name for room in rooms.ROOMS] != [name for name, _ in meson_rooms()]:
        raise tap.Failed('qsocket/meson.build has the rooms in another order')

    tap.compare_lines([room.name for room in rooms.ROOMS],
                      sorted(path.name for path in (ROOT / 'qsocket').iterdir() if path.is_dir()),
                      'the list of folders in qsocket')


def check_room_tables():
    expected = [room.name for room in rooms.ROOMS]
    for guide in ROOM_GUIDES:
        rows = re.findall(r'^\| `qsocket/(\w+)` \|', (ROOT / guide).read_text(), re.MULTILINE)
        if rows != expected:
            raise tap.Failed(f'the table of {guide} is: {rows}\nthe rooms are: {expected}')


def check_names_in_guides():
    """What the guides name is there."""
    texts = {name: content.decode(errors='replace') for name, content in all_files()}
    words = set(re.findall(r'\w+', '\n'.join(text for name, text in texts.items()
                                             if name.endswith(('.c', '.h')))))
    files = set(texts) | {name.rpartition('/')[2] for name in texts}
    problems = []
    for guide in GUIDES:
        for name in re.findall(r'`([^`\n]+)`', texts[guide]):
            symbol = re.fullmatch(r'([qQ]_\w+|Q[A-Z][a-z]\w+)(?: \(\))?', name)
            if symbol and symbol[1] not in words:
                problems.append(f'{guide}: {name}')
            elif re.fullmatch(r'[\w.][\w./-]*\.(c|h|in|py|md|svg|build|txt|doap)', name):
                if name not in files:
                    problems.append(f'{guide}: {name}')
    fail_with(problems, 'names of the guides that are not in the sources')


def check_sources_are_built():
    text = (ROOT / 'qsocket' / 'meson.build').read_text()
    fail_with([source for source in sources.read_library()
               if not source.is_header and f"'{source.room}/{source.name}'" not in text],
              'files that qsocket/meson.build does not name')


def check_tests_are_run():
    builds = '\n'.join(path.read_text() for path in (ROOT / 'tests').rglob('meson.build'))
    names = set(re.findall(r"'([\w.-]+)'", builds))
    fail_with([path.relative_to(ROOT) for path in sorted((ROOT / 'tests').glob('*/test-*.c'))
               if path.parent.name != 'lib'
               and not names & {path.name, path.stem.removeprefix('test-')}],
              'test programs that no meson.build names')


def check_room_uses():
    problems = [f'{source}: {what} of {other}'
                for room, other, source, what in sources.uses_of_rooms()
                if other not in rooms.reach(room)]
    fail_with(problems, 'uses of a room that is not below')


def check_includes_are_known():
    known = set(sources.headers_by_name()) | set(GENERATED)
    fail_with([f'{source}: {name}' for source in sources.read_library()
               for name in source.includes if name not in known],
              'includes of a file that no room has')


# ---- circles ----

def find_circle(graph):
    """The nodes of one circle, or none."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def check_header_circles():
    headers = sources.headers_by_name()
    graph = {header.name: {name for name in header.includes if name in headers}
             for header in headers.values()}
    fail_with(find_circle(graph), 'headers that include each other')


def check_call_circles():
    """A .c file counts with its headers as one; inline functions are not followed."""
    places = sources.definers()
    graph, calls = {}, {}
    for source in sources.read_library():
        for name in () if source.is_header else sorted(source.references):
            if name in places and places[name].unit != source.unit:
                graph.setdefault(source.unit, set()).add(places[name].unit)
                calls.setdefault((source.unit, places[name].unit), []).append(name)
    circle = find_circle(graph)
    fail_with([f'{caller} calls {called}: {" ".join(names)}'
               for (caller, called), names in sorted(calls.items())
               if caller in circle and called in circle],
              'files that call each other in a circle')


# ---- headers ----

def check_header_names():
    """What a header declares is defined in the .c file of its name, or of a name that begins
    with its name."""
    places = sources.definers()
    fail_with([f'{source}: {name} is defined in {places[name]}'
               for source in sources.read_library() if source.is_header
               for name in sorted(source.declarations)
               if name in places and not f'{places[name].unit}-'.startswith(f'{source.unit}-')],
              'headers that declare what a .c file of another name defines')


def check_public_headers():
    fail_with([f'{source}: {len(source.text.splitlines())} lines'
               for source in sources.read_library()
               if source.is_public and len(source.text.splitlines()) >= LONG_PUBLIC_HEADER],
              f'public headers of {LONG_PUBLIC_HEADER} lines or more')


def check_doc_comments():
    """Each doc comment of a function stands directly above the function."""
    exported = set((ROOT / 'introspection' / 'symbols.txt').read_text().split())
    places = sources.definers()
    problems = []
    for source in sources.read_library():
        for match in DOC_COMMENT.finditer(source.text):
            name = match['name']
            if name not in exported:
                problems.append(f'{source}: {name} is no public function')
            elif name in places and source != places[name]:
                problems.append(f'{source}: {name} is defined in {places[name]}')
            elif name in places and not re.search(rf'^{name} \(', match['below'], re.MULTILINE):
                problems.append(f'{source}: {name} does not follow its comment')
    fail_with(problems, 'doc comments that do not stand above their function')


def compile_commands(folder):
    """The compiler and its flags for each room, as the build has them."""
    commands = {}
    for entry in json.loads((folder / 'compile_commands.json').read_text()):
        match = re.fullmatch(r'qsocket/libq-(\w+)\.a\.p/.*', entry['output'])
        if match and match[1] not in commands:
            words = shlex.split(entry['command'])
            # All but what to read and what to write.
            commands[match[1]] = [word for word in words[:words.index('-MD')]
                                  if not word.startswith('-fdiagnostics-color')]
    return commands


def compile_header(folder, command, header):
    # Twice: a second inclusion must do nothing.
    program = f'#include "{header.name}"\n' * 2
    result = subprocess.run(command + ['-fsyntax-only', '-x', 'c', '-'], cwd=folder,
                            input=program, capture_output=True, text=True)
    return f'{header}:\n{result.stderr}' if result.returncode != 0 else None


def check_self_contained(folder):
    commands = compile_commands(folder)
    headers = [header for header in sources.headers_by_name().values() if not header.is_public]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(
            lambda header: compile_header(folder, commands[header.room], header), headers)
    fail_with([result for result in results if result],
              'headers that do not include what they need')


# ---- the report ----

def report():
    library = sources.read_library()
    code = [len(source.text.splitlines()) for source in library if not source.is_header]
    functions = [(function.lines, source, function)
                 for source in library for function in source.functions]
    lengths = sorted(n for n, _, _ in functions)

    print(f'{len(code)} .c files: {sorted(code)[len(code) // 2]} lines in the middle,'
          f' {max(code)} at most')
    print(f'{len(lengths)} functions: {lengths[len(lengths) // 2]} lines in the middle,'
          f' {lengths[len(lengths) * 9 // 10]} at nine tenths, {lengths[-1]} at most')

    print(f'\nFiles of more than {LONG_FILE} lines:')
    for name, content in all_files():
        if name.endswith(('.c', '.h', '.py')) and len(content.splitlines()) > LONG_FILE:
            print(f'  {len(content.splitlines()):5} {name}')

    print(f'\nFunctions of more than {LONG_FUNCTION} lines:')
    for n, source, function in sorted(functions, key=lambda row: -row[0]):
        if n > LONG_FUNCTION:
            print(f'  {n:5} {source}:{function.first_line}: {function.name}')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--report', action='store_true')
    parser.add_argument('--build-folder', type=pathlib.Path)
    args = parser.parse_args()

    if args.report:
        report()
        return 0

    def self_contained():
        if args.build_folder is None:
            raise tap.Skip('there is no build folder')
        check_self_contained(args.build_folder)

    cases = {
        '/house/top-folders': check_top_folders,
        '/house/spdx': check_spdx,
        '/house/style': check_style,
        '/house/parameters': check_parameters,
        '/house/places': check_places,
        '/house/rooms/list': check_room_list,
        '/house/rooms/tables': check_room_tables,
        '/house/guides': check_names_in_guides,
        '/house/rooms/uses': check_room_uses,
        '/house/includes': check_includes_are_known,
        '/house/sources-are-built': check_sources_are_built,
        '/house/tests-are-run': check_tests_are_run,
        '/house/circles/headers': check_header_circles,
        '/house/circles/calls': check_call_circles,
        '/house/headers/names': check_header_names,
        '/house/headers/public': check_public_headers,
        '/house/headers/self-contained': self_contained,
        '/house/doc-comments': check_doc_comments,
    }

    return tap.run(list(cases.items()))


if __name__ == '__main__':
    sys.exit(main())
