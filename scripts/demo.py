"""`make demo`: leads of a database, booked by the example DAGs in real Airflow, against the sandbox.

Everything is made anew below `.airflow/demo` of the project. Airflow's own output goes to a file there.
"""

import shutil
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import demo_airflow
from demo_airflow import DemoFailed
from demo_warehouse import Warehouse

from airflow_chilipiper.sandbox import Sandbox, sandbox
from airflow_chilipiper.sandbox.page import draw

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".airflow" / "demo"
DAGS = ROOT / "example_dags"
LOG, PAGE = HOME / "airflow.log", HOME / "sandbox.html"
DAG_ZONE = "Europe/Paris"
LOST = 2  # booking answers, on their way back
PACE = 50  # requests a second; the default for the real service is careful

Row = dict[str, Any]


class Demo:
    """The account, in the order in which it is given."""

    def __init__(self, box: Sandbox, warehouse: Warehouse, terminal: TextIO) -> None:
        self.box, self.warehouse, self.terminal = box, warehouse, terminal

    def say(self, text: str = "") -> None:
        print(text, file=self.terminal, flush=True)

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """One line: what is done, and how long it took."""
        begun = time.monotonic()
        print(f"  {what} ".ljust(72, ".") + " ", end="", file=self.terminal, flush=True)
        yield
        self.say(f"{time.monotonic() - begun:.1f} s")

    def run(self, dag_id: str) -> None:
        with self.step(f"Airflow runs example_dags/{dag_id}.py"):
            demo_airflow.run(dag_id, DAGS)

    def play(self) -> None:
        self.say("Leads of a database, booked by example DAGs that Airflow runs as `airflow dags test` does.")
        self.say("Nobody is invited: the other side is the sandbox, an imitation of Chili Piper's API.\n")
        self.say(f"  The sandbox answers on {self.box.url}")
        with self.step("A warehouse is filled"):
            self.warehouse.fill()
        with self.step("Airflow makes its database"):
            version = demo_airflow.set_up()
        self.say(f"  This is Airflow {version}; it logs to {_short(LOG)}")
        booked = self.first_night()
        self.second_night(booked)
        self.other_patterns()
        self.farewell()

    def first_night(self) -> dict[int, str]:
        leads = self.warehouse.rows("leads")
        self.say(f"\nThe first night: {len(leads)} leads through the Concierge router inbound-demo\n")
        self.box.faults.lose_answer("concierge-schedule", count=LOST, skip=5)
        self.run("nightly_concierge")
        self.say()
        leads = self.warehouse.rows("leads")
        headings = ("lead", "outcome", "time there", "host", "meeting")
        self.table(headings, [(f"{row['first_name']} {row['last_name']}", *_outcome(row)) for row in leads])
        self.say(f"\n  {len(leads)} leads: {_counts(leads)}.")
        booked = self.warehouse.meeting_ids("leads")
        self.say(f"  {self.booking_calls()} booking calls made {self.on_record()} meetings in the sandbox.")
        self.say(f"  {LOST} answers were lost on purpose: their meetings were found, and nobody was asked again.")
        self.say(f"  {len(booked)} meeting ids were written back to the warehouse.")
        _insist(
            set(booked.values()) == {each["meetingId"] for each in self.box.meetings}, "warehouse and sandbox disagree"
        )
        _insist(self.box.faults.pending == 0, "no answer was lost")
        _insist(len(booked) > len(leads) // 2, f"only {len(booked)} leads were booked")
        return booked

    def second_night(self, booked: dict[int, str]) -> None:
        self.say("\nThe second night, as if the write-back had been lost: no lead has a meeting id any more\n")
        self.warehouse.forget_meetings()
        calls = self.booking_calls()
        self.run("nightly_concierge")
        leads = self.warehouse.rows("leads")
        self.say(f"\n  {len(leads)} leads: {_counts(leads)}.")
        again = self.booking_calls() - calls
        self.say(f"  {again} booking calls; the sandbox still has {self.on_record()} meetings, one for each guest.")
        found = self.warehouse.meeting_ids("leads")
        same = sum(found.get(lead) == meeting for lead, meeting in booked.items())
        self.say(f"  The ledger knew them: {same} of {len(booked)} leads have the same meeting id as before.")
        _insist(again == 0 and self.on_record() == same == len(booked), "somebody was booked twice, or lost")

    def other_patterns(self) -> None:
        self.say("\nScheduling links: customers meet the owner whose link stands in their row\n")
        self.run("owner_links")
        self.say()
        self.show("renewals", ("customer", "link"), lambda row: (row["company"], row["owner_link"].rpartition("/")[2]))
        self.say("\nHandoff: SDRs hand leads over by their ids in the CRM\n")
        self.run("sdr_handoff")
        self.say()
        self.show("qualified_leads", ("lead", "from"), lambda row: (row["crm_id"], _person(row["sdr_email"])))

    def show(self, table: str, headings: Sequence[str], cells: Callable[[Row], Sequence[str]]) -> None:
        rows = self.warehouse.rows(table)
        headings = (*headings, "time there", "host", "meeting")
        self.table(headings, [(*cells(row), *_meeting(row)) for row in rows])
        _insist(len(self.warehouse.meeting_ids(table)) == len(rows), f"not all {table} were booked")

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A row with fewer cells ends in a note, which takes the room of all that are missing."""
        lines = [headings, *rows]
        whole = [(*line[: len(line) - (len(line) < len(headings))],) for line in lines]
        widths = [max(map(len, column)) for column in zip_longest(*whole, fillvalue="")]
        lines.insert(1, ["-" * width for width in widths])
        for line in lines:
            self.say("  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=False)).rstrip())

    def booking_calls(self) -> int:
        return sum(call.operation == "concierge-schedule" for call in self.box.calls)

    def on_record(self) -> int:
        """How many meetings the sandbox made, after making sure that no guest has two."""
        guests = Counter(each["guest"].lower() for each in self.box.meetings)
        twice = [guest for guest, meetings in guests.items() if meetings > 1]
        _insist(not twice, f"{len(twice)} guests have more than one meeting")
        return len(self.box.meetings)

    def farewell(self) -> None:
        with self.box.tenant.lock:
            PAGE.write_text(draw(self.box.tenant, self.box.calls), encoding="utf-8")
        self.say(f"\nAll is well: {self.on_record()} meetings for as many guests. Where to look next\n")
        places = (
            (_short(PAGE), "the sandbox as it stood: calendars and the last calls"),
            (_short(self.warehouse.path), "the warehouse, with whole meeting ids"),
            (f"{_short(DAGS)}/", "the DAGs that ran, and others"),
            ("README.md", "how to do this in your own Airflow"),
        )
        for place, what in places:
            self.say(f"  {place:<30}  {what}")
        self.say("\nA sandbox to develop against: .venv/bin/python -m airflow_chilipiper.sandbox")


def _outcome(row: Row) -> tuple[str, ...]:
    """The cells from the outcome on; a note takes the place of a meeting."""
    status = row["meeting_status"] or "nothing"
    return (status, *_meeting(row)) if row["meeting_id"] else (status, row["meeting_note"] or "")


def _meeting(row: Row) -> tuple[str, str, str]:
    """When the guest's clock shows what, with whom, and the first part of the meeting's id."""
    if not row["meeting_id"]:
        return "none", "", ""
    zone = row.get("timezone") or DAG_ZONE
    start = datetime.fromisoformat(row["meeting_start"]).astimezone(ZoneInfo(zone))
    place = zone.rpartition("/")[2].replace("_", " ")
    return f"{start:%a %d %b %H:%M} {place}", _person(row["meeting_host"]), row["meeting_id"].partition("-")[0]


def _person(email: str | None) -> str:
    return (email or "").partition("@")[0].replace(".", " ").title()


def _counts(rows: Iterable[Row]) -> str:
    counts = Counter(row["meeting_status"] or "nothing" for row in rows)
    return ", ".join(f"{count} {status}" for status, count in counts.most_common())


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _insist(holds: bool, otherwise: str) -> None:
    if not holds:
        raise DemoFailed(otherwise)


def main() -> int:
    begun = time.monotonic()
    shutil.rmtree(HOME, ignore_errors=True)
    try:
        HOME.mkdir(parents=True)
    except OSError as error:
        sys.exit(f"The demo failed: it cannot make the folder {HOME} anew ({error.strerror}).")
    demo_airflow.shut_in(HOME, DAGS)
    terminal = demo_airflow.send_all_output_to(LOG)
    try:
        with sandbox(requests_per_second=PACE) as box:
            warehouse = Warehouse(HOME / "warehouse.db")
            demo_airflow.connect(box.connection, warehouse=warehouse.path, ledger=HOME / "ledger.db")
            Demo(box, warehouse, terminal).play()
    except KeyboardInterrupt:
        print("\nStopped.", file=terminal)
        return 130
    except Exception as error:  # noqa: BLE001  # whatever it is, the terminal is to hear of it
        traceback.print_exc()  # into the log
        what = str(error).partition("\n")[0] or type(error).__name__
        print(f"\n\nThe demo failed: {what}.\n{_short(LOG)} has all that Airflow said.", file=terminal)
        return 1
    print(f"\nDone in {time.monotonic() - begun:.0f} s.", file=terminal)
    return 0


if __name__ == "__main__":
    sys.exit(main())
