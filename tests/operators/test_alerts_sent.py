"""Alerts over a real mail server and a real web server, with one of them broken, and without either."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from cryptography.fernet import Fernet

from cartage.integrations import include_folder
from cartage.ledger import Ledger
from cartage.operators import alerts
from cartage.settings import Alerts, load_settings
from tests.webhooks import Hooks, listening

if TYPE_CHECKING:
    from collections.abc import Iterator

BOTH = Alerts(email=("night@example.com", "day@example.com"), webhook="cartage_alerts")
FLOW = "sfcc_netsuite.orders"


class Mailbox(Message):
    """Keeps what a mail server took."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Any] = []

    def handle_message(self, message: Any) -> None:
        self.mails.append(message)


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    kept = Mailbox()
    controller = Controller(kept, hostname="127.0.0.1", port=0)
    controller.port = _free_port()
    controller.start()
    extra = {"disable_ssl": True, "disable_tls": True, "from_email": "cartage@example.com", "retry_limit": 1}
    connection = {"conn_type": "smtp", "host": "127.0.0.1", "port": controller.port, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))
    yield kept
    controller.stop()


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    with listening() as server:
        yield server


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def text_of(mail: Any) -> str:
    """Give a mail's text, as a reader shows it."""
    parts = [each for each in message_from_bytes(mail.as_bytes()).walk() if not each.is_multipart()]
    return "\n".join(each.get_payload(decode=True).decode() for each in parts)


def failed() -> alerts.Alert:
    return alerts.failure_alert(FLOW, "scheduled__2026-11-20T11:00:00+00:00")


def too_many() -> alerts.Alert:
    found = alerts.quarantine_alert(FLOW, "manual__1", {"extracted": 100, "quarantined": 30, "rejected": 1}, 0.05)
    assert found is not None
    return found


def silent() -> alerts.Alert:
    noon = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
    settings = load_settings("sfcc_netsuite", include_folder())
    return alerts.silence_alerts(settings, {"RefArch": noon - timedelta(minutes=125)}, noon)[0]


@pytest.mark.parametrize(
    ("alert", "subject", "said"),
    [
        (failed(), "sfcc_netsuite.orders failed", "the log of the red task"),
        (too_many(), "31 of 100 records of sfcc_netsuite.orders", "the setting allows 5%"),
        (silent(), "no order from RefArch for 125 minutes", "2026-11-20 08:55 UTC"),
    ],
    ids=["failed", "quarantine", "silence"],
)
def test_both_channels_tell_it(mailbox: Mailbox, hooks: Hooks, alert: alerts.Alert, subject: str, said: str) -> None:
    alerts.AlertNotifier(alert, BOTH).notify({})  # type: ignore[typeddict-item]
    (mail,) = mailbox.mails
    assert subject in mail["Subject"]
    assert mail["X-RcptTo"] == "night@example.com, day@example.com"
    assert said in text_of(mail)
    (posted,) = hooks.posted
    assert posted["kind"] == alert.kind
    assert subject in posted["subject"]
    assert said in posted["text"]
    assert posted["facts"] == dict(alert.facts)


def test_a_broken_webhook_keeps_no_mail_back_and_fails_nobody(
    mailbox: Mailbox, hooks: Hooks, capsys: pytest.CaptureFixture[str]
) -> None:
    hooks.status = 500
    alerts.AlertNotifier(failed(), BOTH).notify({})  # type: ignore[typeddict-item]
    assert len(mailbox.mails) == 1
    assert "did not go out by webhook" in capsys.readouterr().out


def test_a_broken_mail_server_keeps_no_webhook_back(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {
        "conn_type": "smtp",
        "host": "127.0.0.1",
        "port": _free_port(),
        "extra": {"retry_limit": 1, "timeout": 2},
    }
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))
    alerts.AlertNotifier(failed(), BOTH).notify({})  # type: ignore[typeddict-item]
    assert len(hooks.posted) == 1


def test_connections_that_nobody_made_fail_nobody(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_SMTP_DEFAULT", raising=False)
    monkeypatch.delenv("AIRFLOW_CONN_CARTAGE_ALERTS", raising=False)
    alerts.AlertNotifier(failed(), BOTH).notify({})  # type: ignore[typeddict-item]
    said = capsys.readouterr().out
    assert "did not go out by e-mail" in said
    assert "did not go out by webhook" in said
    assert "docs/alerts.md" in said


def test_nobody_named_is_nobody_told(mailbox: Mailbox, hooks: Hooks) -> None:
    alerts.AlertNotifier(failed(), Alerts()).notify({})  # type: ignore[typeddict-item]
    assert mailbox.mails == hooks.posted == []


def test_a_failed_run_is_told_by_the_settings_of_that_moment(
    hooks: Hooks, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The callback was made when the DAG was parsed; whom to tell is read when it speaks."""
    text = (include_folder() / "integrations" / "sfcc_netsuite.yaml").read_text(encoding="utf-8")
    (tmp_path / "integrations").mkdir()
    callback = alerts.on_failure("sfcc_netsuite", "orders")
    (tmp_path / "integrations" / "sfcc_netsuite.yaml").write_text(
        text.replace("webhook: null", "webhook: cartage_alerts")
    )
    monkeypatch.setenv("CARTAGE_INCLUDE", str(tmp_path))
    callback({"run_id": "manual__7"})  # type: ignore[arg-type]
    (posted,) = hooks.posted
    assert posted["facts"]["run"] == "manual__7"
    assert posted["facts"]["address"].endswith("/dags/sfcc_netsuite.orders/runs/manual__7")


def test_whom_a_revision_names_is_told_of_a_failed_run(
    hooks: Hooks, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = {
        "conn_type": "sqlite",
        "host": str(tmp_path / "ledger.db"),
        "extra": {"key": Fernet.generate_key().decode()},
    }
    monkeypatch.setenv("AIRFLOW_CONN_CARTAGE_LEDGER", json.dumps(connection))
    callback = alerts.on_failure("sfcc_netsuite", "orders")
    callback({"run_id": "manual__8"})  # type: ignore[arg-type]
    assert hooks.posted == [], "the ledger has no tables yet, and the file names nobody"
    ledger = Ledger.from_connection("cartage_ledger")
    ledger.migrate()
    body = "settings: {alerts: {webhook: cartage_alerts}}"
    ledger.revisions.save("settings", "sfcc_netsuite", body, author="erika", parent=None)
    ledger.close()
    callback({"run_id": "manual__9"})  # type: ignore[arg-type]
    assert [each["facts"]["run"] for each in hooks.posted] == ["manual__9"]


def test_a_long_silence_is_told_again_but_not_in_every_run() -> None:
    settings = load_settings("sfcc_netsuite", include_folder())
    last = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)  # nine in Berlin, and silent from then on
    quarters = [last + timedelta(minutes=15 * number) for number in range(1, 41)]
    told = [
        now for before, now in zip([last, *quarters], quarters, strict=False)
        if alerts.silence_alerts(settings, {"RefArch": last}, now, before)
    ]  # fmt: skip
    assert [(each - last) / timedelta(minutes=1) for each in told] == [135, 240, 360, 480, 600]
