"""All questions about a relayer, in order: its own machine first, then each path."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from chains.evm.client.examination import Finding, Fitness
from primitives.errors import CrossDvpError
from relayer.config import RelayerConfig
from relayer.doctor.files import examine_files
from relayer.doctor.path import PathExaminee, examine_path


@dataclass(frozen=True)
class RelayerExamination:
    """Findings by where they belong: ``machine``, or a path's name."""

    findings: tuple[tuple[str, Finding], ...]

    @property
    def can_work(self) -> bool:
        """Nothing that was found keeps the relayer from relaying."""
        return all(finding.fitness is not Fitness.UNFIT for _, finding in self.findings)


async def examine_relayer(config: RelayerConfig, now_s: Callable[[], float]) -> RelayerExamination:
    """Ask everything. Raises nothing of ours: a failure is a finding."""
    found = [("machine", each) for each in await asyncio.to_thread(examine_files, config, now_s())]
    try:
        tls = config.tls.load()
    except CrossDvpError:
        return RelayerExamination(tuple(found))  # said above; nobody can be dialled without it
    for path in config.paths:
        found += [(path.name, each) for each in await examine_path(PathExaminee(path, tls, now_s))]
    return RelayerExamination(tuple(found))
