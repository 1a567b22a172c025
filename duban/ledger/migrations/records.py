"""How a schema version makes a table insert-only."""

from __future__ import annotations

from alembic import op


def forbid_rewriting(table: str) -> None:
    """What happened is never rewritten: the database itself refuses UPDATE and DELETE on records."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE OR REPLACE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN RAISE EXCEPTION 'records are never rewritten: %', TG_TABLE_NAME; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_is_a_record BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'records are never rewritten: {table}'); END"
        )


PARTS = ("cell", "note", "entry", "entry_cell")
"""What a return says, in rows of its own."""
EXPUNGED = "EXISTS (SELECT 1 FROM expunged WHERE submission = OLD.submission)"
FILE_EXPUNGED = (
    "NEW.digest = OLD.digest AND NEW.size = OLD.size AND length(NEW.content) = 0 AND EXISTS ("
    "SELECT 1 FROM expunged e JOIN submission s ON s.id = e.submission WHERE s.file = OLD.digest "
    "UNION ALL SELECT 1 FROM expunged e JOIN attachment a ON a.submission = e.submission "
    "WHERE a.file = OLD.digest)"
)
"""A file may be emptied, and nothing else, when a return that it came with was expunged."""


def allow_expunging() -> None:
    """What has been expunged, and is on record as that, may be taken out: nothing else."""
    for table in PARTS:
        _replace_trigger(table, "delete", EXPUNGED)
    _replace_trigger("file", "update", FILE_EXPUNGED)


def _replace_trigger(table: str, verb: str, unless: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        op.execute(f"DROP TRIGGER {table}_no_{verb}")
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} WHEN NOT ({unless}) "
            f"BEGIN SELECT RAISE(ABORT, 'records are never rewritten: {table}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION refuse_rewriting_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = '{verb.upper()}' THEN IF {unless} THEN "
        f"RETURN {'OLD' if verb == 'delete' else 'NEW'}; END IF; END IF; "
        "RAISE EXCEPTION 'records are never rewritten: %', TG_TABLE_NAME; END $$"
    )
    op.execute(f"DROP TRIGGER {table}_is_a_record ON {table}")
    op.execute(
        f"CREATE TRIGGER {table}_is_a_record BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION refuse_rewriting_{table}()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_is_never_emptied BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()"
    )
