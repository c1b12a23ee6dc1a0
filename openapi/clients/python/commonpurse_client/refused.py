"""What a client does with a refusal."""

from __future__ import annotations

from typing import Any, TypeVar

import httpx

from .contract.models import Problem
from .contract.types import Response

T = TypeVar("T")


class Refused(Exception):
    """The service refuses a request."""

    def __init__(self, status: int, problem: Problem | None) -> None:
        said = f"the answer is {status}" if problem is None else f"{problem.type_}: {problem.detail}"
        super().__init__(said)
        self.status = status
        """The status of the answer."""
        self.problem = problem
        """What it says; None when something between here and the service has answered."""


def answered(answer: Response[Any], kind: type[T]) -> T:
    """What an operation answers when it does what it is for; raises `Refused` when it does not.

    It takes what the `sync_detailed` and `asyncio_detailed` of an operation give.
    """
    if isinstance(answer.parsed, kind):
        return answer.parsed
    if answer.status_code < 300:
        raise TypeError(f"it answers {type(answer.parsed).__name__}, not {kind.__name__}")
    raise refused(httpx.Response(answer.status_code, content=answer.content))


def refused(answer: httpx.Response) -> Refused:
    """The refusal in an answer."""
    try:
        return Refused(answer.status_code, Problem.from_dict(answer.json()))
    except (KeyError, TypeError, ValueError):
        return Refused(answer.status_code, None)
