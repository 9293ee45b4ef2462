#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

# Installs into a folder of its own and uses what is there from C, Python,
# JavaScript and Vala. Speaks TAP. Arguments: the build folder and the folder with
# the programs; the rest comes from the environment that meson sets.

set -u

build=$1
programs=$2

root=$(mktemp -d) || exit 1
trap 'rm -rf "$root"' EXIT

number=0
failed=0

# check NAME COMMAND...: runs the command; its output goes into the report if it fails.
check ()
{
  name=$1
  shift
  number=$((number + 1))
  if "$@" > "$root/output" 2>&1; then
    echo "ok $number /install/$name"
  else
    failed=$((failed + 1))
    sed 's/^/# /' "$root/output"
    echo "not ok $number /install/$name"
  fi
}

# skip NAME REASON
skip ()
{
  number=$((number + 1))
  echo "ok $number /install/$1 # SKIP $2"
}

have ()
{
  command -v "$1" > /dev/null
}

installed=$root$PREFIX
lib=$root$LIBDIR

# The folder stands for the prefix: what pkg-config says of the prefix follows it.
install_here ()
{
  "$MESON" install -C "$build" --no-rebuild --destdir "$root" &&
    sed -i "s|^prefix=.*|prefix=$installed|" "$lib/pkgconfig/qsocket-1.0.pc"
}

pkg_config ()
{
  PKG_CONFIG_PATH=$lib/pkgconfig pkg-config "$@"
}

version_matches ()
{
  found=$(pkg_config --modversion qsocket-1.0) && echo "$found" && [ "$found" = "$VERSION" ]
}

only_public_headers ()
{
  [ -f "$installed/include/qsocket-1.0/qsocket/qsocket.h" ] &&
    ! find "$installed" -name '*-private.h' | grep .
}

# Programs need no more than what the headers show; the rest stays behind the library.
links_little ()
{
  libs=$(pkg_config --libs qsocket-1.0) && echo "$libs" && ! echo "$libs" | grep -e -lgnutls
}

c_compiles ()
{
  # CC may be two words, and pkg-config gives many.
  # shellcheck disable=SC2046,SC2086
  $CC -Wall -Wextra -Werror -o "$root/$1" "$2" $(pkg_config --cflags --libs qsocket-1.0)
}

# The program that README.md shows.
readme_compiles ()
{
  # shellcheck disable=SC2016 # the marks of a code block
  sed -n '/^```c$/,/^```$/p' "$programs/../../README.md" | sed '/^```/d' > "$root/readme.c" &&
    [ -s "$root/readme.c" ] && c_compiles readme "$root/readme.c"
}

vala_compiles ()
{
  PKG_CONFIG_PATH=$lib/pkgconfig valac --fatal-warnings \
    --vapidir "$installed/share/vala/vapi" --girdir "$installed/share/gir-1.0" \
    --pkg qsocket-1.0 --directory "$root" --output client-vala "$programs/client.vala" -X -w
}

has_translations ()
{
  find "$root" -path '*/de/LC_MESSAGES/qsocket-1.0.mo' | grep .
}

export LD_LIBRARY_PATH="$lib"
export GI_TYPELIB_PATH="$lib/girepository-1.0"

check install install_here
check version version_matches
check headers only_public_headers
check libraries links_little
if [ -n "$HAVE_TRANSLATIONS" ]; then
  check translations has_translations
else
  skip translations 'msgfmt is not installed'
fi
check c/compile c_compiles client "$programs/client.c"
check c/run "$root/client"
check c/readme readme_compiles

if [ -z "$HAVE_INTROSPECTION" ]; then
  skip python 'built without introspection'
  skip gjs 'built without introspection'
else
  if [ -n "$PYTHON" ]; then
    check python "$PYTHON" "$programs/client.py"
  else
    skip python 'no Python with PyGObject'
  fi
  if have gjs; then
    check gjs gjs -m "$programs/client.js"
  else
    skip gjs 'no gjs'
  fi
fi

if [ -z "$HAVE_VAPI" ]; then
  skip vala 'built without the Vala binding'
else
  check vala/compile vala_compiles
  check vala/run "$root/client-vala"
fi

echo "1..$number"
[ "$failed" -eq 0 ]
