"""From the marts to the file: which organizations there are, and the report of one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from connectors.crm.statements import load
from connectors.errors import ConfigurationError
from connectors.report.cautions import cautions
from connectors.report.key_figures import KeyFigure, key_figures
from connectors.report.page import render
from connectors.report.reading import read_report
from connectors.report.writing import report_path, write_report


class Organization(msgspec.Struct, frozen=True):
    """A tenant by id and name."""

    organization_id: str
    name: str


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """A report that lies in its file. `cautions`: what its reader is warned of."""

    organization: Organization
    path: str
    size_bytes: int
    seconds: float
    key_figures: list[KeyFigure]
    cautions: int


def organizations(connection: psycopg.Connection[Any]) -> list[Organization]:
    """Return every organization, by name."""
    found = connection.execute(load("report/organizations"), {"asked": None}).fetchall()
    return [Organization(*row) for row in found]


def find_organization(connection: psycopg.Connection[Any], asked: str) -> Organization:
    """Return the organization with the id or the name `asked`.

    Raises ConfigurationError when there is none, or more than one of that name.
    """
    found = connection.execute(load("report/organizations"), {"asked": asked}).fetchall()
    if not found:
        names = ", ".join(f'"{one.name}"' for one in organizations(connection)[:10])
        raise ConfigurationError(
            f'there is no organization "{asked}"' + (f"; there are {names}" if names else "")
        )
    if len(found) > 1:
        raise ConfigurationError(
            f'{len(found)} organizations are called "{asked}"; give the id: '
            + ", ".join(row[0] for row in found[:10])
        )
    return Organization(*found[0])


def build_report(
    connection: psycopg.Connection[Any],
    organization: Organization,
    home: Path,
    *,
    output: Path | None = None,
) -> Built:
    """Write the organization's report as the marts are now, under `home` or to `output`.

    `connection`: with no transaction under way. Raises what reading and writing raise.
    """
    began = time.monotonic()
    path = output or report_path(home, organization.organization_id)
    report = read_report(connection, organization.organization_id)
    page = render(report)
    write_report(path, page)
    return Built(
        organization=organization,
        path=str(path),
        size_bytes=len(page.encode()),
        seconds=time.monotonic() - began,
        key_figures=key_figures(report),
        cautions=len(cautions(report)),
    )
