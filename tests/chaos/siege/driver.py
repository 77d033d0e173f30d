"""Injects one fault after the other, checks after each, and in the end lets everything heal and be read."""

import math
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice

from consumer.telemetry.progress import Track
from tests.chaos.siege import evidence
from tests.chaos.siege.checker import (
    Finding,
    Row,
    Wrong,
    check_counts,
    check_drained,
    check_letters,
    check_moves,
    records,
)
from tests.chaos.siege.illnesses import Illnesses
from tests.chaos.siege.sequence import Heal, Planned
from tests.chaos.siege.site import PARTITIONS, Site

DRAINED_WITHIN = 120.0
"""Seconds after the last fault within which all that was published has to be read."""

LOOK_EVERY = 0.2
SHOWN = 10
"""Findings of a check that are told in words."""

AT_THE_END = "at the end, everything healed"


@dataclass(slots=True)
class Suspicion:
    """The rows at a moment. They can be judged once the publisher has written down what lay below their positions."""

    fault: str
    rows: list[Row]
    tick: int


@dataclass(slots=True)
class Course:
    """What happened. `in_vain`: of the faults injected, those that found nothing to break. Findings are told with the
    fault after which they were first seen."""

    injected: Counter[str] = field(default_factory=Counter)
    in_vain: Counter[str] = field(default_factory=Counter)
    findings: list[tuple[str, Finding]] = field(default_factory=list)
    checks: int = 0
    seconds: float = 0.0
    rows: list[Row] = field(default_factory=list)
    second_letters: int = 0


class Driver:
    """One thread does all of it."""

    def __init__(self, site: Site, progress: Track) -> None:
        self.course = Course()
        self._site = site
        self._progress = progress
        self._illnesses = Illnesses()
        self._suspicions: list[Suspicion] = []
        self._known: Counter[Wrong] = Counter()

    def run(self, faults: Iterable[Planned]) -> Course:
        """Inject these faults, heal, wait until all is read, and check."""
        began = time.monotonic()
        try:
            for fault in faults:
                self._inject(fault)
            self._illnesses.heal_all()
            self._drain()
        finally:
            self._illnesses.heal_all()
        self.course.seconds = time.monotonic() - began
        self._check_at_the_end()
        return self.course

    def _inject(self, fault: Planned) -> None:
        kind, site = fault.kind, self._site
        self._illnesses.wait_for(kind.targets)
        self._progress.update(description=kind.name)
        site.stalls.injected(kind.name, time.monotonic())
        heal = kind.inject(site, fault.chance())
        self._illnesses.add(kind.targets, fault.lasts, partial(self._heal, kind.name, heal))
        self.course.injected[kind.name] += 1
        self._illnesses.pass_time(fault.pause)
        site.members.look_after()
        site.publisher.check()
        self._suspicions.append(Suspicion(kind.name, evidence.rows(site.sql), site.publisher.ticks))
        # A tick that began after the rows were read has to have ended.
        self._judge_before(site.publisher.ticks - 1)
        self._progress.advance()

    def _heal(self, name: str, heal: Heal) -> None:
        if heal() is False:
            self.course.in_vain[name] += 1

    def _drain(self) -> None:
        """Publish no more, and wait until everything is read: as long as it takes, within reason."""
        self._progress.update(description="reading the rest")
        self._site.publisher.finish()
        self._site.publisher.check()
        self._judge_before(math.inf)
        until = time.monotonic() + DRAINED_WITHIN
        while list(check_drained(self._site.published, evidence.rows(self._site.sql))) and time.monotonic() < until:
            self._illnesses.pass_time(LOOK_EVERY)
            self._site.members.look_after()
        self._site.stalls.ended(time.monotonic())
        self._site.members.all_leave()

    def _judge_before(self, tick: float) -> None:
        """Judge the rows of which all that lay below their positions is written down by now."""
        while self._suspicions and self._suspicions[0].tick < tick:
            each = self._suspicions.pop(0)
            self.course.checks += 1
            self._note(each.fault, list(check_counts(self._site.published, each.rows)))

    def _note(self, fault: str, findings: list[Finding]) -> None:
        """What was found before is not found again: it stays in the tables, and is seen by every check that follows."""
        for wrong in Wrong:
            if (more := records(findings, wrong) - self._known[wrong]) > 0:
                self._known[wrong] += more
                whats = islice((each.what for each in findings if each.wrong is wrong), SHOWN)
                self.course.findings.append((fault, Finding(wrong, more, "; ".join(whats))))

    def _check_at_the_end(self) -> None:
        site, course = self._site, self.course
        self._progress.update(description="checking")
        course.rows = evidence.rows(site.sql)
        letters = evidence.letters(site.services.kafka, site.topics.letters, PARTITIONS)
        course.second_letters = len(letters) - len({letter.id for letter in letters})
        found = chain(
            check_counts(site.published, course.rows),
            check_drained(site.published, course.rows),
            check_moves(course.rows, site.rewinds.total()),
            site.mode.check(site.published, site.sql),
            check_letters(site.published, site.topics.source, letters),
        )
        self._note(AT_THE_END, list(found))
