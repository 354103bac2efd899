"""The proof by killing, in short; that its judge sees it; and that it does not take little for much."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from airflow_chilipiper.booking.ledger.entry import Entry
from scripts.chaos.__main__ import main
from scripts.chaos.blows import Blows, Tally
from scripts.chaos.campaign import Campaign
from scripts.chaos.judge import Finding, judge
from scripts.chaos.report import Report
from scripts.chaos.siege import Orders, besiege
from tests.entries import changed

SHORT = Orders(kills=12, pauses=3, leads=24)


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    servers = {"postgres": "postgres_schema_url", "mariadb": "mariadb_url"}
    is_file = request.param == "sqlite"
    return f"sqlite:///{tmp_path}/ledger.db" if is_file else str(request.getfixturevalue(servers[request.param]))


def test_nobody_is_booked_twice_or_lost_however_the_workers_die(ledger_url: str) -> None:
    """Two runs book the same leads, killed and paused and started again, over faulty answers."""
    orders = replace(SHORT, seed=random.randrange(10**6))
    report = besiege("short", ledger_url, orders)
    assert report.complaints(kills=orders.kills, pauses=orders.pauses) == [], f"{orders}\n{report}"


@pytest.mark.parametrize("broken", ["frees-sent", "compares-nothing"])
def test_a_protocol_without_a_safeguard_is_caught(broken: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The same program finds extra meetings where `sent` is taken for free, or updates are not compared."""
    few = ["--kills", "10", "--pauses", "0", "--pairs", "1", "--leads", "40"]
    assert main(["--database", "sqlite", "--broken", broken, *few]) == 1
    assert re.search(r"sqlite: campaign-\d+, lead \d+: .* made were: \S+, \S+", capsys.readouterr().out)


CAMPAIGN = Campaign("spring", 1)
ROW = CAMPAIGN.leads()[0].new_entry()


@pytest.mark.parametrize(
    ("entry", "meetings", "extra", "is_lost"),
    [
        (changed(ROW, "booked", meeting_id="m1"), ["m1"], 0, False),
        (changed(ROW, "booked", meeting_id="m1"), ["m1", "m2"], 1, False),
        (changed(ROW, "booked", meeting_id="m1"), ["m2"], 0, True),
        (changed(ROW, "booked", meeting_id="m1"), [], 0, True),
        (changed(ROW, "unknown"), ["m1"], 0, False),
        (changed(ROW, "review"), [], 0, False),
        (changed(ROW, "sent"), ["m1", "m2", "m3"], 2, False),
        (ROW, [], 0, True),
        (ROW, ["m1"], 0, True),
        (changed(ROW, "abandoned"), ["m1"], 0, True),
        (None, [], 0, True),
    ],
)
def test_a_lead_is_booked_with_a_meeting_that_was_made_or_in_doubt_or_else_lost(
    entry: Entry | None, meetings: list[str], extra: int, is_lost: bool
) -> None:
    made = [{"guest": CAMPAIGN.guest(0), "meetingId": meeting} for meeting in meetings]
    (finding,) = judge([CAMPAIGN], {entry.key: entry} if entry else {}, made)
    assert (finding.extra, finding.is_lost) == (extra, is_lost)


def test_a_meeting_of_nobody_we_know_is_not_passed_over() -> None:
    assert [finding.is_lost for finding in judge([], {}, [{"guest": "x@y.example", "meetingId": "m1"}])] == [True]


FINE = Report(
    database="sqlite",
    findings=[Finding("a lead", changed(ROW, "booked", meeting_id="m1"), ("m1",))],
    kills=Tally(done=10, in_flight=5),
    pauses=Tally(done=2, in_flight=1),
    restarts=10,
    seconds=1.0,
)


def test_a_run_that_did_what_it_claims_is_not_complained_of() -> None:
    assert FINE.complaints(kills=10, pauses=2) == []


@pytest.mark.parametrize(
    ("report", "complaint"),
    [
        (replace(FINE, kills=Tally(done=9, in_flight=5)), "9 kills, and 10 were asked for"),
        (replace(FINE, pauses=Tally(done=1, in_flight=1)), "1 pauses, and 2 were asked for"),
        (replace(FINE, kills=Tally(done=10, in_flight=0)), "only 1 of 12 kills and pauses"),
        (replace(FINE, findings=[Finding("a lead", changed(ROW, "unknown"), ())]), "left unsettled: a lead"),
        (replace(FINE, findings=[Finding("a lead", None, ())]), "a lead: absent in the ledger"),
        (
            replace(FINE, findings=[Finding("a lead", changed(ROW, "review"), ("m1", "m2"))]),
            "a lead: review in the ledger",
        ),
    ],
)
def test_a_run_that_proves_little_or_nothing_is_complained_of(report: Report, complaint: str) -> None:
    (line,) = report.complaints(kills=10, pauses=2)
    assert line.startswith(complaint)


def test_a_seed_draws_the_same_faults_until_enough_was_done() -> None:
    one, other = Blows(seed=3, kills=1, pauses=1), Blows(seed=3, kills=1, pauses=1)
    drawn = [one.draw() for _ in range(20)]
    assert drawn == [other.draw() for _ in range(20)]
    assert {blow.kind for blow in drawn if blow} == {"kill", "pause"}
    one.kills.done = 1
    assert {blow.kind for blow in (one.draw() for _ in range(20)) if blow} == {"pause"}
    one.pauses.done = 1
    assert one.draw() is None
