# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

"""Runs test functions and reports them in the Test Anything Protocol."""

import traceback


class Skip(Exception):
    """Raised by a case that cannot run here; says why."""


class Failed(Exception):
    """Raised by a case whose message says it all."""


def run(cases):
    """Runs (name, function) pairs; gives the exit status."""
    failed = 0
    print(f'1..{len(cases)}', flush=True)
    for number, (name, function) in enumerate(cases, 1):
        try:
            function()
        except Skip as reason:
            print(f'ok {number} {name} # SKIP {reason}', flush=True)
        except Exception as error:
            failed += 1
            text = str(error) if isinstance(error, Failed) else traceback.format_exc()
            for line in text.splitlines():
                print(f'# {line}')
            print(f'not ok {number} {name}', flush=True)
        else:
            print(f'ok {number} {name}', flush=True)
    return 1 if failed else 0


def run_functions(namespace, prefix):
    """Runs every function test_… of a module; names them after the prefix."""
    return run([
        (prefix + name[len('test_'):].replace('_', '-'), function)
        for name, function in namespace.items()
        if name.startswith('test_')
    ])


def compare_lines(expected, actual, what):
    """Fails with the lines that are missing and those that are too many."""
    missing = [line for line in expected if line not in set(actual)]
    surplus = [line for line in actual if line not in set(expected)]
    if missing or surplus:
        raise Failed('\n'.join(
            [f'{what} differs']
            + [f'  expected: {line}' for line in missing]
            + [f'  found:    {line}' for line in surplus]))
