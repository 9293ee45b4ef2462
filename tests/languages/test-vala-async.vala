/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* The asynchronous calls from Vala. */

/* Bounds what must succeed, so that a mistake fails instead of hanging. */
const int LIMIT = 120000;

/* Waits for a call that goes on beside others. */
class Beside
{
  public QSocket.Socket? socket;
  public string? text;
  Error? failure;
  bool done;
  SourceFunc? resume;

  public void end (Error? error)
  {
    failure = error;
    done = true;
    if (resume != null)
      resume ();
  }

  public async void wait () throws Error
  {
    if (!done)
      {
        resume = wait.callback;
        yield;
      }
    if (failure != null)
      throw failure;
  }
}

Beside
accept (QSocket.Socket listener,
        bool           ssl)
{
  var beside = new Beside ();

  if (ssl)
    listener.accept_ssl_async.begin (LIMIT, Priority.DEFAULT, null, (_, result) => {
      try
        {
          beside.socket = listener.accept_ssl_async.end (result);
          beside.end (null);
        }
      catch (Error e)
        {
          beside.end (e);
        }
    });
  else
    listener.accept_async.begin (LIMIT, Priority.DEFAULT, null, (_, result) => {
      try
        {
          beside.socket = listener.accept_async.end (result);
          beside.end (null);
        }
      catch (Error e)
        {
          beside.end (e);
        }
    });

  return beside;
}

Beside
receive (QSocket.Socket sock,
         ssize_t        size,
         Cancellable?   cancellable = null)
{
  var beside = new Beside ();

  sock.recv_async.begin (size, LIMIT, Priority.DEFAULT, cancellable, (_, result) => {
    try
      {
        beside.text = sock.recv_async.end (result);
        beside.end (null);
      }
    catch (Error e)
      {
        beside.end (e);
      }
  });

  return beside;
}

QSocket.Socket
listening (out string address) throws Error
{
  var listener = new QSocket.Socket ();

  listener.bind_inet ("127.0.0.1", "0", true, SocketFamily.IPV4);
  listener.listen ();
  address = "127.0.0.1:%d".printf (listener.get_port ());

  return listener;
}

async void
connected (out QSocket.Socket client,
           out QSocket.Socket server) throws Error
{
  string address;
  var listener = listening (out address);
  var accepting = accept (listener, false);

  client = new QSocket.Socket ();
  assert_true (yield client.connect_to_async (address, LIMIT));
  yield accepting.wait ();
  server = accepting.socket;
}

/* A certificate for 127.0.0.1 that signs itself; FALSE if there is no openssl. */
bool
give_certificate (QSocket.Socket  listener,
                  QSocket.Socket? client) throws Error
{
  if (Environment.find_program_in_path ("openssl") == null)
    {
      Test.skip ("no openssl");
      return false;
    }

  var folder = DirUtils.make_tmp ("qsocket-XXXXXX");
  var certificate = Path.build_filename (folder, "certificate");
  var key = Path.build_filename (folder, "key");
  var options = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 1 -subj /CN=test " +
                "-addext subjectAltName=IP:127.0.0.1";

  Process.spawn_command_line_sync (
    "openssl req -x509 %s -out %s -keyout %s".printf (options, certificate, key), null, null);
  listener.set_certificate (new QSocket.SslCertificate.from_file (certificate));
  listener.set_private_key (new QSocket.SslPrivateKey.from_file (key, null));
  if (client != null)
    client.set_ssl_ca_file (certificate);

  FileUtils.unlink (certificate);
  FileUtils.unlink (key);
  DirUtils.remove (folder);

  return true;
}

async void
test_connect_and_accept () throws Error
{
  string address;
  var listener = listening (out address);

  assert_null (yield listener.accept_async (0));
  var client = new QSocket.Socket ();
  var accepting = accept (listener, false);
  assert_true (yield client.connect_to_async (address));
  yield accepting.wait ();
  assert_true (client.is_open () && accepting.socket.is_open ());

  listener.close ();
  try
    {
      yield client.connect_to_async (address, LIMIT);
      assert_not_reached ();
    }
  catch (QSocket.SocketError.CONNECT e)
    {
      assert_true (e.message.contains (address));
    }
}

async void
test_connect_inet () throws Error
{
  string address;
  var listener = listening (out address);
  var client = new QSocket.Socket ();
  var parts = address.split (":");

  assert_true (yield client.connect_inet_async (parts[0], parts[1]));
  assert_nonnull (yield listener.accept_async (LIMIT));
}

async void
test_connect_unix () throws Error
{
  var folder = DirUtils.make_tmp ("qsocket-XXXXXX");
  var path = Path.build_filename (folder, "socket");
  var listener = new QSocket.Socket ();
  var client = new QSocket.Socket ();

  listener.bind_unix (path);
  listener.listen ();
  assert_true (yield client.connect_unix_async (path));
  var server = yield listener.accept_async (LIMIT);
  yield client.send_async ("over a path");
  assert_cmpstr (yield server.recv_async (), CompareOperator.EQ, "over a path");
  listener.close ();
  DirUtils.remove (folder);
}

async void
test_text () throws Error
{
  QSocket.Socket client, server;

  yield connected (out client, out server);
  assert_true (yield client.send_async ("Grüße, 世界", LIMIT));
  assert_cmpstr (yield server.recv_async (0, LIMIT), CompareOperator.EQ, "Grüße, 世界");
  yield client.send_async ("the rest");
  client.close ();
  assert_cmpstr (yield server.recv_async (-1, LIMIT), CompareOperator.EQ, "the rest");
}

async void
test_bytes () throws Error
{
  QSocket.Socket client, server;
  uint8[] data = { 0, 1, 127, 128, 255 };

  yield connected (out client, out server);
  assert_true (yield client.send_binary_async (new Bytes (data), LIMIT));
  assert_true (yield client.send_data_async (data, LIMIT));
  for (var i = 0; i < 2; i++)
    {
      var bytes = yield server.recv_binary_async (5, LIMIT);
      assert_true (bytes.compare (new Bytes (data)) == 0);
    }
}

async void
test_integers () throws Error
{
  QSocket.Socket client, server;

  yield connected (out client, out server);
  assert_true (yield client.send_int_async (QSocket.IntFormat.I1, -1, LIMIT));
  yield client.send_int_async (QSocket.IntFormat.I2_LSB, int16.MIN);
  yield client.send_int_async (QSocket.IntFormat.I8, int64.MIN);
  yield client.send_int_async (QSocket.IntFormat.I4, -1);
  assert_true ((yield server.recv_int_async (QSocket.IntFormat.I1, LIMIT)) == -1);
  assert_true ((yield server.recv_int_async (QSocket.IntFormat.I2_LSB, LIMIT)) == int16.MIN);
  assert_true ((yield server.recv_int_async (QSocket.IntFormat.I8, LIMIT)) == int64.MIN);
  assert_true ((yield server.recv_int_async (QSocket.IntFormat.U4, LIMIT)) == uint32.MAX);
}

async void
test_http () throws Error
{
  QSocket.Socket client, server;
  var headers = new VariantDict ();

  yield connected (out client, out server);
  headers.insert ("Host", "s", "example.org");
  assert_true (yield client.send_http_message_async ("POST", "/form", "1.1", headers.end (),
                                                     new Bytes ("body".data), LIMIT));
  var header = yield server.read_http_header_async (LIMIT);
  assert_cmpstr (header.lookup_value ("method", null).get_string (), CompareOperator.EQ, "POST");
  assert_cmpstr (yield server.recv_async (4), CompareOperator.EQ, "body");

  assert_true (yield server.send_http_response_async (204, "No Content", "1.1"));
  header = yield client.read_http_header_async (LIMIT);
  assert_cmpint (header.lookup_value ("status_code", null).get_int32 (), CompareOperator.EQ, 204);
}

async void
test_timeout_loses_nothing () throws Error
{
  QSocket.Socket client, server;

  yield connected (out client, out server);
  yield client.send_async ("abc");
  try
    {
      yield server.recv_async (5, 20);
      assert_not_reached ();
    }
  catch (QSocket.SocketError.TIMEOUT e)
    {
      assert_cmpstr (yield server.recv_async (3, 0), CompareOperator.EQ, "abc");
    }
}

async void
test_cancel_loses_nothing () throws Error
{
  QSocket.Socket client, server;
  var cancellable = new Cancellable ();

  yield connected (out client, out server);
  yield client.send_async ("abc");
  var receiving = receive (server, 5, cancellable);
  cancellable.cancel ();
  try
    {
      yield receiving.wait ();
      assert_not_reached ();
    }
  catch (IOError.CANCELLED e)
    {
      assert_cmpstr (yield server.recv_async (3, LIMIT), CompareOperator.EQ, "abc");
    }
}

async void
test_one_reader () throws Error
{
  QSocket.Socket client, server;

  yield connected (out client, out server);
  var receiving = receive (server, 3);
  try
    {
      yield server.recv_async (3, LIMIT);
      assert_not_reached ();
    }
  catch (QSocket.SocketError.PENDING e)
    {
      yield client.send_async ("abc");
    }
  yield receiving.wait ();
  assert_cmpstr (receiving.text, CompareOperator.EQ, "abc");
}

async void
test_event_before_callback () throws Error
{
  QSocket.Socket client, server;
  var order = "";

  yield connected (out client, out server);
  server.packet_read.connect ((event) => order += "event,");
  var receiving = receive (server, 4);
  assert_cmpstr (order, CompareOperator.EQ, "");
  yield client.send_async ("ping");
  yield receiving.wait ();
  order += "callback";
  assert_cmpstr (order, CompareOperator.EQ, "event,callback");
}

async void
test_tls () throws Error
{
  string address;
  var listener = listening (out address);
  var client = new QSocket.Socket ();

  if (!give_certificate (listener, client))
    return;
  var accepting = accept (listener, true);
  assert_true (yield client.connect_ssl_async (address, LIMIT));
  yield accepting.wait ();
  var server = accepting.socket;
  assert_true (client.is_secure () && server.is_secure ());
  yield server.send_async ("Grüße");
  assert_cmpstr (yield client.recv_async (7, LIMIT), CompareOperator.EQ, "Grüße");

  var ending = new Beside ();
  server.shutdown_ssl_async.begin (LIMIT, Priority.DEFAULT, null, (_, result) => {
    try
      {
        server.shutdown_ssl_async.end (result);
        ending.end (null);
      }
    catch (Error e)
      {
        ending.end (e);
      }
  });
  assert_true (yield client.shutdown_ssl_async (LIMIT));
  yield ending.wait ();
  assert_false (client.is_secure () || server.is_secure ());
}

async void
test_tls_refused () throws Error
{
  string address;
  var listener = listening (out address);
  var client = new QSocket.Socket ();

  if (!give_certificate (listener, null))
    return;
  var accepting = accept (listener, true);
  try
    {
      yield client.connect_ssl_async (address, LIMIT);
      assert_not_reached ();
    }
  catch (QSocket.SocketError.SSL e)
    {
      assert_false (client.is_open ());
    }
  try
    {
      yield accepting.wait ();
      assert_not_reached ();
    }
  catch (QSocket.SocketError.CLOSED e)
    {
      assert_true (listener.is_open ());
    }
}

async void
test_upgrade () throws Error
{
  string address;
  var listener = listening (out address);
  var client = new QSocket.Socket ();
  var upgrading = new Beside ();

  if (!give_certificate (listener, client))
    return;
  yield client.connect_to_async (address, LIMIT);
  var server = yield listener.accept_async (LIMIT);
  server.upgrade_server_to_ssl_async.begin (LIMIT, Priority.DEFAULT, null, (_, result) => {
    try
      {
        server.upgrade_server_to_ssl_async.end (result);
        upgrading.end (null);
      }
    catch (Error e)
      {
        upgrading.end (e);
      }
  });
  assert_true (yield client.upgrade_client_to_ssl_async (LIMIT));
  yield upgrading.wait ();
  assert_true (client.is_secure () && server.is_secure ());
}

delegate void Begin (AsyncReadyCallback callback);
delegate void End (AsyncResult result) throws Error;

/* A case that throws has failed, and the message says how. */
void
add_case (string      name,
          owned Begin begin,
          owned End   end)
{
  Test.add_data_func ("/languages/vala-async/" + name, () => {
    var loop = new MainLoop ();

    begin ((_, result) => {
      try
        {
          end (result);
        }
      catch (Error e)
        {
          Test.message ("%s: %s", e.domain.to_string (), e.message);
          Test.fail ();
        }
      loop.quit ();
    });
    loop.run ();
  });
}

int
main (string[] args)
{
  Test.init (ref args);

  add_case ("connect-and-accept", (cb) => test_connect_and_accept.begin (cb),
            (result) => test_connect_and_accept.end (result));
  add_case ("connect-inet", (cb) => test_connect_inet.begin (cb),
            (result) => test_connect_inet.end (result));
  add_case ("connect-unix", (cb) => test_connect_unix.begin (cb),
            (result) => test_connect_unix.end (result));
  add_case ("text", (cb) => test_text.begin (cb), (result) => test_text.end (result));
  add_case ("bytes", (cb) => test_bytes.begin (cb), (result) => test_bytes.end (result));
  add_case ("integers", (cb) => test_integers.begin (cb), (result) => test_integers.end (result));
  add_case ("http", (cb) => test_http.begin (cb), (result) => test_http.end (result));
  add_case ("timeout-loses-nothing", (cb) => test_timeout_loses_nothing.begin (cb),
            (result) => test_timeout_loses_nothing.end (result));
  add_case ("cancel-loses-nothing", (cb) => test_cancel_loses_nothing.begin (cb),
            (result) => test_cancel_loses_nothing.end (result));
  add_case ("one-reader", (cb) => test_one_reader.begin (cb),
            (result) => test_one_reader.end (result));
  add_case ("event-before-callback", (cb) => test_event_before_callback.begin (cb),
            (result) => test_event_before_callback.end (result));
  add_case ("tls", (cb) => test_tls.begin (cb), (result) => test_tls.end (result));
  add_case ("tls-refused", (cb) => test_tls_refused.begin (cb),
            (result) => test_tls_refused.end (result));
  add_case ("upgrade", (cb) => test_upgrade.begin (cb), (result) => test_upgrade.end (result));

  return Test.run ();
}
