"""A bench of its own for each test, and the terminal's side of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.bench_host import BenchHost
from tools.bench.bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path / "bench") as made:
        yield made


@pytest.fixture
def host(bench: Bench) -> Iterator[BenchHost]:
    made = BenchHost(bench)
    yield made
    made.close()
