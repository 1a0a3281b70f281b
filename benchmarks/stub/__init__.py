"""A Cloud Control endpoint for benchmarks: always the same latency, and hardly any work."""

from .child import Stub
from .estate import Sizes
from .service import Settings

__all__ = ["Settings", "Sizes", "Stub"]
