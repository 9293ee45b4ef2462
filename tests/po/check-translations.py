# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

"""The files of po/ know all sources with messages, and the translations fit the messages."""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys

import tap

MARKED = re.compile(r'\bN?_\s*\(\s*"')

# One message: a mark, literals that stand side by side, and what follows them.
MESSAGE = re.compile(r'\bN?_\s*\(\s*((?:"(?:[^"\\\n]|\\.)*"\s*)+)(.)', re.DOTALL)


def read_list(path):
    """The lines of a list of po/, without comments."""
    lines = [line.strip() for line in path.read_text().splitlines()]
    return [line for line in lines if line and not line.startswith('#')]


def find_marked(root):
    return sorted(str(path.relative_to(root))
                  for path in root.glob('qsocket/**/*.[ch]')
                  if MARKED.search(path.read_text()))


def check_potfiles(root):
    listed = read_list(root / 'po' / 'POTFILES.in')
    marked = find_marked(root)
    if not marked:
        raise tap.Failed('no source has a message')
    tap.compare_lines(marked, listed, 'po/POTFILES.in')
    if listed != sorted(listed):
        raise tap.Failed('po/POTFILES.in is not in alphabetical order')


def check_linguas(root):
    languages = read_list(root / 'po' / 'LINGUAS')
    tap.compare_lines(sorted(path.stem for path in (root / 'po').glob('*.po')), languages,
                      'po/LINGUAS')


def check_literals(root):
    # xgettext would cut a message where a macro, such as G_GSIZE_FORMAT, begins.
    wrong = [f'{name}: {match.group(1).strip()}'
             for name in find_marked(root)
             for match in MESSAGE.finditer((root / name).read_text())
             if match.group(2) != ')']
    if wrong:
        raise tap.Failed('\n'.join(['messages that are not one literal:'] + wrong))


def check_language(path):
    msgfmt = shutil.which('msgfmt')
    if msgfmt is None:
        raise tap.Skip('msgfmt is not installed')
    result = subprocess.run([msgfmt, '--check', '--output-file', '/dev/null', path],
                            capture_output=True, text=True)
    if result.returncode != 0:
        raise tap.Failed(result.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('root', type=pathlib.Path)
    root = parser.parse_args().root

    return tap.run([
        ('/po/potfiles', lambda: check_potfiles(root)),
        ('/po/linguas', lambda: check_linguas(root)),
        ('/po/literals', lambda: check_literals(root)),
    ] + [(f'/po/language/{path.stem}', lambda p=path: check_language(p))
         for path in sorted((root / 'po').glob('*.po'))])


if __name__ == '__main__':
    sys.exit(main())
