"""Sensors that wait for free slots. They book nothing; what they find fits the operators' ``prefer``."""

from airflow_chilipiper.sensors.available_slots import AvailableSlotsSensor
from airflow_chilipiper.sensors.base import SlotSensor
from airflow_chilipiper.sensors.concierge import ConciergeSlotSensor
from airflow_chilipiper.sensors.handoff import HandoffSlotSensor
from airflow_chilipiper.sensors.scheduling_link import SchedulingLinkSlotSensor
from airflow_chilipiper.sensors.waiting import CouldNotAsk

__all__ = [
    "AvailableSlotsSensor",
    "ConciergeSlotSensor",
    "CouldNotAsk",
    "HandoffSlotSensor",
    "SchedulingLinkSlotSensor",
    "SlotSensor",
]
