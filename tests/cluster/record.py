# SPDX-License-Identifier: Apache-2.0
"""What clients asked and were told, with the times of the machine's clock: what the judge holds against the history.

A request may be sent several times with one key, until an answer comes. It took effect, if at all, at some moment between
`asked_at`, when it was sent first, and `answered_at`; without an answer that is NEVER, for it may still be on its way."""

import dataclasses
from typing import Optional

NEVER = float("inf")


@dataclasses.dataclass
class Grant:
    """An acquire. `machine` is the Idempotency-Key, too, so that the history tells which grant is whose."""
    machine: str
    organization: str
    count: int
    asked_at: float
    answered_at: float = NEVER
    session: Optional[str] = None  # when it was granted
    expires_at: float = 0.0
    denied_from: Optional[float] = None  # when it was denied: when the last try was sent
    tries: int = 0

    @property
    def effect_by(self):
        """A try that was lost may be granted even after another was denied."""
        return self.answered_at if self.session else NEVER


@dataclasses.dataclass
class Return:
    session: str
    asked_at: float
    answered_at: float = NEVER
    state: Optional[str] = None  # the session's, as it was told


@dataclasses.dataclass
class Heartbeat:
    session: str
    asked_at: float
    answered_at: float = NEVER
    expires_at: Optional[float] = None  # when it was acknowledged
    is_ended: bool = False  # when it was told so


class Record:
    def __init__(self):
        self.grants, self.returns, self.heartbeats = [], [], []
        self.strange = []  # answers that nobody should get

    def told(self):
        """How much was acknowledged, in a line."""
        granted = sum(grant.session is not None for grant in self.grants)
        denied = sum(grant.denied_from is not None for grant in self.grants)
        again = sum(grant.tries > 1 for grant in self.grants)
        returned = sum(each.state is not None for each in self.returns)
        beats = sum(each.expires_at is not None for each in self.heartbeats)
        return f"{granted} grants, {denied} denials, {again} asked again, {returned} returns, {beats} heartbeats"
