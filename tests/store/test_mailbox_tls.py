"""The mailbox over TLS, from the first byte (imaps) or by STARTTLS: only where the certificate is good."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from duban.doors.imap import opened
from duban.errors import DoorShut
from duban.rendering import renderer
from tests.support import certificates
from tests.support.mailbox import PASSWORD, PostBox, imap_server, mail


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificates.certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module", params=["imap", "imaps"])
def box(request: pytest.FixtureRequest, certificate: Path) -> Iterator[PostBox]:
    """A mailbox that is reached in one of both ways; nobody signs in to `imap` without STARTTLS."""
    with pytest.MonkeyPatch.context() as env:
        env.setenv("SSL_CERT_FILE", str(certificate))  # the bureau's own authority
        if request.param == "imap":
            with imap_server(certificate) as made:
                yield made
            return
        with imap_server() as plain, certificates.tls_door(certificate, plain.account.port) as port:
            yield PostBox(port, "imaps")


def test_a_mail_is_read_and_put_away_where_the_certificate_is_good(box: PostBox) -> None:
    box.empty()
    box.arrives(mail("east@harbour.example", "月报"), "2024-02-05 10:00")
    with opened(box.account) as held:
        (arrived,) = held.arrived()
        assert b"Message-ID: <1@east.example>" in held.read(arrived.uid)
        held.put(arrived.uid, "已收")
    assert (box.held(), len(box.held("已收"))) == ([], 1)


def test_a_certificate_that_nobody_vouches_for_shuts_the_door_before_the_password_is_said(
    box: PostBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(DoorShut) as caught, opened(box.account):
        pass
    assert caught.value.params["detail"] == "SSLCertVerificationError"
    assert PASSWORD not in renderer().error(caught.value)


def test_a_certificate_of_another_machine_is_none(box: PostBox) -> None:
    with pytest.raises(DoorShut) as caught, opened(replace(box.account, host="localhost")):
        pass
    assert caught.value.params["detail"] == "SSLCertVerificationError"
