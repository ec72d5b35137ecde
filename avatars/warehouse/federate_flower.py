"""Carries requests and replies of a federation over Flower (extra `federation`).

Nothing is computed here: a request travels as JSON to the hospital's client, whose `Site` answers or
refuses, and the reply travels back. The limits stay with the data owner whatever the carrier.
"""

import json
from collections.abc import Sequence
from typing import Any

from avatars.warehouse.federate_site import Refusal, Site

KEY, TEXT = "twin", "json"


def answer(site: Site, message: Any) -> Any:
    """The hospital's side: call it from a Flower ClientApp's query function.

    Parameters
    ----------
    site : Site
        This hospital's persons and limits.
    message : flwr.app.Message
        As `FlowerSite.answer` sent it.
    """
    from flwr.app import ConfigRecord, Message, RecordDict

    request = json.loads(str(message.content[KEY][TEXT]))
    reply: dict[str, Any]
    try:
        reply = {"reply": site.answer(request)}
    except Refusal as why:
        reply = {"refusal": str(why)}
    return Message(content=RecordDict({KEY: ConfigRecord({TEXT: json.dumps(reply)})}), reply_to=message)


class FlowerSite:
    """The coordinator's view of one hospital behind a Flower grid."""

    def __init__(self, grid: Any, node: int) -> None:
        self.name, self._grid, self._node = f"node {node}", grid, node

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask the hospital.

        Raises
        ------
        Refusal
            The hospital's policy forbids it.
        ConnectionError
            The hospital did not answer.
        """
        from flwr.app import ConfigRecord, Message, RecordDict

        content = RecordDict({KEY: ConfigRecord({TEXT: json.dumps(request)})})
        replies = list(self._grid.send_and_receive([Message(content, self._node, "query")]))
        if not replies or replies[0].has_error():
            raise ConnectionError(f"{self.name} did not answer")
        found = json.loads(str(replies[0].content[KEY][TEXT]))
        if "refusal" in found:
            raise Refusal(found["refusal"])
        reply: dict[str, Any] = found["reply"]
        return reply


def sites(grid: Any) -> Sequence[FlowerSite]:
    """All hospitals that are connected to a grid."""
    return [FlowerSite(grid, node) for node in sorted(grid.get_node_ids())]
