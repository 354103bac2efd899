"""Sensors that wait for free slots. They book nothing; what they find fits the operators' ``prefer``."""

from airflow_chilipiper.sensors.available_slots import AvailableSlotsSensor
from airflow_chilipiper.sensors.base import SlotBaseSensor
from airflow_chilipiper.sensors.concierge import ConciergeSlotSensor
from airflow_chilipiper.sensors.handoff import HandoffSlotSensor
from airflow_chilipiper.sensors.polling import PollFailed
from airflow_chilipiper.sensors.scheduling_link import SchedulingLinkSlotSensor

__all__ = [
    "AvailableSlotsSensor",
    "ConciergeSlotSensor",
    "HandoffSlotSensor",
    "PollFailed",
    "SchedulingLinkSlotSensor",
    "SlotBaseSensor",
]
