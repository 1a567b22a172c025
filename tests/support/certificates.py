"""Certificates as a bureau's intranet has them, and a door that speaks TLS before a server that does not."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deployments.servers import HOST


def certificate(folder: Path) -> Path:
    """A certificate for this machine with its key, which nobody but itself has signed."""
    path = folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", path, "-out", f"{path}.crt",
         "-days", "2", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=IP:{HOST}"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_bytes(path.read_bytes() + Path(f"{path}.crt").read_bytes())
    return path


def tls(certificate: Path) -> ssl.SSLContext:
    """What a server needs to show it."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@contextmanager
def tls_door(certificate: Path, behind: int) -> Iterator[int]:
    """A port where TLS is spoken from the first byte, and what is said handed on to a port behind."""
    context = tls(certificate)

    def receive() -> None:
        with suppress(OSError):
            while True:
                raw, _ = listener.accept()
                threading.Thread(target=relay, args=(raw,), daemon=True).start()

    def relay(raw: socket.socket) -> None:
        with (
            suppress(OSError),  # they may hang up
            context.wrap_socket(raw, server_side=True) as inner,
            socket.create_connection((HOST, behind)) as outer,
        ):
            threading.Thread(target=pump, args=(outer, inner), daemon=True).start()
            pump(inner, outer)

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    with socket.create_server((HOST, 0)) as listener:
        threading.Thread(target=receive, daemon=True).start()
        yield int(listener.getsockname()[1])
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
