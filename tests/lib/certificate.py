# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

"""A certificate for tests of TLS."""

import os
import shutil
import subprocess

import tap


def make_certificate(folder):
    """The files of a certificate for 127.0.0.1 that signs itself, and of its key."""
    if shutil.which('openssl') is None:
        raise tap.Skip('no openssl')
    files = [os.path.join(folder, name) for name in ('certificate', 'key')]
    subprocess.run(
        ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
         '-noenc', '-days', '1', '-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1',
         '-out', files[0], '-keyout', files[1]],
        check=True, stderr=subprocess.DEVNULL)
    return files
