# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

"""The public headers stand on their own, as they do when installed: flat in one folder."""

import argparse
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import tap

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)

# What a public header may take from others.
OUTSIDE = {'glib.h', 'glib-object.h', 'gio/gio.h'}


def includes(header):
    return INCLUDE.findall(header.read_text())


def check_includes(header, public):
    for kind, name in includes(header):
        if name not in (OUTSIDE if kind == '<' else public):
            raise tap.Failed(f'{header.name} includes {name}, which is not public')


def check_guarded(header):
    text = header.read_text()
    if text.count('#pragma once') != 1 and '#ifndef' not in text:
        raise tap.Failed(f'{header.name} is not guarded against a second inclusion')


def check_umbrella(umbrella, public):
    tap.compare_lines(sorted(public - {umbrella.name}),
                     sorted(name for _, name in includes(umbrella)),
                     f'what {umbrella.name} includes')


def check_compiles(command, folder, header, language):
    # Twice: a second inclusion must do nothing.
    program = f'#include <qsocket/{header.name}>\n' * 2 + 'int main (void) { return 0; }\n'
    result = subprocess.run(
        command + ['-fsyntax-only', '-Wall', '-Wextra', '-Werror',
                   f'-I{folder}', '-x', language, '-'],
        input=program, capture_output=True, text=True)
    if result.returncode != 0:
        raise tap.Failed(result.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--umbrella', type=pathlib.Path, required=True)
    parser.add_argument('--cc', required=True)
    parser.add_argument('--cxx', default='')
    parser.add_argument('headers', type=pathlib.Path, nargs='+')
    args = parser.parse_args()

    headers = args.headers + [args.umbrella]
    public = {header.name for header in headers}
    cflags = shlex.split(subprocess.run(['pkg-config', '--cflags', 'gio-2.0'], check=True,
                                        capture_output=True, text=True).stdout)

    with tempfile.TemporaryDirectory() as root:
        folder = pathlib.Path(root, 'qsocket')
        folder.mkdir()
        for header in headers:
            (folder / header.name).symlink_to(header.resolve())

        def cxx_missing():
            raise tap.Skip('no C++ compiler')

        cases = [('/introspection/headers/umbrella',
                  lambda: check_umbrella(args.umbrella, public))]
        for header in headers:
            name = f'/introspection/headers/{header.stem}'
            cases += [
                (f'{name}/includes', lambda h=header: check_includes(h, public)),
                (f'{name}/guarded', lambda h=header: check_guarded(h)),
                (f'{name}/c', lambda h=header: check_compiles(
                    shlex.split(args.cc) + cflags, root, h, 'c')),
                (f'{name}/c++', (lambda h=header: check_compiles(
                    shlex.split(args.cxx) + cflags, root, h, 'c++'))
                 if args.cxx else cxx_missing),
            ]
        return tap.run(cases)


if __name__ == '__main__':
    sys.exit(main())
