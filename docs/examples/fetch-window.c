/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* A window that fetches a page over HTTP or HTTPS, and stays responsive meanwhile.
 *
 *     fetch-window [URL] */

#include <gtk/gtk.h>
#include <qsocket/qsocket.h>

#define TIMEOUT_MS 30000

/* Fetching is a chain of calls that ends in a GTask: each callback begins the next call, and the
 * first error ends the task. The socket is the task's source, the URL its data. */

static void
body_received_cb (GObject      *object,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GBytes *body = q_socket_recv_binary_finish (Q_SOCKET (object), result, &error);

  if (body != NULL)
    g_task_return_pointer (task, body, (GDestroyNotify) g_bytes_unref);
  else
    g_task_return_error (task, error);
}

static void
header_read_cb (GObject      *object,
                GAsyncResult *result,
                gpointer      user_data)
{
  QSocket *socket = Q_SOCKET (object);
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (GVariant) header = q_socket_read_http_header_finish (socket, result, &error);
  GCancellable *cancellable = g_task_get_cancellable (task);

  if (header == NULL)
    g_task_return_error (task, error);
  else
    q_socket_recv_binary_async (socket, -1, TIMEOUT_MS, G_PRIORITY_DEFAULT, cancellable,
                                body_received_cb, g_steal_pointer (&task));
}

static void
request_sent_cb (GObject      *object,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  QSocket *socket = Q_SOCKET (object);
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GCancellable *cancellable = g_task_get_cancellable (task);

  if (!q_socket_send_http_message_finish (socket, result, &error))
    g_task_return_error (task, error);
  else
    q_socket_read_http_header_async (socket, TIMEOUT_MS, G_PRIORITY_DEFAULT, cancellable,
                                     header_read_cb, g_steal_pointer (&task));
}

static void
connected_cb (GObject      *object,
              GAsyncResult *result,
              gpointer      user_data)
{
  QSocket *socket = Q_SOCKET (object);
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GCancellable *cancellable = g_task_get_cancellable (task);
  GUri *uri = g_task_get_task_data (task);
  const char *path = g_uri_get_path (uri);
  const char *query = g_uri_get_query (uri);
  g_autofree char *resource = g_strconcat (*path != '\0' ? path : "/", query != NULL ? "?" : NULL,
                                           query, NULL);
  gboolean ok = g_str_equal (g_uri_get_scheme (uri), "https")
                ? q_socket_connect_ssl_finish (socket, result, &error)
                : q_socket_connect_to_finish (socket, result, &error);

  /* With HTTP/1.0 the body is all that follows up to the end of the stream. */
  if (!ok)
    g_task_return_error (task, error);
  else
    q_socket_send_http_message_async (socket, "GET", resource, "1.0",
                                      g_variant_new_parsed ("{'Host': %s}", g_uri_get_host (uri)),
                                      NULL, TIMEOUT_MS, G_PRIORITY_DEFAULT, cancellable,
                                      request_sent_cb, g_steal_pointer (&task));
}

static void
fetch_async (const char          *url,
             GCancellable        *cancellable,
             GAsyncReadyCallback  callback,
             gpointer             user_data)
{
  g_autoptr (QSocket) socket = q_socket_new ();
  GTask *task = g_task_new (socket, cancellable, callback, user_data);
  GError *error = NULL;
  GUri *uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, &error);
  g_autofree char *target = NULL;
  gboolean is_secure;

  if (uri == NULL || g_uri_get_host (uri) == NULL)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                               "“%s” is not an address of a page", url);
      g_clear_error (&error);
      g_clear_pointer (&uri, g_uri_unref);
      g_object_unref (task);
      return;
    }

  g_task_set_task_data (task, uri, (GDestroyNotify) g_uri_unref);
  is_secure = g_str_equal (g_uri_get_scheme (uri), "https");
  target = g_strdup_printf ("%s:%d", g_uri_get_host (uri),
                            g_uri_get_port (uri) > 0 ? g_uri_get_port (uri) : is_secure ? 443 : 80);

  if (is_secure)
    q_socket_connect_ssl_async (socket, target, TIMEOUT_MS, G_PRIORITY_DEFAULT, cancellable,
                                connected_cb, task);
  else
    q_socket_connect_to_async (socket, target, TIMEOUT_MS, G_PRIORITY_DEFAULT, cancellable,
                               connected_cb, task);
}

static GBytes *
fetch_finish (GAsyncResult  *result,
              GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* The window. */

typedef struct
{
  GtkWidget *url;
  GtkWidget *button;
  GtkWidget *spinner;
  GtkTextBuffer *text;
  GCancellable *cancellable;
} Window;

static void
set_fetching (Window   *window,
              gboolean  fetching)
{
  gtk_widget_set_sensitive (window->button, !fetching);
  gtk_spinner_set_spinning (GTK_SPINNER (window->spinner), fetching);
}

static void
fetched_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  Window *window = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = fetch_finish (result, &error);
  g_autofree char *text = NULL;

  /* The cancellable is cancelled only when the window is destroyed, so @window is freed. The task
   * reports the cancellation even if all its calls have succeeded. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  text = body != NULL ? g_utf8_make_valid (g_bytes_get_data (body, NULL), g_bytes_get_size (body))
                      : g_strdup (error->message);
  gtk_text_buffer_set_text (window->text, text, -1);
  set_fetching (window, FALSE);
}

static void
fetch_clicked_cb (Window *window)
{
  set_fetching (window, TRUE);
  gtk_text_buffer_set_text (window->text, "", -1);
  fetch_async (gtk_editable_get_text (GTK_EDITABLE (window->url)), window->cancellable, fetched_cb,
               window);
}

static void
window_destroyed_cb (Window *window)
{
  g_cancellable_cancel (window->cancellable);
  g_object_unref (window->cancellable);
  g_free (window);
}

static void
activate_cb (GtkApplication *application,
             const char     *url)
{
  GtkWidget *top = gtk_application_window_new (application);
  GtkWidget *rows = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *scrolled = gtk_scrolled_window_new ();
  GtkWidget *view = gtk_text_view_new ();
  Window *window = g_new0 (Window, 1);

  window->cancellable = g_cancellable_new ();
  window->url = gtk_entry_new ();
  window->button = gtk_button_new_with_label ("Fetch");
  window->spinner = gtk_spinner_new ();
  window->text = gtk_text_view_get_buffer (GTK_TEXT_VIEW (view));

  gtk_window_set_title (GTK_WINDOW (top), "Fetch with QSocket");
  gtk_window_set_titlebar (GTK_WINDOW (top), gtk_header_bar_new ());
  gtk_window_set_default_size (GTK_WINDOW (top), 560, 320);
  gtk_window_set_child (GTK_WINDOW (top), rows);
  gtk_widget_set_margin_top (rows, 12);
  gtk_widget_set_margin_bottom (rows, 12);
  gtk_widget_set_margin_start (rows, 12);
  gtk_widget_set_margin_end (rows, 12);
  gtk_box_append (GTK_BOX (rows), row);
  gtk_box_append (GTK_BOX (rows), scrolled);

  gtk_widget_set_hexpand (window->url, TRUE);
  gtk_editable_set_text (GTK_EDITABLE (window->url), url != NULL ? url : "https://example.org/");
  gtk_box_append (GTK_BOX (row), window->url);
  gtk_box_append (GTK_BOX (row), window->spinner);
  gtk_box_append (GTK_BOX (row), window->button);

  gtk_text_view_set_editable (GTK_TEXT_VIEW (view), FALSE);
  gtk_text_view_set_monospace (GTK_TEXT_VIEW (view), TRUE);
  gtk_text_view_set_left_margin (GTK_TEXT_VIEW (view), 6);
  gtk_text_view_set_top_margin (GTK_TEXT_VIEW (view), 6);
  gtk_text_view_set_wrap_mode (GTK_TEXT_VIEW (view), GTK_WRAP_WORD_CHAR);
  gtk_widget_set_vexpand (scrolled, TRUE);
  gtk_scrolled_window_set_has_frame (GTK_SCROLLED_WINDOW (scrolled), TRUE);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), view);

  g_signal_connect_swapped (window->button, "clicked", G_CALLBACK (fetch_clicked_cb), window);
  g_signal_connect_swapped (top, "destroy", G_CALLBACK (window_destroyed_cb), window);
  gtk_widget_grab_focus (window->button);
  gtk_window_present (GTK_WINDOW (top));

  if (url != NULL)
    fetch_clicked_cb (window);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GtkApplication) application = gtk_application_new (NULL, G_APPLICATION_NON_UNIQUE);

  g_signal_connect (application, "activate", G_CALLBACK (activate_cb), argc > 1 ? argv[1] : NULL);
  return g_application_run (G_APPLICATION (application), 1, argv);
}
