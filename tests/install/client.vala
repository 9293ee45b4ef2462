/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* A program that knows nothing of the source tree. */

int
main ()
{
  try
    {
      var listener = new QSocket.Socket ();
      listener.bind_inet ("127.0.0.1", "0");
      listener.listen ();
      var client = new QSocket.Socket ();
      client.connect_to ("127.0.0.1:%d".printf (listener.get_port ()));
      client.send ("installed");
      return listener.accept ().recv (9) == "installed" ? 0 : 1;
    }
  catch (Error e)
    {
      printerr ("%s\n", e.message);
      return 1;
    }
}
