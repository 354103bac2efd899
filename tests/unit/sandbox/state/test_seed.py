"""Every sandbox starts with the same tenant, of which the seed and the number of hosts can be chosen."""

from __future__ import annotations

from airflow_chilipiper.sandbox import sandbox
from tests.unit.sandbox.conftest import Edge


def test_the_same_seed_makes_the_same_tenant() -> None:
    def first_session(seed: int) -> tuple[str, list[str]]:
        with sandbox(seed=seed, now=lambda: 1_793_577_600.0) as box, Edge(box) as edge:
            return edge.offer()

    assert first_session(1) == first_session(1) != first_session(2)


def test_the_pool_can_be_enlarged() -> None:
    with sandbox(hosts=60) as box:
        assert len(box.tenant.catalogue.distributions["dist-inbound"].users) == 60
        assert len({user.email for user in box.tenant.catalogue.users.values()}) == 66
