# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

"""Adds up the test cases of one or more build folders.

Prints which cases were skipped, and why, and which failed; then, as the last
line, `N passed, N failed, N skipped`. The exit status tells whether any failed.
A test that speaks TAP counts once for each case; one that ends badly without a
failed case, such as by a crash or a timeout, adds one failure.
"""

import argparse
import json
import pathlib
import re
import sys

CASE = re.compile(r'^(not )?ok\b\s*(?:\d+\b)?\s*(?:- )?(.*?)\s*(?:#\s*(SKIP|TODO)\S*\s*(.*))?$',
                  re.IGNORECASE)
PLAN = re.compile(r'^1\.\.\d+(?:\s*#\s*SKIP\S*\s*(.*))?\s*$', re.IGNORECASE)

GOOD_ENDS = ('OK', 'EXPECTEDFAIL', 'SKIP')


class Results:
    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []

    def add_case(self, name, is_ok, directive, reason):
        if directive == 'SKIP':
            self.skipped.append(f'{name}: {reason}')
        elif is_ok or directive == 'TODO':
            self.passed += 1
        else:
            self.failed.append(name)

    def add_test(self, name, test):
        """One line of meson's log: a program with its output and its end."""
        lines = (test['stdout'] or '').splitlines()
        plans = [match for match in map(PLAN.match, lines) if match]
        cases = [match for match in map(CASE.match, lines) if match] if plans else []
        failures = len(self.failed)

        for match in cases:
            self.add_case(f'{name}: {match[2]}', match[1] is None, (match[3] or '').upper(),
                          match[4])
        if test['result'] not in GOOD_ENDS:
            if len(self.failed) == failures:
                self.failed.append(f"{name}: {test['result']}")
        elif not cases:
            skipped = test['result'] == 'SKIP'
            reason = next((match[1] for match in plans if match[1]), 'no reason given')
            self.add_case(name, True, 'SKIP' if skipped else '', reason)

    def add_folder(self, label, folder):
        log = folder / 'meson-logs' / 'testlog.json'
        if log.exists():
            for line in log.read_text(errors='replace').splitlines():
                test = json.loads(line)
                # Meson writes "project:suite / name".
                self.add_test(f"{label}: {test['name'].split(' / ')[-1]}", test)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--broken', action='append', default=[], metavar='STEP',
                        help='a step that did not get as far as running tests')
    parser.add_argument('folders', nargs='+', metavar='LABEL=BUILD-FOLDER')
    args = parser.parse_args()

    results = Results()
    results.failed += args.broken
    for folder in args.folders:
        label, path = folder.split('=', 1)
        results.add_folder(label, pathlib.Path(path))

    for title, names in (('Skipped', results.skipped), ('Failed', results.failed)):
        if names:
            print(f'\n{title}:')
            print('\n'.join(f'  {name}' for name in names))
    print(f'\n{results.passed} passed, {len(results.failed)} failed, '
          f'{len(results.skipped)} skipped')
    return 1 if results.failed or not results.passed else 0


if __name__ == '__main__':
    sys.exit(main())
