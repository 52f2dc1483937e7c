"""Listens on two ports: the one that was asked for, and another for TLS under any name."""

from __future__ import annotations

import logging
import socket
import ssl

from hypercorn.config import Config

from local_aws.launcher.names.authority import Authority, NoAuthorityError

_log = logging.getLogger("local_aws")
_KEEP_ALIVE_SECONDS = 75


class Listening(Config):
    """Hypercorn's settings for that.

    Args:
        port: Without TLS.
        authority: Makes the certificates. None: TLS is not spoken.

    Attributes:
        secure_port: Where TLS is spoken; without an authority, ``port``.
    """

    def __init__(self, port: int, authority: Authority | None) -> None:
        super().__init__()
        self.keep_alive_timeout = _KEEP_ALIVE_SECONDS
        self.secure_port = port
        self._authority = authority
        plain = [f"127.0.0.1:{port}"]
        if authority is None:
            self.bind = plain
            return
        listener = socket.create_server(("127.0.0.1", 0))
        self.secure_port = int(listener.getsockname()[1])
        self.bind, self.insecure_bind = [f"fd://{listener.detach()}"], plain
        certificate, key = authority.pair("localhost")
        self.certfile, self.keyfile = str(certificate), str(key)

    def create_ssl_context(self) -> ssl.SSLContext | None:
        """With a certificate for whatever name the client says."""
        context = super().create_ssl_context()
        if context is not None and self._authority is not None:
            authority, like = self._authority, context

            def choose(connection: ssl.SSLObject, name: str | None, _given: ssl.SSLContext) -> int | None:
                try:
                    connection.context = authority.context(name.lower(), like) if name else like
                except NoAuthorityError:
                    _log.exception("there is no certificate for %s", name)
                    return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
                return None

            context.sni_callback = choose
        return context
