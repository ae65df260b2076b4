"""The simulated instruments: one file each, all looking at the virtual watch."""

from drivers.simulated.devices.asked_meters import SimulatedBell5080, SimulatedGM2, SimulatedLakeShore425
from drivers.simulated.devices.base import Device
from drivers.simulated.devices.demagnetiser import SimulatedDemagnetiser
from drivers.simulated.devices.field_meter import SimulatedFieldMeter
from drivers.simulated.devices.leak_tester import SimulatedLeakTester
from drivers.simulated.devices.multimeter import SimulatedMultimeter
from drivers.simulated.devices.qualitek import SimulatedQualitek
from drivers.simulated.devices.quartz_tester import SimulatedQuartzTester
from drivers.simulated.devices.timegrapher import SimulatedTimegrapher

DEVICES: tuple[type[Device], ...] = (
    SimulatedTimegrapher,
    SimulatedLeakTester,
    SimulatedDemagnetiser,
    SimulatedFieldMeter,
    SimulatedQuartzTester,
)
# Others of the same kinds: on the bench only where they are named.
OTHERS: tuple[type[Device], ...] = (
    SimulatedLakeShore425,
    SimulatedBell5080,
    SimulatedGM2,
    SimulatedMultimeter,
    SimulatedQualitek,
)

__all__ = ["DEVICES", "OTHERS", "Device"]
