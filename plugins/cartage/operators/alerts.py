"""Alerts: a run that failed, too much in quarantine, a drop that cannot be read, a shop that drifted or has gone silent.

They go out by Airflow's own notifiers, e-mail through the SMTP connection and a webhook through an
HTTP connection, as the integration's settings say. They name flows, sites, files and counts, never people.
`docs/alerts.md` says what to set up.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from airflow.sdk import BaseNotifier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow.sdk import Context
    from jinja2 import Environment

    from cartage.settings import Alerts, Settings, Silence

log = logging.getLogger(__name__)

WEBHOOK_TIMEOUT = 15
NAMED = 5
"""Files that an alert names."""


@dataclass(frozen=True)
class Alert:
    """Something a person should know.

    Attributes:
        kind: failed, quarantine, drift, drops, silence or proposal.
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
        """Send it by every channel; one that is broken fails neither the run nor the other channel.

        What a channel says of its failure is not logged: it may quote the alert's addresses.
        """
        for name, send in (("e-mail", self._email), ("webhook", self._webhook)):
            try:
                send(context)
            except Exception as error:  # noqa: BLE001 (a missing connection, a refused login, a time-out alike)
                self.log.error(  # noqa: TRY400 (a traceback would quote what the channel said)
                    "the alert %r did not go out by %s (%s): check its Airflow connection, see docs/alerts.md",
                    self.alert.subject,
                    name,
                    type(error).__name__,
                )

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

    def render_template_fields(self, context: Context, jinja_env: Environment | None = None) -> None:
        """Do nothing: no field is a template, and the serialized DAG of `dag.test()` cannot render any."""

    def notify(self, context: Context) -> None:
        """Send the alert."""
        alert = failure_alert(f"{self.integration}.{self.flow}", run_of(context))
        AlertNotifier(alert, in_force(self.integration)).notify(context)


def in_force(integration: str) -> Alerts:
    """Give whom to tell now: the file, with the newest revision of the settings laid over.

    A ledger that cannot be asked, perhaps the very reason for the alert, is done without.
    """
    from cartage.integrations import include_folder
    from cartage.settings import load_settings

    try:
        from cartage.ledger import Ledger
        from cartage.operators.runtime import LEDGER_CONNECTION

        ledger = Ledger.from_connection(LEDGER_CONNECTION)
        try:
            revision = ledger.revisions.latest("settings", integration)
        finally:
            ledger.close()
        return load_settings(integration, include_folder(), revision.body if revision else None).alerts
    except Exception as error:  # noqa: BLE001 (no connection, a lost database, a revision that fits the file no more)
        log.warning("whom a revision of the settings tells is not known (%s); the file says it", type(error).__name__)
        return load_settings(integration, include_folder()).alerts


def run_of(context: Context) -> str:
    """Give the id of the run that a task or a callback serves."""
    return str(context.get("run_id") or getattr(context.get("dag_run"), "run_id", ""))


def address_of(name: str, run: str) -> str:
    """Give the address of a run in the Airflow UI, as far as Airflow knows its own (``[api] base_url``)."""
    from airflow.sdk.configuration import conf

    base = conf.get("api", "base_url", fallback="") or ""
    return f"{base.rstrip('/')}/dags/{name}/runs/{quote(run, safe='')}"


def failure_alert(name: str, run: str) -> Alert:
    """Alert that a run failed.

    Args:
        name: the flow.
        run: its id in Airflow.
    """
    address = address_of(name, run)
    return Alert(
        "failed",
        f"Cartage: {name} failed",
        f"Run {run} of {name} failed. The watermark did not move, so the next run reads the same again.\n"
        f"Open the run in Airflow: the log of the red task says what to do.\n{address}",
        {"flow": name, "run": run, "address": address},
    )


def proposal_alert(integration: str, run: str, proposals: Sequence[int], subject: str) -> Alert:
    """Alert that a person is asked about what a guardrail held.

    Args:
        integration: the integration.
        run: id of the run that asks, of the DAG of proposals.
        proposals: the proposals' ids.
        subject: the question in a line.
    """
    address = f"{address_of(f'{integration}.proposals', run)}/required_actions"
    return Alert(
        "proposal",
        f"Cartage asks: {subject}",
        f"{subject}.\nThe rows are held until somebody approves or rejects them; no answer in time is a no.\n{address}",
        {"integration": integration, "run": run, "address": address, "proposals": list(proposals)},
    )


def on_failure(integration: str, flow: str) -> FailureNotifier:
    """Give the callback of a flow's DAG."""
    return FailureNotifier(integration, flow)


def quarantine_alert(
    name: str, run: str, counts: Mapping[str, int], share: float, *, asking: int = 0, late: int = 0
) -> Alert | None:
    """Alert when more than `share` of a run's records failed, or went through in a way that a person must look at.

    Args:
        name: the flow.
        run: its id in Airflow.
        counts: records by outcome, and ``extracted``.
        share: the setting ``alerts.quarantined_share``.
        asking: records that went through and ask a person to act: their sums differ, a refund is due.
        late: records of earlier feeds that the shop turned out not to have taken; they stand in no count.
    """
    extracted = counts.get("extracted", 0)
    failed = counts.get("quarantined", 0) + counts.get("rejected", 0) + asking
    if not failed + late or failed + late <= share * extracted:
        return None
    address = address_of(name, run)
    of_feeds = f"{late} records of earlier feeds were not taken by the shop, as it said only after their run.\n"
    return Alert(
        "quarantine",
        f"Cartage: {failed} of {extracted} records of {name}{f', and {late} of its earlier feeds,' if late else ''} need someone",
        f"{failed} of {extracted} records of {name} were quarantined, rejected, or ask somebody to act; the setting allows "
        f"{share:.0%}.\n{of_feeds if late else ''}"
        f"Errors, under Cartage in the Airflow UI, says which and why.\n{address}",
        {"flow": name, "run": run, "address": address, **counts, "asking": asking, "late": late},
    )


def drift_alert(name: str, run: str, drifted: int, extracted: int, share: float) -> Alert | None:
    """Alert when the shop has more than `share` of a run's records otherwise than it was told.

    Args:
        name: the flow.
        run: its id in Airflow.
        drifted: records that the shop has otherwise, whether they are told again or left.
        extracted: records that the run read.
        share: the setting ``alerts.drifted_share``.
    """
    if not drifted or drifted <= share * extracted:
        return None
    address = address_of(name, run)
    return Alert(
        "drift",
        f"Cartage: the shop has {drifted} of {extracted} records of {name} otherwise than it was told",
        f"Somebody or something else writes what {name} tells the shop: {drifted} of {extracted} records; the setting allows "
        f"{share:.0%}.\nRuns, under Cartage in the Airflow UI, gives examples; a record's page says what the shop had, and "
        f"whether it was told again.\n{address}",
        {"flow": name, "run": run, "address": address, "drifted": drifted, "extracted": extracted},
    )


def drops_alert(name: str, run: str, refused: Sequence[str]) -> Alert | None:
    """Alert when files could not be read, or not to their end: their records stand in no count.

    Args:
        name: the flow.
        run: its id in Airflow.
        refused: names of the files.
    """
    if not refused:
        return None
    address = address_of(name, run)
    named = ", ".join(refused[:NAMED]) + (f" and {len(refused) - NAMED} more" if len(refused) > NAMED else "")
    return Alert(
        "drops",
        f"Cartage: {name} could not read {len(refused)} of the shop's files",
        f"Not read, or not to the end: {named}.\nThey lie in the folder of rejected drops, each with its reason beside "
        f"it. Let the shop export these records again.\n{address}",
        {"flow": name, "run": run, "address": address, "drops": len(refused)},
    )


def silence_alerts(
    settings: Settings, seen: Mapping[str | None, datetime], now: datetime, before: datetime | None = None
) -> list[Alert]:
    """Alert for every site that has sent no order for too long, all of it in hours that are watched.

    A silence is told when it has become too long, and again each time as much has passed once more: not in
    every run.

    Args:
        settings: for ``orders.silence`` and the sites' zones.
        seen: when the last order of each site arrived; a site that never sent one is not listed.
        now: aware.
        before: when this was asked last; None to be told whatever was told before.
    """
    rule = settings.orders.silence
    if rule is None:
        return []
    alerts = []
    for site, last in seen.items():
        if site is None or site not in settings.sites:
            continue
        zone = ZoneInfo(settings.sites[site].zone)
        times = _times_silent(rule, zone, last, now)
        if times and (before is None or times > _times_silent(rule, zone, last, before)):
            alerts.append(_silence(site, last, now))
    return alerts


def _times_silent(rule: Silence, zone: ZoneInfo, last: datetime, now: datetime) -> int:
    """Give how many times over a silence is too long; nought outside the hours that are watched."""
    limit = rule.limit(now.astimezone(zone))
    if limit is None or rule.limit((now - limit).astimezone(zone)) is None:
        return 0
    silent = now - last
    return silent // limit if silent > limit else 0


def _silence(site: str, last: datetime, now: datetime) -> Alert:
    minutes = int((now - last).total_seconds() // 60)
    return Alert(
        "silence",
        f"Cartage: no order from {site} for {minutes} minutes",
        f"The last order of {site} arrived at {last.astimezone(UTC):%Y-%m-%d %H:%M} UTC.\n"
        "See whether the shop takes orders, then whether its export job ran and left a file.",
        {"site": site, "minutes": minutes},
    )


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
