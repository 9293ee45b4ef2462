/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* QSocket from Vala. One thread plays both ends: a connection on the loopback
 * interface is complete as soon as it waits in the listener's backlog. */

/* Bounds what must succeed, so that a mistake fails instead of hanging. */
const int LIMIT = 120000;

QSocket.Socket
listening () throws Error
{
  var listener = new QSocket.Socket ();

  listener.bind_inet ("127.0.0.1", "0", true, SocketFamily.IPV4);
  listener.listen ();

  return listener;
}

void
connected (out QSocket.Socket client,
           out QSocket.Socket server) throws Error
{
  var listener = listening ();

  client = new QSocket.Socket ();
  client.connect_to ("127.0.0.1:%d".printf (listener.get_port ()), LIMIT);
  server = listener.accept (LIMIT);
  assert_nonnull (server);
}

/* A case that throws has failed, and the message says how. */
delegate void Case () throws Error;

void
add_case (string     name,
          owned Case run)
{
  Test.add_data_func ("/languages/vala/" + name, () => {
    try
      {
        run ();
      }
    catch (Error e)
      {
        Test.message ("%s: %s", e.domain.to_string (), e.message);
        Test.fail ();
      }
  });
}

void
test_connect_and_accept () throws Error
{
  var listener = new QSocket.Socket ();

  assert_true (listener.bind_port (0, true));
  assert_true (listener.listen (4));
  assert_null (listener.accept (0));

  var client = new QSocket.Socket ();
  assert_true (client.connect_to ("127.0.0.1:%d".printf (listener.get_port ())));
  var server = listener.accept ();
  assert_true (client.is_open () && server.is_open ());
  assert_cmpint (client.get_port (), CompareOperator.EQ, listener.get_port ());
  server.close ();
  assert_false (server.is_open ());
}

void
test_unix () throws Error
{
  var folder = DirUtils.make_tmp ("qsocket-XXXXXX");
  var path = Path.build_filename (folder, "socket");
  var listener = new QSocket.Socket ();

  listener.bind_unix (path);
  listener.listen ();
  var client = new QSocket.Socket ();
  client.connect_unix (path);
  var server = listener.accept (LIMIT);
  client.send ("over a path");
  assert_cmpstr (server.recv (), CompareOperator.EQ, "over a path");
  listener.close ();
  assert_false (FileUtils.test (path, FileTest.EXISTS));
  DirUtils.remove (folder);
}

void
test_text () throws Error
{
  QSocket.Socket client, server;

  connected (out client, out server);
  assert_true (client.send ("Grüße, 世界", LIMIT));
  assert_cmpstr (server.recv (0, LIMIT), CompareOperator.EQ, "Grüße, 世界");
  client.set_charset ("ISO-8859-1");
  client.send ("é");
  assert_cmpuint (server.recv_binary (1, LIMIT)[0], CompareOperator.EQ, 0xe9);
  client.send ("the rest");
  client.close ();
  assert_cmpstr (server.recv (-1, LIMIT), CompareOperator.EQ, "the rest");
}

void
test_bytes () throws Error
{
  QSocket.Socket client, server;
  uint8[] data = { 0, 1, 127, 128, 255 };

  connected (out client, out server);
  client.send_binary (new Bytes (data), LIMIT);
  client.send_data (data, LIMIT);
  assert_true (server.recv_binary (5, LIMIT).compare (new Bytes (data)) == 0);
  assert_true (server.recv_binary (5, LIMIT).compare (new Bytes (data)) == 0);
  assert_cmpuint ((uint) client.get_bytes_sent (), CompareOperator.EQ, 10);

  client.cork ();
  client.send_data (data);
  assert_false (server.is_data_available ());
  client.uncork ();
  assert_true (server.is_data_available (LIMIT));
}

void
test_integers () throws Error
{
  QSocket.Socket client, server;

  connected (out client, out server);
  client.send_i1 (-1);
  client.send_i2 (int16.MIN);
  client.send_i4 (int32.MIN);
  client.send_i8 (int64.MIN);
  client.send_i2_lsb (int16.MAX);
  client.send_i4_lsb (int32.MAX);
  client.send_i8_lsb (int64.MAX);
  client.send_i1 (-1);
  client.send_i2 (-1);
  client.send_i4_lsb (-1);
  client.send_i8 (-1);
  assert_true (server.recv_i1 (LIMIT) == -1);
  assert_true (server.recv_i2 (LIMIT) == int16.MIN);
  assert_true (server.recv_i4 (LIMIT) == int32.MIN);
  assert_true (server.recv_i8 (LIMIT) == int64.MIN);
  assert_true (server.recv_i2_lsb (LIMIT) == int16.MAX);
  assert_true (server.recv_i4_lsb (LIMIT) == int32.MAX);
  assert_true (server.recv_i8_lsb (LIMIT) == int64.MAX);
  assert_true (server.recv_u1 (LIMIT) == uint8.MAX);
  assert_true (server.recv_u2 (LIMIT) == uint16.MAX);
  assert_true (server.recv_u4_lsb (LIMIT) == uint32.MAX);
  assert_true (server.recv_u8 (LIMIT) == uint64.MAX);
}

void
test_http () throws Error
{
  QSocket.Socket client, server;
  var headers = new VariantDict ();

  connected (out client, out server);
  headers.insert ("Host", "s", "example.org");
  client.send_http_message ("POST", "/form", "1.1", headers.end (), new Bytes ("body".data));
  var header = server.read_http_header (LIMIT);
  assert_true (header.is_of_type (VariantType.VARDICT));
  assert_cmpstr (header.lookup_value ("method", null).get_string (), CompareOperator.EQ, "POST");
  assert_cmpstr (header.lookup_value ("host", null).get_string (), CompareOperator.EQ,
                 "example.org");
  assert_cmpstr (server.recv (4), CompareOperator.EQ, "body");

  server.send_http_response (200, "OK", "1.1");
  header = client.read_http_header (LIMIT);
  assert_cmpint (header.lookup_value ("status_code", null).get_int32 (), CompareOperator.EQ, 200);
  server.send ("this is not HTTP\r\n\r\n");
  assert_true (client.read_http_header (LIMIT).is_of_type (VariantType.STRING));
}

void
test_info () throws Error
{
  QSocket.Socket client, server;

  connected (out client, out server);
  client.lookup_hostnames = false;
  var info = client.get_peer_info ();
  assert_cmpstr (info.lookup_value ("address", null).get_string (), CompareOperator.EQ,
                 "127.0.0.1");
  assert_cmpint (info.lookup_value ("port", null).get_int32 (), CompareOperator.EQ,
                 server.get_port ());
  assert_null (info.lookup_value ("hostname", null));
}

void
test_errors () throws Error
{
  var sock = new QSocket.Socket ();

  try
    {
      sock.send ("x");
      assert_not_reached ();
    }
  catch (QSocket.SocketError.NOT_OPEN e)
    {
      assert_cmpstr (QSocket.SocketError.get_name (e.code), CompareOperator.EQ,
                     "SOCKET-NOT-OPEN");
    }

  try
    {
      sock.bind_port (65536);
      assert_not_reached ();
    }
  catch (Error e)
    {
      assert_true (e.matches (QSocket.SocketError.quark (),
                              QSocket.SocketError.INVALID_ARGUMENT));
    }
}

void
test_timeout_loses_nothing () throws Error
{
  QSocket.Socket client, server;

  connected (out client, out server);
  client.send ("abc");
  try
    {
      server.recv (5, 20);
      assert_not_reached ();
    }
  catch (QSocket.SocketError.TIMEOUT e)
    {
      assert_cmpstr (server.recv (3), CompareOperator.EQ, "abc");
    }
}

void
test_descriptor () throws Error
{
  QSocket.Socket client, server;

  connected (out client, out server);
  var adopted = new QSocket.Socket.from_fd (client.steal_fd ());
  assert_false (client.is_open ());
  adopted.send ("adopted");
  assert_cmpstr (server.recv (7), CompareOperator.EQ, "adopted");
  assert_nonnull (server.get_gsocket ());
}

void
test_limits () throws Error
{
  QSocket.Socket client, server;

  connected (out client, out server);
  assert_cmpuint (server.max_header_size, CompareOperator.EQ, 65536);
  assert_cmpuint (server.max_header_count, CompareOperator.EQ, 256);
  server.max_receive_size = 4;
  client.send ("too much");
  client.close ();
  try
    {
      server.recv_binary (-1);
      assert_not_reached ();
    }
  catch (QSocket.SocketError.TOO_LARGE e)
    {
      assert_cmpstr (server.recv (8), CompareOperator.EQ, "too much");
    }
}

void
test_source () throws Error
{
  QSocket.Socket client, server;
  var loop = new MainLoop ();

  connected (out client, out server);
  var source = server.create_source (IOCondition.IN);
  source.set_callback (() => {
    loop.quit ();
    return Source.REMOVE;
  });
  source.attach ();
  client.send ("x");
  loop.run ();
  assert_cmpstr (server.recv (1), CompareOperator.EQ, "x");
}

void
test_signals () throws Error
{
  var listener = listening ();
  var client = new QSocket.Socket ();
  var names = new GenericArray<string> ();
  QSocket.SocketEvent? sent = null;

  client.connecting.connect ((event) => names.add (event.get_event_name ()));
  client.connected.connect ((event) => names.add (event.get_event_name ()));
  client.packet_sent.connect ((event) => sent = event);
  client.channel_closed.connect ((event) => names.add (event.get_event_name ()));
  client.connect_to ("127.0.0.1:%d".printf (listener.get_port ()));
  client.send ("ping");
  client.close ();
  assert_cmpint (names.length, CompareOperator.EQ, 3);
  assert_cmpstr (names[0], CompareOperator.EQ, "EVENT_CONNECTING");
  assert_cmpstr (names[1], CompareOperator.EQ, "EVENT_CONNECTED");
  assert_cmpstr (names[2], CompareOperator.EQ, "EVENT_CHANNEL_CLOSED");
  assert_true (sent.get_total_sent () == 4);
}

void
test_event_queue () throws Error
{
  var listener = listening ();
  var client = new QSocket.Socket ();
  var queue = new QSocket.EventQueue ();

  client.set_event_queue (queue);
  client.connect_to ("127.0.0.1:%d".printf (listener.get_port ()));
  var lookup = queue.timeout_pop (LIMIT);
  assert_true (lookup.get_event_type () == QSocket.SocketEventType.HOSTNAME_LOOKUP);
  assert_cmpstr (lookup.get_name (), CompareOperator.EQ, "127.0.0.1");
  assert_cmpint (lookup.get_info ().lookup_value ("event", null).get_int32 (),
                 CompareOperator.EQ, 11);
  assert_cmpuint (queue.get_length (), CompareOperator.EQ, 3);
  while (queue.try_pop () != null)
    ;
  client.set_event_queue (null);
  client.close ();
  assert_null (queue.timeout_pop (0));
}

async void
receive (QSocket.Socket server,
         MainLoop       loop) throws Error
{
  try
    {
      var bytes = yield server.recv_binary_async (4, LIMIT);
      assert_true (bytes.compare (new Bytes ("ping".data)) == 0);

      yield server.recv_binary_async (4, 10);
      assert_not_reached ();
    }
  catch (QSocket.SocketError.TIMEOUT e)
    {
      loop.quit ();
    }
}

void
test_async () throws Error
{
  QSocket.Socket client, server;
  var loop = new MainLoop ();
  Error? failure = null;

  connected (out client, out server);
  receive.begin (server, loop, (_, result) => {
    try
      {
        receive.end (result);
      }
    catch (Error e)
      {
        failure = e;
        loop.quit ();
      }
  });
  client.send ("ping");
  loop.run ();
  if (failure != null)
    throw failure;
}

int
main (string[] args)
{
  Test.init (ref args);

  add_case ("connect-and-accept", test_connect_and_accept);
  add_case ("unix", test_unix);
  add_case ("text", test_text);
  add_case ("bytes", test_bytes);
  add_case ("integers", test_integers);
  add_case ("http", test_http);
  add_case ("info", test_info);
  add_case ("errors", test_errors);
  add_case ("timeout-loses-nothing", test_timeout_loses_nothing);
  add_case ("descriptor", test_descriptor);
  add_case ("limits", test_limits);
  add_case ("source", test_source);
  add_case ("signals", test_signals);
  add_case ("event-queue", test_event_queue);
  add_case ("async", test_async);

  return Test.run ();
}
