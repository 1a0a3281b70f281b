"""``awsvtab shell``: statements and commands from the keyboard."""

from __future__ import annotations

import sys
import warnings

import click

import awsvtab
from awsvtab.catalog import catalog
from awsvtab.cli import approval
from awsvtab.cli.connecting import Command, Target, connection_options, reported
from awsvtab.options import ALL

_EXAMPLE = "SELECT bucket_name FROM aws.s3.buckets LIMIT 5;"
_WITHOUT_REGION = "SELECT bucket_name FROM aws.s3.buckets WHERE region = 'us-east-1' LIMIT 5;"
_EMULATED = "SELECT * FROM aws.customerprofiles.event_streams;"


@click.command(cls=Command)
@click.option("--yes", "-y", is_flag=True, help="Change AWS without asking.")
@connection_options
def shell(yes: bool, target: Target) -> None:
    """Type SQL statements, and commands that begin with a dot.

    Each statement is a transaction of its own unless you BEGIN one; what would change AWS is shown
    to you first. TAB completes names, and .help tells the rest.

    From a file or a pipe (`awsvtab shell < FILE`) statements and commands run up to the first
    error.
    """
    with reported(), target.opened(isolation_level=None) as connection:
        from awsvtab.cli.interactive import Shell  # for others it would be time lost
        from awsvtab.cli.session import Session

        # What one statement has warned of, the next may warn of again.
        warnings.simplefilter("always", awsvtab.AwsWarning)
        is_interactive = sys.stdin.isatty() and sys.stdout.isatty()
        asks = not yes and approval.is_somebody_there()
        session = Session(connection, approval.ask if asks else None)
        Shell(connection, session).cmdloop(greeting(target) if is_interactive else "")


def greeting(target: Target) -> str:
    """What a newcomer needs, in four lines. AWS is not asked."""
    place, example = _begins(target)
    return (
        f"awsvtab {awsvtab.__version__}: {len(catalog()):,} types of AWS resources as tables\n"
        f"{place}\n"
        "TAB completes names, .help shows the commands, Ctrl-D leaves. To begin with:\n"
        f"  {example}\n"
    )


def _begins(target: Target) -> tuple[str, str]:
    """Where the first statement will ask, and a statement for that."""
    if target.emulator:
        return "Asks an emulated estate, which is gone when you leave.", _EMULATED
    profile, regions = target.options.get("profile"), target.options.get("regions")
    where = f" at {target.options['endpoint_url']}" if "endpoint_url" in target.options else ""
    asks = f"Asks AWS{where}{f' as {profile}' if profile else ''}"
    if regions == ALL:
        return f"{asks} in all of the account's regions.", _EXAMPLE
    if regions is None:
        region = _region(profile)
        if not region:
            return f"{asks}. No region is set: say which, or --region us-east-1", _WITHOUT_REGION
        regions = [region]
    return f"{asks} in {', '.join(regions)} unless a statement says which region.", _EXAMPLE


def _region(profile: str | None) -> str | None:
    """The region of the environment or of the profile. OperationalError if that is not there."""
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        return boto3.Session(profile_name=profile).region_name
    except BotoCoreError as error:
        raise awsvtab.OperationalError(str(error)) from None
