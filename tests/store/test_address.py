import pytest

from remission.errors import InputRefused
from remission.store.address import parsed


@pytest.mark.parametrize(
    ("address", "database"),
    [
        ("sqlite:///ledger.sqlite3", "ledger.sqlite3"),
        ("sqlite:////data/my trial/ledger.sqlite3", "/data/my trial/ledger.sqlite3"),
        ("postgresql+psycopg://u:p@db.example/trial", "trial"),
    ],
)
def test_known_addresses(address: str, database: str) -> None:
    assert parsed(address).database == database


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("ledger.sqlite3", "not a ledger address"),
        ("", "not a ledger address"),
        ("mysql://u@h/db", "'mysql'"),
        ("postgresql://u@h/db", "'postgresql'"),
        ("sqlite://", "no file"),
        ("sqlite:///:memory:", "no file"),
        ("sqlite:///a.sqlite3?mode=memory", "options"),
        ("sqlite://host/a.sqlite3", "a path only"),
        ("postgresql+psycopg://u@h", "no database"),
    ],
)
def test_other_addresses_are_refused_with_a_remedy(address: str, says: str) -> None:
    with pytest.raises(InputRefused, match=says) as refused:
        parsed(address)
    assert "sqlite:///ledger.sqlite3" in refused.value.do


def test_a_refusal_does_not_show_the_password() -> None:
    with pytest.raises(InputRefused) as refused:
        parsed("mysql://u:secret@h/db")
    assert "secret" not in str(refused.value)
