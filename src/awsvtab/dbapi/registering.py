"""The seam between the driver and the virtual tables."""

from awsvtab.registration import Registration as Registration
from awsvtab.registration import register as register
