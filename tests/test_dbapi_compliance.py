"""The driver against ``dbapi-compliance``, the PEP 249 suite that drivers share."""

from __future__ import annotations

from pathlib import Path

import pytest

import awsvtab

dbapi20 = pytest.importorskip("dbapi20", reason="needs dbapi-compliance (extra dev)")

# What sqlite3 does otherwise than the suite asks, and a look-alike with it.
AS_SQLITE3 = {
    "test_fetchone": "before any query there is no row: None, not an error",
    "test_fetchmany": "before any query there are no rows: [], not an error",
    "test_fetchall": "before any query there are no rows: [], not an error",
    "test_non_idempotent_close": "to close again is no error",
}


@pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")  # the suite leaves some
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
class TestCompliance(dbapi20.DatabaseAPI20Test):  # type: ignore[misc]
    driver = awsvtab

    @pytest.fixture(autouse=True)
    def _database(self, tmp_path: Path, request: pytest.FixtureRequest) -> None:
        self.connect_args = (tmp_path / "compliance.db",)
        reason = AS_SQLITE3.get(request.node.name)
        if reason is not None:
            request.applymarker(pytest.mark.xfail(reason=reason, strict=True))

    def test_nextset(self) -> None:
        """The suite leaves this to drivers. PEP 249: without it, there are no further results."""
        assert not hasattr(awsvtab.Cursor, "nextset")

    def test_setoutputsize(self) -> None:
        """The suite leaves this to drivers. SQLite needs no sizes."""
        connection = awsvtab.connect(":memory:")
        connection.cursor().setoutputsize(1000, 2)
        connection.close()
