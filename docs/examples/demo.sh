#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

# Runs the examples together with curl and nginx: demo.sh FOLDER-OF-THE-PROGRAMS
# Fails if a result is not the expected one.

set -eu

if [ $# -ne 1 ] || [ ! -x "$1/http-get" ]; then
  echo 'Usage: demo.sh FOLDER-OF-THE-PROGRAMS, such as build/docs/examples' >&2
  exit 2
fi

examples=$(cd "$1" && pwd)
work=$(mktemp -d)
child=

# Debian installs nginx there, which is not in the path of ordinary users.
PATH=$PATH:/usr/sbin

cleanup ()
{
  if [ -n "$child" ]; then
    kill "$child" 2> /dev/null || :
    wait "$child" || :
  fi
  rm -rf "$work"
}

trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -t 1 ]; then
  bold=$(printf '\033[1m')
  plain=$(printf '\033[0m')
else
  bold=
  plain=
fi

title ()
{
  printf '\n%s== %s ==%s\n' "$bold" "$1" "$plain"
}

step ()
{
  printf '\n%s%s%s\n\n' "$bold" "$1" "$plain"
}

indent ()
{
  sed 's/\r$//; s/^\(.\)/  \1/' "$1"
}

fail ()
{
  printf '\ndemo.sh: %s\n' "$1" >&2
  for log in "$work"/*log; do
    [ ! -e "$log" ] || cat "$log" >&2
  done
  exit 1
}

# run COMMAND...: runs it with its output in $work/out and its errors in $work/log, which are shown
# if it fails.
run ()
{
  "$@" > "$work/out" 2> "$work/log" || fail "${1##*/} failed"
}

# http_get FILE OPTION... URL: fetches the URL, shows the answer, and keeps the events in
# $work/events.
http_get ()
{
  file=$1
  shift
  step "\$ http-get --output FILE $*"
  run "$examples/http-get" --output "$file" "$@"
  sed '/^$/,$d' "$work/out" > "$work/answer"
  sed '1,/^$/d' "$work/out" > "$work/events"
  indent "$work/answer"
}

# start COMMAND...: starts a server and reads its first line into $line. Opening a named pipe waits
# for the other side, and a read from it ends when the server exits, so nothing has to be polled.
start ()
{
  mkfifo "$work/pipe"
  "$@" > "$work/pipe" 2> "$work/server-log" &
  child=$!
  exec 3< "$work/pipe"
  rm "$work/pipe"
  read -r line <&3 || fail "${1##*/} did not start"
}

# Prints the rest of the server's output, and waits until the server has ended.
finish ()
{
  cat <&3
  exec 3<&-
  wait "$child" || fail 'the server failed'
  child=
}

# A CA, and a certificate that it made for a server on this machine. Both expire tomorrow.
make_certificates ()
{
  cat > openssl.cnf << 'END'
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:TRUE
[server]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
END

  for name in ca server; do
    [ "$name" = ca ] || set -- -CA ca.pem -CAkey ca.key
    run openssl req -x509 -config openssl.cnf -extensions "$name" -subj "/CN=QSocket demo $name" \
      -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 1 \
      -keyout "$name.key" -out "$name.pem" "$@"
  done
}

# start_nginx [ssl]: starts nginx on a free port, which it puts into $port.
start_nginx ()
{
  # If nginx runs as root, its workers by default run as a user that cannot read the folder.
  user=
  [ "$(id -u)" -ne 0 ] || user='user root;'

  cat > nginx.conf.in << END
$user
daemon off;
pid nginx.pid;
error_log stderr;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path tmp-body;
  proxy_temp_path tmp-proxy;
  fastcgi_temp_path tmp-fastcgi;
  uwsgi_temp_path tmp-uwsgi;
  scgi_temp_path tmp-scgi;
  ssl_certificate server.pem;
  ssl_certificate_key server.key;
  ssl_protocols TLSv1.2 TLSv1.3;
  server { listen 127.0.0.1:PORT ${1:-}; root www; }
}
END

  # nginx uses the listening descriptors named in $NGINX; it has this variable to replace itself
  # while it runs. Since listen-and-run listens already, the kernel queues connections until then.
  # shellcheck disable=SC2016 # for the inner shell
  start "$examples/listen-and-run" sh -euc '
    sed "s/PORT/$PORT/" nginx.conf.in > nginx.conf
    echo "$PORT"
    NGINX="$FD;" exec nginx -p "$PWD/" -c nginx.conf -e nginx.log'
  port=$line
}

stop_nginx ()
{
  kill -s QUIT "$child"
  finish
}

sum_of ()
{
  sha256sum < "$1" | cut -d ' ' -f 1
}

# round_of_server CURL-OPTIONS HTTP-GET-OPTIONS [HTTP-SERVER-OPTION...]: fetches a page from
# http-server with curl and with http-get, and compares the two.
round_of_server ()
{
  curl_options=$1
  get_options=$2
  shift 2

  start "$examples/http-server" "$@" 0 2
  url=$line

  # Words are split on purpose.
  # shellcheck disable=SC2086
  {
    step "\$ curl -sS -D - ${curl_options:+$curl_options }$url"
    run curl -q -sS --noproxy '*' --max-time 10 -D - -o by-curl $curl_options "$url"
    cat by-curl >> out
    indent out

    http_get by-qsocket $get_options "$url"
  }

  step 'Events of http-server since its start (1 listens, 2 serves curl, 3 serves http-get)'
  finish > server-events
  cat server-events

  step 'Events of http-get since its start'
  cat events

  cmp by-curl by-qsocket || fail 'curl and http-get fetched different things'
  grep -q 'You asked for /$' by-curl || fail 'the answer is another'
  [ "$(grep -c http-message-received server-events)" -eq 2 ] || fail 'events are missing'
}

# round_of_nginx SCHEME [HTTP-GET-OPTION...]: fetches a file from nginx with http-get, and compares
# it with the original.
round_of_nginx ()
{
  scheme=$1
  shift

  http_get fetched "$@" "$scheme://127.0.0.1:$port/random.bin"

  step 'Events of http-get since its start'
  cat events
  stop_nginx

  step 'SHA-256'
  there=$(sum_of www/random.bin)
  here=$(sum_of fetched)
  echo "  served   $there"
  echo "  fetched  $here"
  [ "$there" = "$here" ] || fail 'the file arrived changed'
}

# is_encrypted FILE N: fails unless the file of events has N handshakes.
is_encrypted ()
{
  [ "$(grep -c 'ssl-established .*TLS_' "$1")" -eq "$2" ] || fail 'handshakes are missing'
}

for tool in curl nginx openssl; do
  command -v "$tool" > /dev/null || fail "$tool is not there"
done

cd "$work"
make_certificates
mkdir www
head -c 1000000 /dev/urandom > www/random.bin

title "HTTP: QSocket's server, fetched from by curl and by QSocket"
round_of_server '' ''

title 'HTTP: nginx, fetched from by QSocket'
start_nginx
round_of_nginx http

title "HTTPS: QSocket's server, fetched from by curl and by QSocket"
round_of_server '--cacert ca.pem' '--ca ca.pem' --certificate server.pem --key server.key
is_encrypted server-events 2
is_encrypted events 1

title 'HTTPS: nginx, fetched from by QSocket'
start_nginx ssl
round_of_nginx https --ca ca.pem
is_encrypted events 1

printf '\n%sAll as it ought to be.%s\n' "$bold" "$plain"
