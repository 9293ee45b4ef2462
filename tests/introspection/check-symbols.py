# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

"""The shared library exports the symbols of a list, no more and no fewer.

With --update the list is written anew; what a release exported stays in it.
"""

import argparse
import pathlib
import subprocess
import sys

import tap


def exported(nm, library):
    output = subprocess.run([nm, '--dynamic', '--defined-only', '--format=posix', library],
                            check=True, capture_output=True, text=True).stdout
    return sorted(line.split()[0] for line in output.splitlines())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('list', type=pathlib.Path)
    parser.add_argument('--nm', required=True)
    parser.add_argument('--library', required=True)
    parser.add_argument('--update', action='store_true')
    args = parser.parse_args()

    actual = exported(args.nm, args.library)
    if args.update:
        args.list.write_text(''.join(f'{symbol}\n' for symbol in actual))
        return 0

    expected = args.list.read_text().splitlines()

    def sorted_once():
        if expected != sorted(set(expected)):
            raise tap.Failed(f'{args.list} is not sorted, or names a symbol twice')

    def prefixed():
        strangers = [symbol for symbol in actual if not symbol.startswith('q_')]
        if strangers:
            raise tap.Failed(f'exported without the prefix q_: {strangers}')

    return tap.run([
        ('/introspection/symbols/list-is-sorted', sorted_once),
        ('/introspection/symbols/prefix', prefixed),
        ('/introspection/symbols/exported',
         lambda: tap.compare_lines(expected, actual, 'what the library exports')),
    ])


if __name__ == '__main__':
    sys.exit(main())
