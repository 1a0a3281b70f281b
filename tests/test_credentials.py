"""Credentials that expire while they are used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from botocore.credentials import RefreshableCredentials
from botocore.session import get_session

import awsvtab
from awsvtab.emulator import Emulator
from awsvtab.errors import InvalidCredentials
from conftest import Connect, operations

URIS = "SELECT uri FROM aws.customerprofiles.event_streams"


class Source:
    """Where credentials come from: new ones each time, which it counts."""

    def __init__(self, lasting: timedelta = timedelta(hours=1)) -> None:
        self.asked = 0
        self.lasting = lasting

    def __call__(self) -> dict[str, str]:
        self.asked += 1
        return {
            "access_key": f"key{self.asked}",
            "secret_key": "secret",
            "token": f"token{self.asked}",
            "expiry_time": (datetime.now(UTC) + self.lasting).isoformat(),
        }

    def session(self) -> boto3.Session:
        session = get_session()
        session._credentials = RefreshableCredentials.create_from_metadata(
            metadata=self(), refresh_using=self, method="test"
        )
        return boto3.Session(botocore_session=session, region_name="us-east-1")


def expire(emulator: Emulator, code: str = "ExpiredTokenException", **where: object) -> None:
    message = "The security token included in the request is expired"
    emulator.faults.error(code, message, **where)  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["ExpiredTokenException", "ExpiredToken", "RequestExpired"])
def test_credentials_that_expire_in_a_scan_are_refreshed(
    estate: Emulator, connect: Connect, code: str
) -> None:
    source = Source()
    connection = connect(session=source.session())
    expire(estate, code, operation="GetResource", nth=2)
    assert len(connection.execute(URIS).fetchall()) == 6
    assert source.asked == 2
    assert operations(estate)["GetResource"] == 7
    outcomes = connection.execute("SELECT attempt FROM aws_calls WHERE outcome = ?", [code])
    assert outcomes.fetchall() == [(1,)]


def test_calls_that_are_refused_together_refresh_once(estate: Emulator, connect: Connect) -> None:
    source = Source()
    connection = connect(session=source.session())
    estate.faults.delay(0.2, operation="ListResources", times=3, nth=2)
    expire(estate, operation="ListResources", times=3, nth=2)
    assert len(connection.execute(URIS).fetchall()) == 6
    assert source.asked == 2


def test_credentials_that_are_refused_again_are_an_error(
    estate: Emulator, connect: Connect
) -> None:
    source = Source()
    connection = connect(session=source.session())
    expire(estate)
    with pytest.raises(InvalidCredentials, match="expired"):
        connection.execute(URIS).fetchall()
    assert (source.asked, len(estate.calls)) == (2, 2)


def test_credentials_of_the_session_that_cannot_be_refreshed_are_an_error(
    estate: Emulator, connect: Connect
) -> None:
    connection = connect()
    expire(estate)
    with pytest.raises(InvalidCredentials, match=r"get new ones, .* and connect again") as caught:
        connection.execute(URIS).fetchall()
    assert len(estate.calls) == 1
    assert caught.value.code == "ExpiredTokenException"


def test_a_source_that_fails_is_an_error_of_ours(estate: Emulator, connect: Connect) -> None:
    source = Source()
    connection = connect(session=source.session())
    source.lasting = timedelta(hours=-1)
    expire(estate)
    with pytest.raises(InvalidCredentials, match="refreshed"):
        connection.execute(URIS).fetchall()
    assert len(estate.calls) == 1


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Writes the credentials of a profile."""
    path = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)

    def write(key: str) -> None:
        path.write_text(
            f"[audit]\naws_access_key_id = {key}\naws_secret_access_key = s\nregion = us-east-1\n"
        )

    write("old")
    return write


def connected(emulator: Emulator) -> awsvtab.Connection:
    return awsvtab.connect(":memory:", profile="audit", endpoint_url=emulator.endpoint_url)


def test_a_profile_is_read_again(estate: Emulator, profile: Callable[[str], None]) -> None:
    connection = connected(estate)
    connection.execute("SELECT count(*) FROM aws.sqs.queues").fetchall()
    operations(estate)
    expire(estate, times=1)
    profile("new")
    assert len(connection.execute(URIS).fetchall()) == 6
    assert operations(estate) == {"ListResources": 5, "GetResource": 6}
    connection.close()


def test_a_profile_that_has_nothing_new_is_an_error(
    estate: Emulator, profile: Callable[[str], None]
) -> None:
    connection = connected(estate)
    expire(estate)
    with pytest.raises(InvalidCredentials, match="could not be renewed"):
        connection.execute(URIS).fetchall()
    assert len(estate.calls) == 1
    connection.close()
