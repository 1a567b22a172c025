"""Clearing away from the command line."""

from __future__ import annotations

from sqlalchemy import func, select

from duban.ledger import admission as a
from duban.ledger import open_ledger
from tests.cli.shell import Shell


def test_what_has_run_its_course_is_counted_first_and_cleared_away_then(running: Shell) -> None:
    ledger = open_ledger(f"sqlite:///{running.var / 'ledger.sqlite'}")
    with ledger.write() as w:
        w.conn.execute(a.throttle.insert(), {"name": "x", "since": 0, "count": 1})
    count = select(func.count()).select_from(a.throttle)
    for words, left in ((("--dry-run",), 1), ((), 0)):
        done = running.json("tidy", *words)
        assert done == {"sessions": 0, "codes": 0, "counts": 1, "requests": 0, "mails": 0, "drafts": 0}
        with ledger.read() as conn:
            assert conn.scalar(count) == left
    ledger.close()
    assert "尝试计数0" in running("tidy")
