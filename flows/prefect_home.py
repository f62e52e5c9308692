"""Prefect set up for one workspace: its files inside it, offline and quiet; must run before Prefect is imported."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from core.failures import TenderfaxError

SETTINGS = {
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
    # A machine under load needs longer than the default 20 seconds to start the embedded server for the first time.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_INTERNAL_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    # One task run a transaction stalls SQLite for two seconds whenever several faxes finish together.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    # A watcher runs for weeks: what Prefect noted of a finished run may go (the books are ours, not Prefect's).
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": "1209600",
    # A server that hangs must not hold a fax for minutes: it is then taken in without Prefect.
    "PREFECT_API_REQUEST_TIMEOUT": "20",
    "PREFECT_CLIENT_MAX_RETRIES": "2",
    # Nothing here is scheduled or triggered: services that only poll are left out of the embedded server.
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
}


class PrefectTooEarly(TenderfaxError):
    """Prefect was imported before its home was set: it would write into the user's own folder."""


def settle_prefect(workspace: Path) -> None:
    """Points Prefect at `workspace`; a setting that the environment names itself is kept (a shared server's URL).

    A process that serves several workspaces one after the other keeps the first one's: Prefect reads its home once.
    """
    if "prefect" in sys.modules:
        if "PREFECT_HOME" not in os.environ:
            raise PrefectTooEarly("Prefect was imported before its home was set; import flows.intake later")
        return
    home = workspace / "prefect"
    home.mkdir(parents=True, exist_ok=True)
    os.environ["PREFECT_HOME"] = str(home)
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
