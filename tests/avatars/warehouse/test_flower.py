"""The Flower carrier: the same numbers and the same refusals as in process."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("flwr")

from avatars.warehouse import federate, federate_flower
from avatars.warehouse.federate_site import Refusal, Site


class Grid:
    """Hands Flower's own messages to the sites, without a network."""

    def __init__(self, near: dict[int, Site]) -> None:
        self.near = near

    def get_node_ids(self) -> list[int]:
        return list(self.near)

    def send_and_receive(self, messages: list[Any]) -> list[Any]:
        return [federate_flower.answer(self.near[m.metadata.dst_node_id], m) for m in messages]


def test_flower_carries_sums_and_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    # Flower makes messages only inside a run; its own server sets these.
    identity = pytest.importorskip("flwr.supercore.task_identity").TaskIdentity
    for name in ("_task_id", "_run_id", "_node_id"):
        monkeypatch.setattr(identity, name, 1)
    x = np.random.default_rng(1).normal(1e6, 1.0, 300)
    near = [Site(f"{i}", {"x": x[i::3]}) for i in range(3)]
    far = federate_flower.sites(Grid({i + 1: site for i, site in enumerate(near)}))
    assert federate.count(far) == 300
    assert np.array_equal(federate.moments(far, ["x"]).covariance, federate.moments(near, ["x"]).covariance)
    with pytest.raises(Refusal, match="one person"):
        far[0].answer({"ask": "quantile", "column": "x"})
