# SPDX-License-Identifier: Apache-2.0
"""One who asks without end, and keeps in mind what he was told.

    asked ──► answer: acknowledged, it must be there for ever
          └─► none, the server died: it was done as a whole or not at all, and asking again with the same key does it once"""

import collections
import dataclasses
import random
import threading
from typing import Callable

import requests

from api import TIMEOUT_S, Client

REFUSED = (403, 404, 409, 410)


@dataclasses.dataclass
class Asked:
    """A request under way: how to send it again, and what comes of it when it is acknowledged."""
    call: Callable
    done: Callable
    makes: dict  # kinds of events to how many
    sets: dict  # names of settings to values


class Worker:
    def __init__(self, account, seed):
        self.account = account
        self.seed = seed
        self.random = random.Random(seed)
        self.number = 0
        self.asked = None
        self.acknowledged = collections.Counter()  # by command
        self.made = collections.Counter()  # kinds of events
        self.subjects = set()  # (subject, kinds): one such event must be there
        self.settings = {}
        self.command = self.failure = None
        self.admin = Client(account.admin.server, account.admin.key, account.id, check=False)
        self.operator = Client(account.admin.server, account.operator.key, account.id, check=False)

    def start(self):
        """Works, in a thread of its own, until the server is gone."""
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def finish(self):
        self.thread.join(2 * TIMEOUT_S)
        assert not self.thread.is_alive(), f"{self.command} has no answer, and the server is gone"

    def key(self):
        self.number += 1
        return f"{self.seed}-{self.number}"

    def name(self, what):
        self.number += 1
        return f"{what} {self.seed}-{self.number}"

    def work(self):
        try:
            while True:
                self.step()
        except requests.RequestException:
            pass  # killed
        except Exception as failure:  # told by the test
            self.failure = failure

    def step(self):
        command = self.random.choices(self.commands, self.weights)[0]
        self.command = command.__name__
        command()

    def ask(self, call, done=lambda answer: None, *, makes=None, sets=None):
        self.asked = Asked(call, done, makes or {}, sets or {})
        return self.settle()

    def settle(self):
        """Sends what is asked, for the first time or again."""
        asked = self.asked
        answer = asked.call()
        assert answer.status < 300 or answer.status in REFUSED, answer
        if answer.status < 300:
            asked.done(answer)
            self.made.update(asked.makes)
            self.settings.update(asked.sets)
            self.acknowledged[self.command] += 1
        self.asked = None
        return answer

    def promise(self, subject, *kinds):
        self.subjects.add((subject, kinds))
