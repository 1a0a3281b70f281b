"""The AWS CLI against the emulator's server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from emulating import DOMAIN

BESIDE_PYTHON = str(Path(sys.executable).parent)
AWS = shutil.which("aws", path=os.pathsep.join([BESIDE_PYTHON, os.environ.get("PATH", "")]))

pytestmark = pytest.mark.skipif(AWS is None, reason="the AWS CLI is not on the PATH")


@pytest.fixture
def aws(emulator, tmp_path):
    """A function that runs ``aws cloudcontrol`` and gives what it prints."""
    nowhere = tmp_path / "none"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "AWS_ACCESS_KEY_ID": "emulator",
        "AWS_SECRET_ACCESS_KEY": "emulator",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": str(nowhere),
        "AWS_SHARED_CREDENTIALS_FILE": str(nowhere),
        "AWS_PAGER": "",
    }

    def run(*arguments):
        command = [AWS, "cloudcontrol", *arguments, "--endpoint-url", emulator.endpoint_url]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    return run


def test_a_resource_lives_and_dies_by_the_command_line(emulator, aws):
    emulator.changes.polls = 1
    state = json.dumps({"DomainName": "d", "DefaultExpirationDays": 3})
    created = aws("create-resource", "--type-name", DOMAIN, "--desired-state", state)
    assert created["ProgressEvent"]["OperationStatus"] == "PENDING"
    token = created["ProgressEvent"]["RequestToken"]

    aws("wait", "resource-request-success", "--request-token", token)
    status = aws("get-resource-request-status", "--request-token", token)
    assert status["ProgressEvent"]["OperationStatus"] == "SUCCESS"

    emulator.changes.polls = 0
    resource = ("--type-name", DOMAIN, "--identifier", "d")
    patch = json.dumps([{"op": "replace", "path": "/DefaultExpirationDays", "value": 4}])
    aws("update-resource", *resource, "--patch-document", patch)
    read = aws("get-resource", *resource)["ResourceDescription"]
    assert json.loads(read["Properties"])["DefaultExpirationDays"] == 4
    listed = aws("list-resources", "--type-name", DOMAIN)["ResourceDescriptions"]
    assert [description["Identifier"] for description in listed] == ["d"]
    assert aws("delete-resource", *resource)["ProgressEvent"]["OperationStatus"] == "SUCCESS"
    assert len(aws("list-resource-requests")["ResourceRequestStatusSummaries"]) == 3
