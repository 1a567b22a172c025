"""prefect.yaml, made from data/campaigns: `python -m deployments.prefect_yaml [--check]`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

from deployments.schedules import DELIVER_EVERY, INTAKE_EVERY, JANITOR_EVERY, schedules
from duban.plan import Plan, parse
from duban.services.campaigns import read_bundle
from duban.settings import ROOT, ZONE

POOL = "duban"
HEAD = """\
# Made by `python -m deployments.prefect_yaml` from data/campaigns; `make check` holds them together.
# Once:    prefect work-pool create duban --type process --overwrite
# Deploy:  prefect --no-prompt deploy --all
# Work:    prefect worker start --pool duban
"""


def plans(root: Path = ROOT) -> list[Plan]:
    """Every campaign of the project."""
    folders = sorted(p.parent for p in (root / "data" / "campaigns").glob("*/plan.yaml"))
    return [parse(read_bundle(folder)) for folder in folders]


def text(found: list[Plan]) -> str:
    """The whole file."""
    document: dict[str, Any] = {
        "name": "duban",
        "deployments": [*(campaign_deployment(plan) for plan in found), *installation_deployments()],
    }
    return HEAD + yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100)


def campaign_deployment(plan: Plan) -> dict[str, Any]:
    """A campaign's deployment: its flow by module path, its schedules from its plan."""
    return {
        "name": plan.slug,
        "entrypoint": "flows.campaign.campaign",
        "description": plan.file.title,
        "tags": [plan.slug, plan.file.short],
        "parameters": {"campaign": plan.slug},
        "schedules": schedules(plan),
        "work_pool": {"name": POOL},
    }


def installation_deployments() -> list[dict[str, Any]]:
    """The flows of which an installation has one each."""
    each = (("deliver", DELIVER_EVERY), ("intake", INTAKE_EVERY), ("janitor", JANITOR_EVERY))
    return [
        {
            "name": name,
            "entrypoint": f"flows.{name}.{name}",
            "schedules": [{"cron": every, "timezone": ZONE.key, "active": True}],
            "work_pool": {"name": POOL},
        }
        for name, every in each
    ]


def main() -> None:
    """Write the file, or with --check exit 1 when it is out of date."""
    path = ROOT / "prefect.yaml"
    wanted = text(plans())
    if "--check" in sys.argv:
        if path.read_text(encoding="utf-8") != wanted:
            sys.exit("prefect.yaml is out of date: run `python -m deployments.prefect_yaml`")
        return
    path.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    main()
