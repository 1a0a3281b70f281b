"""``python -m benchmarks.stub``: serves on a free port, which it prints, until its stdin ends."""

from __future__ import annotations

import argparse
import asyncio
import json

from .estate import Sizes
from .server import serve
from .service import Service, Settings

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--sizes", type=json.loads, default={}, help="members of Sizes, as JSON")
parser.add_argument("--settings", type=json.loads, default={}, help="members of Settings, as JSON")
options = parser.parse_args()
settings = Settings(**options.settings)
asyncio.run(serve(Service(Sizes(**options.sizes), settings), settings.latency_s))
