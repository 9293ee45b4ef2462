// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The QSocket authors

// Cases in JavaScript, reported in the Test Anything Protocol.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import System from 'system';

// Thrown by a case that cannot run here.
export class Skip extends Error {}

export function assert(condition, message = 'does not hold') {
  if (!condition)
    throw new Error(message);
}

export function equal(actual, expected) {
  const [left, right] = [actual, expected].map(value => JSON.stringify(value));
  assert(left === right, `${left} instead of ${right}`);
}

// The files of a certificate for 127.0.0.1 that signs itself, and of its key.
export function makeCertificate(folder) {
  if (GLib.find_program_in_path('openssl') === null)
    throw new Skip('no openssl');
  const files = ['certificate', 'key'].map(name => GLib.build_filenamev([folder, name]));
  const options = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 1 -subj /CN=test ' +
    '-addext subjectAltName=IP:127.0.0.1';
  Gio.Subprocess.new(
    ['openssl', 'req', '-x509', ...options.split(' '), '-out', files[0], '-keyout', files[1]],
    Gio.SubprocessFlags.STDERR_SILENCE).wait_check(null);
  return files;
}

// Runs the functions of an object, one after the other, and ends the program.
export async function runCases(prefix, cases) {
  let failed = 0;
  let number = 0;
  print(`1..${Object.keys(cases).length}`);
  for (const [name, run] of Object.entries(cases)) {
    number++;
    try {
      await run();
      print(`ok ${number} ${prefix}/${name}`);
    } catch (error) {
      if (error instanceof Skip) {
        print(`ok ${number} ${prefix}/${name} # SKIP ${error.message}`);
        continue;
      }
      failed++;
      print(`# ${error.message}\n${error.stack ?? ''}`.trim().replaceAll('\n', '\n# '));
      print(`not ok ${number} ${prefix}/${name}`);
    }
  }
  System.exit(failed > 0 ? 1 : 0);
}
