# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The QSocket authors

"""What other languages see is what was promised, by name, parameters and result.

The lists below are the promise; the introspection data is compared with them
line by line. A line reads like the C declaration without its self:

  name (TYPE parameter, …) -> TYPE

where `?` marks what may be null, `full` a result that the caller owns, `E` an
error, and `B` the tail of every call that can block: timeout_ms, cancellable
and E. `[C]` at the front marks what only C has, `&` what has an asynchronous pair,
NAME_async and NAME_finish, as well.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree

import tap

CORE = '{http://www.gtk.org/introspection/core/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'

BLOCKING_TAIL = 'gint timeout_ms, Gio.Cancellable? cancellable, E'
ASYNC_TAIL = ('gint timeout_ms, gint io_priority, Gio.Cancellable? cancellable, '
              'Gio.AsyncReadyCallback? callback, gpointer? user_data')

SOCKET_CONSTRUCTORS = '''
new () -> full Socket
new_from_fd (gint fd, E) -> full Socket
new_from_connection (Gio.IOStream stream, E) -> full Socket
'''

SOCKET_METHODS = '''
copy () -> full Socket

[C] connect (utf8 target, B) -> gboolean
& connect_to (utf8 target, B) -> gboolean
& connect_inet (utf8 host, utf8 service, Gio.SocketFamily family,
 Gio.SocketType socktype, B) -> gboolean
& connect_unix (filename path, Gio.SocketType socktype, gint protocol, B) -> gboolean
& connect_ssl (utf8 target, B) -> gboolean
& connect_inet_ssl (utf8 host, utf8 service, Gio.SocketFamily family,
 Gio.SocketType socktype, B) -> gboolean
& connect_unix_ssl (filename path, Gio.SocketType socktype, gint protocol, B) -> gboolean
& upgrade_client_to_ssl (B) -> gboolean
& upgrade_server_to_ssl (B) -> gboolean

bind (utf8 bind_to, gboolean reuseaddr, E) -> gboolean
bind_port (gint port, gboolean reuseaddr, E) -> gboolean
bind_inet (utf8? iface, utf8? service, gboolean reuseaddr, Gio.SocketFamily family,
 Gio.SocketType socktype, gint protocol, E) -> gboolean
bind_unix (filename path, Gio.SocketType socktype, gint protocol, E) -> gboolean
listen (gint backlog, E) -> gboolean
& accept (B) -> full Socket?
& accept_ssl (B) -> full Socket?
& shutdown_ssl (B) -> gboolean

& send (utf8 string, B) -> gboolean
& send_binary (GLib.Bytes data, B) -> gboolean
& send_data (guint8[length] data, gsize length, B) -> gboolean
send_i1 (gint64 value, B) -> gboolean
send_i2 (gint64 value, B) -> gboolean
send_i4 (gint64 value, B) -> gboolean
send_i8 (gint64 value, B) -> gboolean
send_i2_lsb (gint64 value, B) -> gboolean
send_i4_lsb (gint64 value, B) -> gboolean
send_i8_lsb (gint64 value, B) -> gboolean
cork () -> none
uncork (B) -> gboolean
& send_http_message (utf8 method, utf8 path, utf8 http_version, GLib.Variant? headers,
 GLib.Bytes? body, B) -> gboolean
& send_http_response (guint status_code, utf8 desc, utf8 http_version, GLib.Variant? headers,
 GLib.Bytes? body, B) -> gboolean

& recv (gssize size, B) -> full utf8
& recv_binary (gssize size, B) -> full GLib.Bytes
[C] recv_into (gpointer? buffer, gsize minimum, gsize size, B) -> gssize
recv_i1 (B) -> gint8
recv_i2 (B) -> gint16
recv_i4 (B) -> gint32
recv_i8 (B) -> gint64
recv_i2_lsb (B) -> gint16
recv_i4_lsb (B) -> gint32
recv_i8_lsb (B) -> gint64
recv_u1 (B) -> guint8
recv_u2 (B) -> guint16
recv_u4 (B) -> guint32
recv_u8 (B) -> guint64
recv_u2_lsb (B) -> guint16
recv_u4_lsb (B) -> guint32
recv_u8_lsb (B) -> guint64
& read_http_header (B) -> full GLib.Variant
send_int_async (IntFormat format, gint64 value, ASYNC) -> none
send_int_finish (Gio.AsyncResult result, E) -> gboolean
recv_int_async (IntFormat format, ASYNC) -> none
recv_int_finish (Gio.AsyncResult result, E) -> gint64

is_data_available (gint timeout_ms) -> gboolean
is_write_finished (gint timeout_ms) -> gboolean
get_bytes_sent () -> guint64
get_peer_info (E) -> full GLib.Variant
get_socket_info (E) -> full GLib.Variant
get_port () -> gint
get_socket () -> gint
shutdown (E) -> gboolean
close (E) -> gboolean
get_charset () -> utf8
set_charset (utf8 encoding, E) -> gboolean
get_no_delay () -> gboolean
set_no_delay (gboolean nodelay, E) -> gboolean
is_open () -> gboolean
is_secure () -> gboolean
get_ssl_cipher_name () -> full utf8?
get_ssl_cipher_version () -> full utf8?
get_ssl_alpn () -> full utf8?
get_peer_certificate () -> full SslCertificate?
verify_peer_certificate () -> utf8?
set_certificate (SslCertificate? certificate, E) -> gboolean
set_certificate_pem (utf8 pem, E) -> gboolean
set_certificate_der (GLib.Bytes der, E) -> gboolean
set_private_key (SslPrivateKey? key, E) -> gboolean
set_private_key_pem (utf8 pem, utf8? password, E) -> gboolean
set_private_key_der (GLib.Bytes der, E) -> gboolean
[C] set_event_queue (GLib.AsyncQueue? queue) -> none
set_event_queue (EventQueue? queue) -> none

steal_fd (E) -> gint
get_gsocket () -> Gio.Socket?
get_io_stream () -> Gio.IOStream?
create_source (GLib.IOCondition condition, Gio.Cancellable? cancellable) -> full GLib.Source

get_lookup_hostnames () -> gboolean
set_lookup_hostnames (gboolean lookup_hostnames) -> none
get_max_header_size () -> guint
set_max_header_size (guint max_header_size) -> none
get_max_header_count () -> guint
set_max_header_count (guint max_header_count) -> none
get_max_receive_size () -> guint64
set_max_receive_size (guint64 max_receive_size) -> none
get_ssl_verify_mode () -> SslVerifyMode
set_ssl_verify_mode (SslVerifyMode mode) -> none
get_ssl_ca_file () -> filename?
set_ssl_ca_file (filename? path, E) -> gboolean
get_ssl_crl_file () -> filename?
set_ssl_crl_file (filename? path, E) -> gboolean
add_ssl_trust (SslCertificate certificate) -> none
get_ssl_server_name () -> utf8?
set_ssl_server_name (utf8? name) -> none
get_ssl_alpn_protocols () -> full utf8[]?
set_ssl_alpn (utf8[]? protocols) -> none
get_ssl_minimum_version () -> Gio.TlsProtocolVersion
set_ssl_minimum_version (Gio.TlsProtocolVersion version) -> none
'''

SOCKET_PROPERTIES = '''
lookup-hostnames: gboolean, writable
max-header-size: guint, writable
max-header-count: guint, writable
max-receive-size: guint64, writable
ssl-alpn: utf8[], writable
ssl-ca-file: utf8, writable
ssl-crl-file: utf8, writable
ssl-minimum-version: Gio.TlsProtocolVersion, writable
ssl-server-name: utf8, writable
ssl-verify-mode: SslVerifyMode, writable
'''

SOCKET_SIGNALS = '''
packet-read (SocketEvent event) -> none
packet-sent (SocketEvent event) -> none
channel-closed (SocketEvent event) -> none
deleted (SocketEvent event) -> none
hostname-lookup (SocketEvent event) -> none
hostname-resolved (SocketEvent event) -> none
http-send-message (SocketEvent event) -> none
http-message-received (SocketEvent event) -> none
connecting (SocketEvent event) -> none
connected (SocketEvent event) -> none
start-ssl (SocketEvent event) -> none
ssl-established (SocketEvent event) -> none
'''

EVENT_METHODS = '''
[C] ref () -> full SocketEvent
[C] unref () -> none
get_event_type () -> SocketEventType
get_event_name () -> utf8
get_source () -> gint
get_id () -> guint64
get_time () -> gint64
get_read () -> gint64
get_total_read () -> gint64
get_total_to_read () -> gint64
get_sent () -> gint64
get_total_sent () -> gint64
get_total_to_send () -> gint64
get_name () -> utf8?
get_service () -> utf8?
get_address () -> utf8?
get_port () -> gint
get_family () -> Gio.SocketFamily
get_target () -> utf8?
get_message () -> utf8?
get_headers () -> GLib.Variant?
get_cipher () -> utf8?
get_cipher_version () -> utf8?
get_info () -> full GLib.Variant
'''

QUEUE_CONSTRUCTORS = '''
new () -> full EventQueue
new_bounded (guint max_length) -> full EventQueue
[C] new_for_async_queue (GLib.AsyncQueue queue) -> full EventQueue
'''

QUEUE_METHODS = '''
[C] get_async_queue () -> GLib.AsyncQueue
pop () -> full SocketEvent
try_pop () -> full SocketEvent?
timeout_pop (gint timeout_ms) -> full SocketEvent?
get_length () -> guint
create_source (Gio.Cancellable? cancellable) -> full GLib.Source
'''

QUEUE_PROPERTIES = '''
max-length: guint, writable, construct-only
'''

QUEUE_SIGNALS = '''
event-ready () -> none
'''

CERTIFICATE_CONSTRUCTORS = '''
new_from_der (GLib.Bytes der, E) -> full SslCertificate
new_from_file (filename path, E) -> full SslCertificate
new_from_pem (utf8 pem, E) -> full SslCertificate
new_from_pkcs12 (GLib.Bytes data, utf8? password, E) -> full SslCertificate
'''

CERTIFICATE_METHODS = '''
get_pem () -> full utf8
get_der () -> full GLib.Bytes
get_info () -> full GLib.Variant
get_subject_hash () -> full GLib.Variant
get_issuer_hash () -> full GLib.Variant
get_serial_number () -> full utf8
get_version () -> gint
get_not_before_date () -> full GLib.DateTime?
get_not_after_date () -> full GLib.DateTime?
get_signature () -> full GLib.Bytes
get_signature_type () -> full utf8
get_public_key () -> full GLib.Bytes?
get_public_key_algorithm () -> full utf8
get_purpose_hash () -> full GLib.Variant
get_fingerprint (GLib.ChecksumType checksum_type) -> full utf8
get_tls_certificate () -> Gio.TlsCertificate?
'''

KEY_CONSTRUCTORS = '''
new_from_der (GLib.Bytes der, E) -> full SslPrivateKey
new_from_file (filename path, utf8? password, E) -> full SslPrivateKey
new_from_pem (utf8 pem, utf8? password, E) -> full SslPrivateKey
new_from_pkcs12 (GLib.Bytes data, utf8? password, E) -> full SslPrivateKey
'''

KEY_METHODS = '''
get_info () -> full GLib.Variant
get_type_name () -> utf8
get_version () -> gint
get_bit_length () -> gint
get_pem () -> full utf8
get_der () -> full GLib.Bytes
'''

# Those that belong to no type.
FUNCTIONS = '''
ssl_verification_reason (utf8? code) -> utf8?
'''

ERROR_FUNCTIONS = '''
get_name (SocketError code) -> utf8
quark () -> GLib.Quark
'''

ERROR_CODES = '''
NOT_OPEN CLOSED TIMEOUT RECV SEND CONNECT BIND LISTEN ACCEPT ADDRESS_LOOKUP SSL TRUNCATED
GET_PEER_INFO GET_SOCKET_INFO HTTP ENCODING CERTIFICATE PRIVATE_KEY INVALID_ARGUMENT TOO_LARGE
PENDING
'''

EVENT_TYPES = {
    'PACKET_READ': 1, 'PACKET_SENT': 2, 'CHANNEL_CLOSED': 7, 'DELETED': 8,
    'HOSTNAME_LOOKUP': 11, 'HOSTNAME_RESOLVED': 12, 'HTTP_SEND_MESSAGE': 13,
    'HTTP_MESSAGE_RECEIVED': 14, 'CONNECTING': 18, 'CONNECTED': 19,
    'START_SSL': 20, 'SSL_ESTABLISHED': 21, 'OVERFLOW': 1000,
}

INT_FORMATS = '''
I1 I2 I4 I8 I2_LSB I4_LSB I8_LSB U1 U2 U4 U8 U2_LSB U4_LSB U8_LSB
'''

VERIFY_MODES = '''
PEER NONE REQUIRE
'''

TYPES = '''
class EventQueue
class Socket
class SslCertificate
class SslPrivateKey
enumeration IntFormat
enumeration SocketError
enumeration SocketEventType
enumeration SslVerifyMode
record SocketEvent
'''


def pair(line):
    """A line with `&` as the three that it stands for."""
    name, parameters, result = re.fullmatch(r'& (\w+) \((.*)\) -> (.*)', line).groups()
    before = parameters.removesuffix('B')
    return [f'{name} ({parameters}) -> {result}', f'{name}_async ({before}ASYNC) -> none',
            f'{name}_finish (Gio.AsyncResult result, E) -> {result}']


def promised(text):
    """The lines of a list above; a line that begins with a space continues one."""
    lines = [line for line in text.replace('\n ', ' ').splitlines() if line]
    lines = sum((pair(line) if line.startswith('&') else [line] for line in lines), [])
    return [re.sub(r'\bASYNC\)', f'{ASYNC_TAIL})', re.sub(r'\bB\)', f'{BLOCKING_TAIL})', line))
            for line in lines]


def is_set(element, attribute):
    return element.get(attribute) == '1'


def type_text(element):
    """The type of a parameter, result or property, with `?` where it may be null."""
    array = element.find(f'{CORE}array')
    if array is not None:
        text = array.find(f'{CORE}type').get('name')
        length = array.get('length')
        text += '[]' if length is None else f'[{length}]'
    else:
        text = element.find(f'{CORE}type').get('name')
    return text + ('?' if is_set(element, 'nullable') else '')


def callable_text(element):
    """A method, constructor, function or signal as a line of the lists above."""
    found = element.find(f'{CORE}parameters')
    parameters = [] if found is None else found.findall(f'{CORE}parameter')
    names = [parameter.get('name') for parameter in parameters]

    texts = []
    for parameter in parameters:
        kind = type_text(parameter)
        for index, name in enumerate(names):
            kind = kind.replace(f'[{index}]', f'[{name}]')
        direction = parameter.get('direction', 'in')
        ownership = parameter.get('transfer-ownership')
        if direction != 'in' or ownership != 'none':
            kind = f'({direction}, {ownership}) {kind}'
        texts.append(f"{kind} {parameter.get('name')}")
    if is_set(element, 'throws'):
        texts.append('E')

    result = element.find(f'{CORE}return-value')
    ownership = 'full ' if result.get('transfer-ownership') == 'full' else ''
    only_c = '[C] ' if element.get('introspectable') == '0' else ''
    name = element.get('shadows', element.get('name'))
    return f"{only_c}{name} ({', '.join(texts)}) -> {ownership}{type_text(result)}"


def property_text(element):
    flags = [flag for flag in ('writable', 'construct-only') if is_set(element, flag)]
    return ', '.join([f"{element.get('name')}: {type_text(element)}"] + flags)


def signal_text(element):
    text = callable_text(element)
    # A handler runs before the class's own, if there were any.
    return text if element.get('when') == 'last' else f"{text} when {element.get('when')}"


class Namespace:
    def __init__(self, path):
        self.repository = ElementTree.parse(path).getroot()
        self.element = self.repository.find(f'{CORE}namespace')

    def type(self, kind, name):
        found = self.element.find(f"{CORE}{kind}[@name='{name}']")
        if found is None:
            raise tap.Failed(f'there is no {kind} {name}')
        return found

    def compare(self, kind, name, member, expected, to_text):
        actual = [to_text(element) for element in self.type(kind, name).findall(member)]
        tap.compare_lines(expected, actual, f"{name}'s list of {member.split('}')[1]}")

    def values(self, name):
        return {member.get('name').upper(): int(member.get('value'))
                for member in self.type('enumeration', name).findall(f'{CORE}member')}


def check_namespace(gir):
    element = gir.element
    actual = (element.get('name'), element.get('version'), element.get('shared-library'),
              element.get(f'{C}identifier-prefixes'), element.get(f'{C}symbol-prefixes'),
              gir.repository.find(f'{CORE}package').get('name'),
              gir.repository.find(f'{C}include').get('name'))
    expected = ('QSocket', '1.0', 'libqsocket-1.0.so.0', 'Q', 'q', 'qsocket-1.0',
                'qsocket/qsocket.h')
    if actual != expected:
        raise tap.Failed(f'{actual} instead of {expected}')


def check_types(gir):
    kinds = ('class', 'interface', 'record', 'union', 'enumeration', 'bitfield', 'callback')
    actual = [f"{kind} {element.get('name')}"
              for kind in kinds for element in gir.element.findall(CORE + kind)
              # The structure of a class: every GObject type shows one.
              if element.get(f'{GLIB}is-gtype-struct-for') is None]
    tap.compare_lines(promised(TYPES), actual, 'the list of types')


def check_opaque(gir):
    event = gir.type('record', 'SocketEvent')
    if event.get(f'{GLIB}get-type') != 'q_socket_event_get_type':
        raise tap.Failed('SocketEvent is not boxed')
    if event.findall(f'{CORE}field'):
        raise tap.Failed('SocketEvent shows its fields')


def check_values(gir, name, expected):
    actual = gir.values(name)
    if actual != expected:
        raise tap.Failed(f'{name} has {actual} instead of {expected}')


def check_error_domain(gir):
    domain = gir.type('enumeration', 'SocketError').get(f'{GLIB}error-domain')
    if domain != 'q-socket-error-quark':
        raise tap.Failed(f'the error domain is {domain}')


def check_functions(gir):
    actual = [callable_text(element) for element in gir.element.findall(f'{CORE}function')
              if element.get('moved-to') is None]
    tap.compare_lines(promised(FUNCTIONS), actual, 'the list of functions that belong to no type')


def numbered(text):
    return {name: number for number, name in enumerate(text.split())}


LISTS = (
    ('class', 'Socket', f'{CORE}constructor', SOCKET_CONSTRUCTORS, callable_text),
    ('class', 'Socket', f'{CORE}method', SOCKET_METHODS, callable_text),
    ('class', 'Socket', f'{CORE}function', '', callable_text),
    ('class', 'Socket', f'{CORE}property', SOCKET_PROPERTIES, property_text),
    ('class', 'Socket', f'{GLIB}signal', SOCKET_SIGNALS, signal_text),
    ('record', 'SocketEvent', f'{CORE}constructor', '', callable_text),
    ('record', 'SocketEvent', f'{CORE}method', EVENT_METHODS, callable_text),
    ('class', 'EventQueue', f'{CORE}constructor', QUEUE_CONSTRUCTORS, callable_text),
    ('class', 'EventQueue', f'{CORE}method', QUEUE_METHODS, callable_text),
    ('class', 'EventQueue', f'{CORE}property', QUEUE_PROPERTIES, property_text),
    ('class', 'EventQueue', f'{GLIB}signal', QUEUE_SIGNALS, signal_text),
    ('class', 'SslCertificate', f'{CORE}constructor', CERTIFICATE_CONSTRUCTORS, callable_text),
    ('class', 'SslCertificate', f'{CORE}method', CERTIFICATE_METHODS, callable_text),
    ('class', 'SslPrivateKey', f'{CORE}constructor', KEY_CONSTRUCTORS, callable_text),
    ('class', 'SslPrivateKey', f'{CORE}method', KEY_METHODS, callable_text),
    ('enumeration', 'SocketError', f'{CORE}function', ERROR_FUNCTIONS, callable_text),
)

VALUES = (
    ('SocketError', numbered(ERROR_CODES)),
    ('SocketEventType', EVENT_TYPES),
    ('IntFormat', numbered(INT_FORMATS)),
    ('SslVerifyMode', numbered(VERIFY_MODES)),
)


def main():
    gir = Namespace(sys.argv[1])
    cases = [
        ('namespace', lambda: check_namespace(gir)),
        ('types', lambda: check_types(gir)),
        ('functions', lambda: check_functions(gir)),
        ('SocketEvent/opaque', lambda: check_opaque(gir)),
        ('SocketError/domain', lambda: check_error_domain(gir)),
    ]
    cases += [
        (f"{name}/{member.split('}')[1]}",
         lambda kind=kind, name=name, member=member, text=text, to_text=to_text:
         gir.compare(kind, name, member, promised(text), to_text))
        for kind, name, member, text, to_text in LISTS
    ]
    cases += [
        (f'{name}/values', lambda name=name, values=values: check_values(gir, name, values))
        for name, values in VALUES
    ]
    return tap.run([(f'/introspection/gir/{name}', function) for name, function in cases])


if __name__ == '__main__':
    sys.exit(main())
