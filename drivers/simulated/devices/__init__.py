"""The simulated instruments: one file each, all looking at the virtual watch."""

from drivers.simulated.devices.base import Device
from drivers.simulated.devices.demagnetiser import SimulatedDemagnetiser
from drivers.simulated.devices.field_meter import SimulatedFieldMeter
from drivers.simulated.devices.leak_tester import SimulatedLeakTester
from drivers.simulated.devices.quartz_tester import SimulatedQuartzTester
from drivers.simulated.devices.timegrapher import SimulatedTimegrapher

DEVICES: tuple[type[Device], ...] = (
    SimulatedTimegrapher,
    SimulatedLeakTester,
    SimulatedDemagnetiser,
    SimulatedFieldMeter,
    SimulatedQuartzTester,
)

__all__ = ["DEVICES", "Device"]
