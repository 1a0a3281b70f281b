"""``python -m awsvtab`` is the command ``awsvtab``."""

from awsvtab.cli import main

main()
