"""Everything that the sandbox serves: each module of this room brings its endpoints with it."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from airflow_chilipiper.sandbox.http.endpoint import Endpoint

_MODULES = [import_module(f"{__name__}.{each.name}") for each in iter_modules(__path__)]
ENDPOINTS = tuple(each for module in _MODULES for each in vars(module).values() if isinstance(each, Endpoint))
OPERATIONS = frozenset(each.operation for each in ENDPOINTS)
PERMISSIONS = frozenset(permission for each in ENDPOINTS for permission in each.permissions)
