"""The night's mail: once for a night, never lost, and never handed to a server that is not the one asked for."""

from __future__ import annotations

import email
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.policy import default
from pathlib import Path

import pytest

from core.night import Evidence, Night
from flows.command_line import run
from flows.mailing import MailNotSent, mail_night
from flows.settings import BadSetting, MailServer, Settings, settings_from
from tests.reports import nights

NIGHT = nights.troubled_night()


@dataclass
class Server:
    """A mail server on this machine that keeps what it is given; `refuses` is its answer to a mail, "" to take it."""

    listener: socket.socket
    mails: list[bytes] = field(default_factory=list)
    refuses: str = ""

    @property
    def port(self) -> int:
        port: int = self.listener.getsockname()[1]
        return port

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as line:
                self._talk(line)

    def _talk(self, line: object) -> None:
        def say(answer: str) -> None:
            line.write(f"{answer}\r\n".encode())  # type: ignore[attr-defined]
            line.flush()  # type: ignore[attr-defined]

        say("220 here")
        for said in iter(line.readline, b""):  # type: ignore[attr-defined]
            match said[:4].upper():
                case b"DATA":
                    say("354 go on")
                    mail = b"".join(iter(line.readline, b".\r\n"))  # type: ignore[attr-defined]
                    if self.refuses:
                        say(self.refuses)
                    else:
                        self.mails.append(mail)
                        say("250 taken")
                case b"QUIT":
                    say("221 bye")
                    return
                case b"STAR":
                    say("502 no encryption here")
                case _:
                    say("250 well")


@pytest.fixture
def server() -> Iterator[Server]:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(None)
    taking = Server(listener)
    thread = threading.Thread(target=taking.serve, daemon=True)
    thread.start()
    yield taking
    # Only shutting it down wakes a thread that waits for a caller.
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(timeout=10)


def settings(workspace: Path, server: Server | None = None, security: str = "plain") -> Settings:
    return Settings(
        workspace,
        workspace,
        "sqlite://",
        mail_server=MailServer("127.0.0.1", server.port, security) if server else None,
        mail_to=("controller@example.com", "counsel@example.com"),
    )


def folder_of(workspace: Path) -> Path:
    return workspace / "reconciliation" / "2003-07-20"


def eml_files(workspace: Path) -> list[str]:
    return sorted(str(path.relative_to(workspace)) for path in workspace.rglob("*") if path.is_file())


def test_without_a_server_the_mail_lies_in_the_outbox_once(tmp_path: Path) -> None:
    first = mail_night(settings(tmp_path), NIGHT, folder_of(tmp_path))
    content = first.file.read_bytes()
    again = mail_night(settings(tmp_path), NIGHT, folder_of(tmp_path))
    assert (first.sent, first.anew, again.anew) == (False, True, False)
    assert first.file == again.file and first.file.read_bytes() == content
    assert len(eml_files(tmp_path)) == 1 and eml_files(tmp_path)[0].startswith("outbox/2003-07-20-night-")


def test_the_mail_says_how_the_night_stands_and_is_dated_by_it(tmp_path: Path) -> None:
    mail = email.message_from_bytes(
        mail_night(settings(tmp_path), NIGHT, folder_of(tmp_path)).file.read_bytes(), policy=default
    )
    assert mail["Subject"] == (
        "Nightly reconciliation, Sun Jul 20: Not balanced: 12 breaks block the close, 18 warnings"
    )
    assert mail["Date"] == "Sun, 20 Jul 2003 21:30:00 -0700"
    assert mail["To"] == "controller@example.com, counsel@example.com"
    text = mail.get_content()
    assert "REC_FAX_NOT_ARCHIVED (blocks the close): 12." in text
    assert "Complete calls = faxes in the archive: 3 against −9" in text
    assert f"The report: {folder_of(tmp_path)}" in text


def test_the_mail_tells_no_holder_and_nothing_that_a_form_says(tmp_path: Path) -> None:
    said = nights.broken(
        message="Ana Ortega wrote 000-12-3456", evidence=(Evidence("says", "SECRET"),), holder_id="H117"
    )
    night: Night = nights.with_breaks(said)
    content = mail_night(settings(tmp_path), night, folder_of(tmp_path)).file.read_text()
    assert [word for word in ("Ortega", "3456", "SECRET", "H117", "f1.tif") if word in content] == []


def test_a_server_is_handed_the_mail_once_and_the_outbox_remembers(tmp_path: Path, server: Server) -> None:
    first = mail_night(settings(tmp_path, server), NIGHT, folder_of(tmp_path))
    again = mail_night(settings(tmp_path, server), NIGHT, folder_of(tmp_path))
    assert (first.sent, first.anew, again.sent, again.anew) == (True, True, True, False)
    assert len(server.mails) == 1
    assert b"REC_OPEN_AGEING" in server.mails[0]
    assert first.file.parent == tmp_path / "outbox" / "sent"


def test_a_night_that_comes_out_otherwise_is_told_of_again(tmp_path: Path, server: Server) -> None:
    for night in (NIGHT, nights.quiet_night(), NIGHT):
        mail_night(settings(tmp_path, server), night, folder_of(tmp_path))
    assert len(server.mails) == 2


def test_a_mail_that_the_server_refuses_waits_and_goes_with_the_next_run(tmp_path: Path, server: Server) -> None:
    server.refuses = "554 not today"
    with pytest.raises(MailNotSent, match=rf"127\.0\.0\.1:{server.port} did not take the mail .* it waits at .*outbox"):
        mail_night(settings(tmp_path, server), NIGHT, folder_of(tmp_path))
    assert len(eml_files(tmp_path)) == 1
    server.refuses = ""
    assert mail_night(settings(tmp_path, server), NIGHT, folder_of(tmp_path)).sent
    assert len(server.mails) == 1 and eml_files(tmp_path)[0].startswith("outbox/sent/")


def test_a_server_that_is_not_there_loses_no_mail(tmp_path: Path, server: Server) -> None:
    nobody = socket.create_server(("127.0.0.1", 0))
    port = nobody.getsockname()[1]
    nobody.close()
    away = replace(settings(tmp_path, server), mail_server=MailServer("127.0.0.1", port, "plain"))
    with pytest.raises(MailNotSent):
        mail_night(away, NIGHT, folder_of(tmp_path))
    assert len(eml_files(tmp_path)) == 1


def test_nothing_is_sent_in_the_open_where_encryption_was_asked_for(tmp_path: Path, server: Server) -> None:
    with pytest.raises(MailNotSent):
        mail_night(settings(tmp_path, server, security="starttls"), NIGHT, folder_of(tmp_path))
    assert server.mails == []


def test_the_settings_name_server_and_mailboxes() -> None:
    given = settings_from(
        {
            "TENDERFAX_SMTP": "smtp+starttls://mail.example.com",
            "TENDERFAX_SMTP_USER": "tenderfax",
            "TENDERFAX_SMTP_PASSWORD": "not to be shown",
            "TENDERFAX_MAIL_TO": "controller@example.com, counsel@example.com",
        }
    )
    assert given.mail_server == MailServer("mail.example.com", 587, "starttls", "tenderfax", "not to be shown")
    assert given.mail_to == ("controller@example.com", "counsel@example.com")
    assert "not to be shown" not in repr(given)
    assert settings_from({}).mail_server is None


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"TENDERFAX_SMTP": "mail.example.com"}, "is no mail server"),
        ({"TENDERFAX_SMTP": "smtps://u:secret@mail.example.com"}, "is no mail server"),
        ({"TENDERFAX_SMTP": "smtps://mail.example.com:99999"}, "is no mail server"),
        ({"TENDERFAX_SMTP": "smtp://mail.example.com", "TENDERFAX_SMTP_USER": "u"}, "unencrypted"),
        ({"TENDERFAX_SMTP": "smtps://mail.example.com"}, "nobody to write to"),
        ({"TENDERFAX_MAIL_TO": "controller"}, "is no mail address"),
        ({"TENDERFAX_MAIL_FROM": "a@b\nBcc: c@d"}, "is no mail address"),
        ({"TENDERFAX_DESK_URL": "javascript:alert(1)"}, "is no web address"),
    ],
)
def test_a_bad_setting_is_named_without_its_password(environment: dict[str, str], told: str) -> None:
    with pytest.raises(BadSetting, match=told) as refused:
        settings_from(environment)
    assert "secret" not in str(refused.value)


def test_reconcile_mails_its_summary_where_asked_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = ["--workspace", str(tmp_path)]
    assert run([*workspace, "init"]) == 0
    run([*workspace, "--now", "2003-07-20T21:30:00", "reconcile"])
    assert not (tmp_path / "outbox").exists()
    for _ in range(2):
        run([*workspace, "--now", "2003-07-20T21:30:00", "reconcile", "--mail"])
    (mail,) = (tmp_path / "outbox").iterdir()
    assert f"mail in the outbox: {mail}" in capsys.readouterr().out
    assert (
        f"The report: {tmp_path / 'reconciliation' / '2003-07-20'}"
        in email.message_from_bytes(mail.read_bytes(), policy=default).get_content()
    )
