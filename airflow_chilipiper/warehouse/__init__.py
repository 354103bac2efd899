"""Leads in and outcomes out, over any DbApiHook."""
