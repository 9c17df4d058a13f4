"""Alerts: a run that failed, too much in quarantine, a shop that has gone silent.

They go out by Airflow's own notifiers, e-mail through the SMTP connection and a webhook through an
HTTP connection, as the integration's settings say. They name keys and counts, never people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from airflow.sdk import BaseNotifier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

    from cartage.settings import Alerts, Settings

WEBHOOK_TIMEOUT = 15


@dataclass(frozen=True)
class Alert:
    """Something a person should know.

    Attributes:
        kind: failed, quarantine or silence.
        subject: one line.
        body: what happened, where, and what to do.
        facts: the same as values, for a webhook.
    """

    kind: str
    subject: str
    body: str
    facts: Mapping[str, Any]


class AlertNotifier(BaseNotifier):
    """Sends one alert to everyone the settings name."""

    def __init__(self, alert: Alert, settings: Alerts) -> None:
        super().__init__()
        self.alert = alert
        self.settings = settings

    def notify(self, context: Context) -> None:
        """Send it; a channel that fails does not keep the other from being tried."""
        failures = []
        for send in (self._email, self._webhook):
            try:
                send(context)
            except (OSError, RuntimeError, ValueError) as error:
                failures.append(f"{send.__name__.strip('_')}: {type(error).__name__}")
        if failures:
            self.log.error("alert %s was not sent by %s: check the connections", self.alert.kind, ", ".join(failures))

    def _email(self, context: Context) -> None:
        if not self.settings.email:
            return
        from airflow.providers.smtp.notifications.smtp import SmtpNotifier

        text = "<br>".join(_escape(line) for line in self.alert.body.splitlines())
        SmtpNotifier(to=list(self.settings.email), subject=self.alert.subject, html_content=text).notify(context)

    def _webhook(self, context: Context) -> None:
        if not self.settings.webhook:
            return
        from airflow.providers.http.notifications.http import HttpNotifier

        body = {"kind": self.alert.kind, "subject": self.alert.subject, "text": self.alert.body}
        HttpNotifier(
            http_conn_id=self.settings.webhook,
            json=body | {"facts": dict(self.alert.facts)},
            extra_options={"timeout": WEBHOOK_TIMEOUT},
        ).notify(context)


class FailureNotifier(BaseNotifier):
    """Tells of a failed run; made when the DAG is parsed, so it reads the settings only when it speaks."""

    def __init__(self, integration: str, flow: str) -> None:
        super().__init__()
        self.integration = integration
        self.flow = flow

    def notify(self, context: Context) -> None:
        """Send the alert."""
        from cartage.integrations import include_folder
        from cartage.settings import load_settings

        settings = load_settings(self.integration, include_folder())
        run = context.get("run_id") or getattr(context.get("dag_run"), "run_id", "")
        name = f"{self.integration}.{self.flow}"
        alert = Alert(
            "failed",
            f"Cartage: {name} failed",
            f"Run {run} of {name} failed. The watermark did not move, so the next run reads the same again.\n"
            "Open the run in Airflow: the log of the red task says what to do.",
            {"flow": name, "run": str(run)},
        )
        AlertNotifier(alert, settings.alerts).notify(context)


def on_failure(integration: str, flow: str) -> FailureNotifier:
    """Give the callback of a flow's DAG."""
    return FailureNotifier(integration, flow)


def quarantine_alert(name: str, counts: Mapping[str, int], share: float) -> Alert | None:
    """Alert when more than `share` of a run's records failed.

    Args:
        name: the flow.
        counts: records by outcome, and ``extracted``.
        share: the setting ``alerts.quarantined_share``.
    """
    extracted = counts.get("extracted", 0)
    failed = counts.get("quarantined", 0) + counts.get("rejected", 0)
    if not failed or failed <= share * extracted:
        return None
    return Alert(
        "quarantine",
        f"Cartage: {failed} of {extracted} records of {name} need someone",
        f"{failed} of {extracted} records of {name} were quarantined or rejected; the setting allows {share:.0%}.\n"
        "The quality report and the log of the run's settle task name them and why.",
        {"flow": name, **counts},
    )


def silence_alerts(settings: Settings, seen: Mapping[str | None, datetime], now: datetime) -> list[Alert]:
    """Alert for every site that has sent no order for too long, all of it in hours that are watched.

    Args:
        settings: for ``orders.silence`` and the sites' zones.
        seen: when the last order of each site arrived; a site that never sent one is not listed.
        now: aware.
    """
    rule = settings.orders.silence
    if rule is None:
        return []
    limit = timedelta(minutes=rule.minutes)
    alerts = []
    for site, last in seen.items():
        if site is None or site not in settings.sites:
            continue
        zone = ZoneInfo(settings.sites[site].zone)
        silent = now - last
        watched = rule.watches(now.astimezone(zone)) and rule.watches((now - limit).astimezone(zone))
        if silent <= limit or not watched:
            continue
        minutes = int(silent.total_seconds() // 60)
        alerts.append(
            Alert(
                "silence",
                f"Cartage: no order from {site} for {minutes} minutes",
                f"The last order of {site} arrived at {last.astimezone(UTC):%Y-%m-%d %H:%M} UTC.\n"
                "See whether the shop takes orders, then whether its export job ran and left a file.",
                {"site": site, "minutes": minutes},
            )
        )
    return alerts


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
