"""The two tables of a ledger, and the guards by which the database itself refuses to change them."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, MetaData, Table, Text

SCHEMA_VERSION = 1
GUARD_TEXT = "remission: what was written stays written"

metadata = MetaData()
_number = BigInteger().with_variant(Integer(), "sqlite")
# Bytewise order, so that times written as text sort as times whatever the cluster's language.
_plain = Text().with_variant(Text(collation="C"), "postgresql")

ledger = Table(
    "ledger",
    metadata,
    Column("one", Integer, CheckConstraint("one = 1"), primary_key=True, autoincrement=False),
    Column("schema_version", Integer, nullable=False),
    Column("trial", _plain, nullable=False),
    Column("created_at", _plain, nullable=False),
    Column("genesis", _plain, nullable=False),
)

entry = Table(
    "ledger_entry",
    metadata,
    Column("seq", _number, primary_key=True, autoincrement=False),
    Column("recorded_at", _plain, nullable=False),
    Column("kind", _plain, nullable=False),
    Column("payload", _plain, nullable=False),
    Column("payload_sha256", _plain, nullable=False),
    Column("subject", _plain),
    Column("site", _plain),
    Column("actor", _plain, nullable=False),
    Column("role", _plain, nullable=False),
    Column("reason", _plain),
    Column("corrects", _number, ForeignKey("ledger_entry.seq")),
    Column("act", _plain, unique=True),
    Column("previous", _plain, nullable=False),
    Column("site_previous", _plain, nullable=False),
    Column("hash", _plain, nullable=False),
    CheckConstraint(
        "corrects IS NULL OR (reason IS NOT NULL AND corrects < seq)", name="ledger_entry_reason"
    ),
    Index("ledger_entry_subject", "subject", "seq"),
    Index("ledger_entry_site", "site", "seq"),
)

# INSERT OR REPLACE deletes without firing delete triggers (unless recursive_triggers is on), so the
# insert itself is guarded: only the next number, and no act or trial a second time.
_SQLITE = {
    "ledger_entry_update": "BEFORE UPDATE ON ledger_entry",
    "ledger_entry_delete": "BEFORE DELETE ON ledger_entry",
    "ledger_entry_insert": """BEFORE INSERT ON ledger_entry
        WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM ledger_entry)
          OR EXISTS (SELECT 1 FROM ledger_entry WHERE act = NEW.act)""",
    "ledger_update": "BEFORE UPDATE ON ledger",
    "ledger_delete": "BEFORE DELETE ON ledger",
    "ledger_insert": "BEFORE INSERT ON ledger WHEN EXISTS (SELECT 1 FROM ledger)",
}

_POSTGRESQL = {
    "ledger_entry_change": "BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry FOR EACH STATEMENT",
    "ledger_entry_insert": "BEFORE INSERT ON ledger_entry FOR EACH ROW",
    "ledger_change": "BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger FOR EACH STATEMENT",
}

_POSTGRESQL_FUNCTIONS = (
    f"""CREATE FUNCTION ledger_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{GUARD_TEXT}'; END $$""",
    f"""CREATE FUNCTION ledger_grows() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq), 0) + 1 FROM ledger_entry) THEN
            RAISE EXCEPTION '{GUARD_TEXT}';
        END IF;
        RETURN NEW;
    END $$""",
)


def guard_statements(dialect: str) -> list[str]:
    """The statements that put the guards in place, for `sqlite` or `postgresql`."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{GUARD_TEXT}'); END"
            for name, when in _SQLITE.items()
        ]
    statements: list[str] = list(_POSTGRESQL_FUNCTIONS)
    for name, when in _POSTGRESQL.items():
        table = "ledger_entry" if "ledger_entry" in name else "ledger"
        function = "ledger_grows" if name.endswith("_insert") else "ledger_stays"
        statements.append(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {function}()")
        # ALWAYS: a session that calls itself a replica is refused too.
        statements.append(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
    return statements


def guards_query(dialect: str) -> str:
    """The query that lists the guards in force, by name."""
    if dialect == "sqlite":
        return "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    return """SELECT tgname FROM pg_trigger WHERE tgenabled = 'A'
              AND tgrelid IN ('ledger'::regclass, 'ledger_entry'::regclass)"""


def guard_names(dialect: str) -> frozenset[str]:
    """The guards that must be in force."""
    return frozenset(_SQLITE if dialect == "sqlite" else _POSTGRESQL)
