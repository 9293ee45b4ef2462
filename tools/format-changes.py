# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

"""Formats the lines of C that changed since a commit, and no others.

Statements go through clang-format, with the rules of .clang-format. It could not keep what the
sources align by hand, that is parameters, the comments of structures, and tables; so of the rest
only the parameters of functions are aligned, by heads.py. Files that git does not know yet count
as changed altogether.

With --align the parameters in the given files are aligned, changed or not, and nothing else.
"""

import argparse
import pathlib
import re
import subprocess
import sys

import heads
import sources

HUNK = re.compile(r'^@@ -\S+ \+(\d+)(?:,(\d+))? @@', re.MULTILINE)


def git(*arguments):
    return subprocess.run(('git', *arguments), cwd=sources.ROOT, check=True,
                          stdout=subprocess.PIPE, text=True).stdout


def changed_lines(revision):
    """For each path the numbers of its changed lines; None for all of them."""
    kinds = ('--', '*.c', '*.h')
    changed = {}
    for name in git('diff', '--name-only', '--diff-filter=d', revision, *kinds).splitlines():
        lines = set()
        for match in HUNK.finditer(git('diff', '--unified=0', revision, '--', name)):
            first, number = int(match[1]), int(match[2] or 1)
            lines.update(range(first, first + number))
        changed[sources.ROOT / name] = lines
    for name in git('ls-files', '--others', '--exclude-standard', *kinds).splitlines():
        changed[sources.ROOT / name] = None
    return changed


def align_heads(path, changed):
    text = path.read_text(encoding='utf-8')
    lines = text.split('\n')
    for head in heads.find(text):
        numbers = range(head.first + 1, head.first + len(head.lines) + 1)
        if (changed is None or not changed.isdisjoint(numbers)) and not heads.is_aligned(head):
            lines[head.first:head.first + len(head.lines)] = heads.align(head)
    path.write_text('\n'.join(lines), encoding='utf-8')


def ranges_in_bodies(path, changed):
    """(first, last) of the changed lines that stand in the body of a function."""
    code = sources.blank(path.read_text(encoding='utf-8'))
    ranges = []
    for match in sources.FUNCTION.finditer(code):
        first = code.count('\n', 0, match.start('body')) + 1
        for number in range(first, first + match['body'].count('\n')):
            if changed is not None and number not in changed:
                continue
            if ranges and ranges[-1][1] == number - 1:
                ranges[-1] = (ranges[-1][0], number)
            else:
                ranges.append((number, number))
    return ranges


def format_file(path, changed):
    before = path.read_text(encoding='utf-8')
    align_heads(path, changed)
    ranges = ranges_in_bodies(path, changed)
    if ranges:
        subprocess.run(['clang-format', '-i', '--style=file']
                       + [f'--lines={first}:{last}' for first, last in ranges] + [path],
                       check=True)
    if path.read_text(encoding='utf-8') != before:
        print(f'formatted {path.relative_to(sources.ROOT)}')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--align', nargs='+', type=pathlib.Path, metavar='FILE')
    parser.add_argument('revision', nargs='?', default='HEAD')
    args = parser.parse_args()

    if args.align:
        for path in args.align:
            align_heads(path, None)
        return 0

    for path, changed in sorted(changed_lines(args.revision).items()):
        format_file(path, changed)
    return 0


if __name__ == '__main__':
    sys.exit(main())
