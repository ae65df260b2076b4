"""Quartz testers: voltages, consumption, rate, motor pulses and resistances."""
