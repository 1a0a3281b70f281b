"""COMMIT where the local file will not have it: nothing is sent, or the error says what AWS has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

import awsvtab
from awsvtab import errors
from awsvtab.emulator import Emulator
from awsvtab.waiting import Cancel
from clock import FakeClock
from conftest import DOMAIN, Connect, operations

INSERT = (
    "INSERT INTO aws.customerprofiles.domains (domain_name, default_expiration_days) VALUES (?, 30)"
)
LOCAL = "INSERT INTO log VALUES ('with')"
ROLLBACK_MODES = ["delete", "truncate", "persist", "memory"]


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A database file with a table and a row."""
    path = str(tmp_path / "local.db")
    local = apsw.Connection(path)
    local.execute("CREATE TABLE log (what); INSERT INTO log VALUES ('before')").fetchall()
    local.close()
    return path


@pytest.fixture
def reader(path: str) -> Iterator[apsw.Connection]:
    """Another connection, in the middle of reading the file."""
    reader = apsw.Connection(path)
    reader.execute("BEGIN; SELECT * FROM log").fetchall()
    yield reader
    reader.close()


def rows(connection: awsvtab.Connection) -> list[str]:
    return [what for (what,) in connection.execute("SELECT what FROM log")]


def domains(emulator: Emulator) -> list[str]:
    return [name for name in ("a", "b", "c") if emulator.get(DOMAIN, name) is not None]


class LettingGo(FakeClock):
    """A clock during whose second wait the reader finishes."""

    def __init__(self, reader: apsw.Connection) -> None:
        super().__init__()
        self.reader = reader

    def sleep(self, seconds: float, cancel: Cancel) -> None:
        super().sleep(seconds, cancel)
        if len(self.slept) == 2:
            self.reader.close()


@pytest.mark.parametrize("mode", ROLLBACK_MODES)
def test_a_busy_file_is_found_before_anything_is_sent(
    connect: Connect, emulator: Emulator, path: str, reader: apsw.Connection, mode: str
) -> None:
    clock = FakeClock()
    connection = connect(path, timeout=0.2, clock=clock)
    reader.execute("COMMIT")
    connection.execute(f"PRAGMA journal_mode = {mode}").fetchall()
    reader.execute("BEGIN; SELECT * FROM log").fetchall()
    connection.execute(LOCAL)
    connection.execute(INSERT, ("a",))
    with pytest.raises(awsvtab.OperationalError, match="locked; nothing was sent to AWS"):
        connection.commit()
    assert sum(clock.slept) == pytest.approx(0.2, abs=0.1)
    assert operations(emulator) == {}
    assert connection.in_transaction
    reader.close()
    connection.commit()
    assert domains(emulator) == ["a"]
    assert rows(connection) == ["before", "with"]


def test_a_busy_file_is_waited_for(
    connect: Connect, emulator: Emulator, path: str, reader: apsw.Connection
) -> None:
    clock = LettingGo(reader)
    connection = connect(path, timeout=0.2, clock=clock)
    connection.execute(LOCAL)
    connection.execute(INSERT, ("a",))
    connection.commit()
    assert len(clock.slept) == 2
    assert domains(emulator) == ["a"]


def test_changes_that_were_not_sent_may_be_forgotten(
    connect: Connect, emulator: Emulator, path: str, reader: apsw.Connection
) -> None:
    connection = connect(path, timeout=0)
    connection.execute(LOCAL)
    connection.execute(INSERT, ("a",))
    with pytest.raises(awsvtab.OperationalError, match="nothing was sent"), connection:
        pass
    assert not connection.in_transaction
    connection.commit()
    assert operations(emulator) == {}


@pytest.mark.parametrize("mode", ROLLBACK_MODES)
@pytest.mark.parametrize("commit", ["commit()", "COMMIT", "autocommit", "RELEASE"])
def test_a_busy_file_does_not_matter_where_there_is_nothing_to_write(
    connect: Connect, emulator: Emulator, path: str, mode: str, commit: str
) -> None:
    connection = connect(path, timeout=0)
    connection.execute(f"PRAGMA journal_mode = {mode}").fetchall()
    connection.execute(LOCAL)
    connection.commit()
    with apsw.Connection(path) as reader:
        reader.execute("SELECT * FROM log").fetchall()
        if commit in ("autocommit", "RELEASE"):
            connection.isolation_level = None
        if commit == "RELEASE":
            connection.execute("SAVEPOINT here")
        assert connection.execute(INSERT, ("a",)).rowcount == 1
        if commit == "commit()":
            connection.commit()
        elif commit != "autocommit":
            connection.execute("RELEASE here" if commit == "RELEASE" else commit)
        assert not connection.in_transaction
        assert domains(emulator) == ["a"]
        assert operations(emulator) == {"CreateResource": 1}
    connection.execute(INSERT, ("b",))
    connection.commit()
    assert operations(emulator) == {"CreateResource": 1}


def test_a_busy_file_does_not_matter_to_any_way_of_running_statements(
    connect: Connect, emulator: Emulator, path: str, reader: apsw.Connection
) -> None:
    connection = connect(path, timeout=0, isolation_level=None)
    returned = connection.execute(f"{INSERT} RETURNING domain_name", ("a",))
    assert (returned.rowcount, returned.fetchall()) == (1, [("a",)])
    many = connection.executemany(INSERT, [("b",), ("c",), ("d",)])
    assert many.rowcount == 3
    assert connection.executemany(f"{INSERT} RETURNING 1", [("e",), ("f",)]).rowcount == 2
    script = "; ".join(INSERT.replace("?", f"'{name}'") for name in "ghi")
    last = INSERT.replace("?", "'j'")
    connection.executescript(f"{script}; BEGIN; {last}; COMMIT; SELECT 1")
    assert operations(emulator) == {"CreateResource": 10}
    assert all(emulator.get(DOMAIN, name) is not None for name in "abcdefghij")
    assert not connection.in_transaction


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE aws.customerprofiles.domains SET default_expiration_days = 1",
        "DELETE FROM aws.customerprofiles.domains WHERE domain_name = 'none'",
        INSERT.replace("INSERT", "INSERT OR IGNORE").replace("?", "'a'"),
    ],
)
@pytest.mark.parametrize("begin", [True, False])
def test_a_busy_file_does_not_matter_where_nothing_changes_at_all(
    connect: Connect,
    emulator: Emulator,
    path: str,
    reader: apsw.Connection,
    statement: str,
    begin: bool,
) -> None:
    emulator.put(DOMAIN, {"DomainName": "a", "DefaultExpirationDays": 1})
    connection = connect(path, timeout=0, isolation_level=None)
    if begin:
        connection.execute("BEGIN")
    connection.execute(statement)
    if begin:
        connection.execute("COMMIT")
    assert not connection.in_transaction
    if begin:
        connection.execute("BEGIN")
        connection.execute(LOCAL)
    with pytest.raises(awsvtab.OperationalError, match=r"^database is locked$"):
        connection.execute("COMMIT" if begin else LOCAL)
    assert connection.in_transaction is begin


def test_a_file_that_turns_out_busy_afterwards_is_no_reason_to_send_twice(
    connect: Connect, emulator: Emulator, path: str, reader: apsw.Connection
) -> None:
    """SQLite does not flush the file's first page: nobody sees before that it will be busy."""
    connection = connect(path, timeout=0)
    connection.execute("BEGIN")
    connection.execute("PRAGMA user_version = 7")
    connection.execute(INSERT, ("a",))
    with pytest.raises(awsvtab.OperationalError, match="AWS has 1 change, the local") as caught:
        connection.commit()
    assert "COMMIT again, nothing is sent twice" in str(caught.value)
    assert connection.in_transaction
    reader.close()
    connection.commit()
    assert operations(emulator) == {"CreateResource": 1}
    assert connection.execute("PRAGMA user_version").fetchone() == (7,)


def test_the_user_may_roll_back_what_aws_has(
    connect: Connect, emulator: Emulator, path: str, reader: apsw.Connection
) -> None:
    connection = connect(path, timeout=0)
    connection.execute("BEGIN")
    connection.execute("PRAGMA user_version = 7")
    connection.execute(INSERT, ("a",))
    with pytest.raises(awsvtab.OperationalError, match="AWS has 1 change"):
        connection.commit()
    connection.rollback()
    assert domains(emulator) == ["a"]
    assert connection.execute("PRAGMA user_version").fetchone() == (0,)
    assert connection.execute("SELECT count(*) FROM aws_requests").fetchone() == (1,)


def test_wal_readers_are_in_nobodys_way(connect: Connect, emulator: Emulator, path: str) -> None:
    connection = connect(path, timeout=0)
    connection.execute("PRAGMA journal_mode = wal").fetchall()
    with apsw.Connection(path) as reader:
        reader.execute("SELECT * FROM log").fetchall()
        connection.execute(LOCAL)
        connection.execute(INSERT, ("a",))
        connection.commit()
        assert domains(emulator) == ["a"]
    assert rows(connection) == ["before", "with"]


@pytest.mark.parametrize("how", ["mode=ro", "query_only"])
def test_a_read_only_file_takes_no_writes_at_all(
    connect: Connect, emulator: Emulator, path: str, how: str
) -> None:
    read_only = how == "mode=ro"
    connection = connect(f"file:{path}?mode=ro" if read_only else path, uri=read_only)
    if not read_only:
        connection.execute("PRAGMA query_only = 1")
    with pytest.raises(awsvtab.OperationalError, match="readonly"):
        connection.execute(INSERT, ("a",))
    connection.commit()
    assert operations(emulator) == {}


def test_a_deferred_foreign_key_that_fails_keeps_everything_from_being_sent(
    connect: Connect, emulator: Emulator, path: str
) -> None:
    connection = connect(path)
    connection.execute("PRAGMA foreign_keys = 1")
    connection.execute(
        "CREATE TABLE child (what REFERENCES log (what) DEFERRABLE INITIALLY DEFERRED)"
    )
    connection.execute("CREATE UNIQUE INDEX log_what ON log (what)")
    connection.execute("INSERT INTO child VALUES ('nothing')")
    connection.execute(INSERT, ("a",))
    with pytest.raises(awsvtab.IntegrityError, match="FOREIGN KEY"):
        connection.commit()
    assert operations(emulator) == {}
    connection.execute("DELETE FROM child")
    connection.commit()
    assert domains(emulator) == ["a"]


def test_a_commit_hook_that_refuses_is_told_what_aws_has(
    connect: Connect, emulator: Emulator, path: str
) -> None:
    """SQLite asks it when the virtual tables have done their part."""
    connection = connect(path)
    connection._database.set_commit_hook(lambda: True)
    connection.execute(LOCAL)
    connection.execute(INSERT, ("a",))
    with pytest.raises(awsvtab.OperationalError, match="rolled back, but AWS has 1 change: see"):
        connection.commit()
    assert not connection.in_transaction
    assert domains(emulator) == ["a"]
    assert rows(connection) == ["before"]
    connection._database.set_commit_hook(None)
    connection.commit()
    assert operations(emulator) == {"CreateResource": 1}


@pytest.mark.parametrize("is_bare", [False, True])
def test_what_is_not_approved_is_not_sent_whoever_commits(
    connect: Connect, emulator: Emulator, path: str, is_bare: bool
) -> None:
    connection = connect(path)
    asked: list[int] = []

    def refuse(count: int) -> None:
        asked.append(count)
        raise LookupError("nobody said yes")

    connection.set_approval(refuse)
    connection.execute(LOCAL)
    connection.execute(INSERT, ("a",))
    connection.execute(INSERT, ("b",))
    whoever = connection.apsw_connection if is_bare else connection
    with pytest.raises(LookupError, match="nobody said yes"):
        whoever.execute("COMMIT")
    assert asked == [2]
    assert not connection.in_transaction
    assert rows(connection) == ["before"]
    connection.execute(LOCAL)
    connection.commit()  # nothing to be asked about
    connection.set_approval(asked.append)
    connection.execute(INSERT, ("a",))
    connection.commit()
    connection.set_approval(None)
    connection.execute(INSERT, ("b",))
    connection.commit()
    assert asked == [2, 1]
    assert operations(emulator) == {"CreateResource": 2}


class Disk(apsw.VFS):
    """A disk that can be full from some time on."""

    is_full = False

    def __init__(self) -> None:
        super().__init__("test_commit", "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - APSW's name
        return File(self, name, flags)


class File(apsw.VFSFile):
    """A file on such a disk."""

    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self.disk = disk

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - APSW's name
        if self.disk.is_full:
            raise apsw.FullError("no space left")
        super().xWrite(data, offset)


@pytest.fixture
def disk() -> Iterator[Disk]:
    disk = Disk()
    yield disk
    disk.unregister()


def test_a_full_disk_is_found_before_anything_is_sent(
    connect: Connect, emulator: Emulator, path: str, disk: Disk
) -> None:
    connection = connect(f"file:{path}?vfs=test_commit", uri=True)
    connection.execute(LOCAL)
    connection.execute(INSERT, ("a",))
    disk.is_full = True
    with pytest.raises(awsvtab.OperationalError, match="no space left"):
        connection.commit()
    assert operations(emulator) == {}
    disk.is_full = False
    assert rows(connection) == ["before"]
    connection.execute(INSERT, ("b",))
    connection.commit()
    assert domains(emulator) == ["b"]


def test_a_disk_that_is_full_afterwards_is_told_what_aws_has(
    connect: Connect, emulator: Emulator, path: str, disk: Disk
) -> None:
    connection = connect(f"file:{path}?vfs=test_commit", uri=True)
    connection.set_write_progress(lambda progress: setattr(disk, "is_full", True))
    connection.execute(LOCAL)
    connection.execute(INSERT, ("a",))
    with pytest.raises(awsvtab.OperationalError, match="AWS has 1 change"):
        connection.commit()
    disk.is_full = False
    assert domains(emulator) == ["a"]
    assert rows(connection) == ["before"]
    connection.commit()
    assert operations(emulator) == {"CreateResource": 1}


def test_a_full_disk_at_a_statement_ends_the_transaction(
    connect: Connect, emulator: Emulator, path: str
) -> None:
    connection = connect(path, isolation_level=None)
    connection.execute("PRAGMA max_page_count = 3").fetchall()
    connection.execute("BEGIN")
    connection.execute(INSERT, ("a",))
    with pytest.raises(awsvtab.OperationalError, match="full"):
        connection.execute("INSERT INTO log VALUES (zeroblob(100000))")
    assert not connection.in_transaction
    connection.execute("BEGIN")
    connection.commit()
    assert operations(emulator) == {}


def test_a_bare_connection_is_told_as_well(
    emulator: Emulator, path: str, reader: apsw.Connection
) -> None:
    connection = apsw.Connection(path)
    registration = awsvtab.register(
        connection, session=emulator.session, endpoint_url=emulator.endpoint_url
    )
    insert = INSERT.replace("aws.customerprofiles.domains", "aws_customerprofiles_domains")
    with pytest.raises(awsvtab.OperationalError, match="no local changes to commit"):
        connection.execute(insert, ("a",))
    connection.execute("BEGIN")
    connection.execute(insert, ("b",))
    with pytest.raises(apsw.BusyError):
        connection.execute("COMMIT")
    connection.execute("ROLLBACK")
    reader.close()
    connection.set_commit_hook(lambda: True)
    with pytest.raises(awsvtab.OperationalError, match="AWS has 1 change"):
        connection.execute(insert, ("c",))
    assert domains(emulator) == ["a", "b", "c"]
    assert operations(emulator) == {"CreateResource": 3}
    registration.close()
    connection.close()


@pytest.mark.parametrize(
    "implicit",
    [
        lambda connection: connection.executescript("SELECT 1"),
        lambda connection: setattr(connection, "isolation_level", None),
        lambda connection: setattr(connection, "autocommit", True),
    ],
    ids=["executescript", "isolation_level", "autocommit"],
)
def test_an_implicit_commit_applies_no_plan(
    connect: Connect, emulator: Emulator, implicit: object
) -> None:
    connection = connect()
    connection.execute(INSERT, ("a",))
    with pytest.raises(awsvtab.ProgrammingError, match="1 AWS change is waiting"):
        implicit(connection)
    assert operations(emulator) == {}
    connection.commit()
    assert domains(emulator) == ["a"]


def test_what_was_applied_before_a_failure_is_not_sent_again(
    connect: Connect, emulator: Emulator, path: str
) -> None:
    emulator.put(DOMAIN, {"DomainName": "b", "DefaultExpirationDays": 3})
    connection = connect(path)
    connection.execute(LOCAL)
    for name in ("a", "b", "c"):
        connection.execute(INSERT, (name,))
    with pytest.raises(errors.AlreadyExists):
        connection.commit()
    assert rows(connection) == ["before"]
    assert operations(emulator) == {"CreateResource": 2}
    connection.commit()
    connection.execute(LOCAL)
    connection.commit()
    assert operations(emulator) == {}


def test_nothing_is_sent_where_changes_come_to_nothing(
    connect: Connect, emulator: Emulator
) -> None:
    connection = connect()
    connection.execute(INSERT, ("a",))
    connection.execute("SAVEPOINT here")
    connection.execute("ROLLBACK TO here")
    connection.execute("ROLLBACK")
    connection.commit()
    assert operations(emulator) == {}
