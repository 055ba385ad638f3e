"""Each family's ``quality.toml`` against the code and the tests: nothing is "done" because somebody wrote so."""

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.drivers.fuzz_targets import TARGETS

ROOT = Path(__file__).resolve().parent.parent.parent
FAMILIES = ("idcard", "scale", "printer", "scanner")
CODEC_ITEMS = {"worked_frame", "splits", "noise", "fuzz", "source", "docs", "twin"}
DEVICE_ITEMS = {"unplug", "stall", "source", "docs"}
FRAMERS = {("scale", "codec"), ("scale", "lines"), ("scale", "detect"), ("scanner", "device")}
"""Modules with a ``feed`` that are no protocol: what codecs share, and what drives them."""

WORDS = {
    "unplug": re.compile(r"unplug\(|vanish_after|remove_keyboard|rmtree|rename|unlink|rmdir"),
    "stall": re.compile(r"mute|MUTE|stuck|flood|False, None"),
    "splits": re.compile(r"\[:|\[\w+:|reports\(|bytes\(\["),
}
"""What the body of a test must do to prove these items."""

Item = tuple[str, str, str, dict[str, str]]


@cache
def quality(family: str) -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads((ROOT / "drivers" / family / "quality.toml").read_text(encoding="utf-8"))


def items() -> Iterator[Item]:
    for family in FAMILIES:
        for module, table in quality(family).items():
            for name, answer in table.items():
                yield family, module, name, answer


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in tree_of(path).body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_protocol_and_driver_of_a_family_has_its_table(family):
    folder = ROOT / "drivers" / family
    written = set(quality(family))
    for path in folder.glob("*.py"):
        classes = [node for node in tree_of(path).body if isinstance(node, ast.ClassDef)]
        methods = {item.name for node in classes for item in node.body if isinstance(item, ast.FunctionDef)}
        bases = {ast.unparse(base) for node in classes for base in node.bases}
        is_codec = "feed" in methods or bases & {"FrameCodec", "LineCodec"}
        is_driver = {"run", "kind"} <= methods
        if (is_codec or is_driver) and (family, path.stem) not in FRAMERS:
            assert path.stem in written, f"{path} has no table in quality.toml"
    for module in written:
        assert (folder / f"{module}.py").is_file(), f"[{module}] names no module"


@pytest.mark.parametrize("family", FAMILIES)
def test_every_table_answers_every_item_in_one_way(family):
    for module, table in quality(family).items():
        assert set(table) in (CODEC_ITEMS, DEVICE_ITEMS), module
        for name, answer in table.items():
            assert len(answer) == 1 and set(answer) <= {"done", "todo", "exempt"}, (module, name)
            (text,) = answer.values()
            assert text and ("done" in answer or len(text) > 10), (module, name)


def done() -> list[Item]:
    return [item for item in items() if "done" in item[3]]


@pytest.mark.parametrize("item", [item for item in done() if "::" in item[3]["done"]], ids=lambda item: ":".join(item[:3]))
def test_a_named_test_exists_asserts_and_does_what_it_is_named_for(item):
    family, _, name, answer = item
    where, _, test = answer["done"].partition("::")
    path = ROOT / "tests" / where
    node = functions(path)[test]
    source = ast.unparse(node)
    calls_helper = any(
        isinstance(call, ast.Call) and "assert" in ast.unparse(functions(path).get(ast.unparse(call.func), ast.Pass()))
        for call in ast.walk(node)
    )
    assert "assert" in source or "pytest.raises" in source or ".wait_for(" in source or calls_helper
    if name in WORDS:
        assert WORDS[name].search(source), f"{test} does nothing that looks like {name}"
    imported = path.read_text(encoding="utf-8")
    assert f"drivers.{family}" in imported or "tests.real" in imported, f"{path} does not use {family}"


@pytest.mark.parametrize("item", [item for item in done() if item[2] == "fuzz"], ids=lambda item: ":".join(item[:3]))
def test_a_fuzz_target_exists_with_a_seed_of_its_own(item):
    target, seeds = TARGETS[item[3]["done"]]
    assert callable(target)
    assert item[3]["done"] == "wedge" or any(len(seed) > 1 for seed in seeds)


@pytest.mark.parametrize("item", [item for item in done() if item[2] == "twin"], ids=lambda item: ":".join(item[:3]))
def test_a_twin_exists_and_says_where_it_comes_from(item):
    module, _, name = item[3]["done"].partition(":")
    twin = importlib.import_module(module)
    assert hasattr(twin, name)
    assert (
        "Source:" in (twin.__doc__ or "")
        or "drawn by" in (twin.__doc__ or "")
        or "behaviour that printer manuals" in (twin.__doc__ or "")
    )


@pytest.mark.parametrize("item", [item for item in done() if item[2] == "source"], ids=lambda item: ":".join(item[:3]))
def test_a_codec_names_its_source_and_a_driver_its_rules(item):
    family, module, _, _ = item
    docstring = ast.get_docstring(tree_of(ROOT / "drivers" / family / f"{module}.py")) or ""
    is_codec = set(quality(family)[module]) == CODEC_ITEMS
    assert re.search(r"^Source:", docstring, re.MULTILINE) if is_codec else re.search(r"^Rules\b", docstring, re.MULTILINE)


@pytest.mark.parametrize("item", [item for item in done() if item[2] == "worked_frame"], ids=lambda item: ":".join(item[:3]))
def test_a_worked_frame_stands_in_the_docstring(item):
    family, module, _, _ = item
    text = (ROOT / "drivers" / family / f"{module}.py").read_text(encoding="utf-8")
    docstrings = "\n".join(
        ast.get_docstring(node) or ""
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
    )
    assert "orked" in docstrings or "offset" in docstrings or "each tried with" in docstrings


@pytest.mark.parametrize("item", [item for item in done() if item[2] == "docs"], ids=lambda item: ":".join(item[:3]))
def test_everything_public_of_a_documented_module_is_explained(item):
    family, module, _, _ = item
    tree = tree_of(ROOT / "drivers" / family / f"{module}.py")
    assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{family}/{module}.py: {node.name} has no docstring"


def test_what_is_left_to_do_is_counted():
    assert [item[:3] for item in items() if "todo" in item[3]] == []


def test_no_part_of_the_drivers_may_know_a_virtual_device():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    contract = next(item for item in contracts if item["name"] == "no driver knows a virtual device")
    parts = {f"drivers.{path.stem}" for path in (ROOT / "drivers").iterdir() if path.stem not in ("__init__", "__pycache__")}
    assert set(contract["source_modules"]) == parts - {"drivers.virtual"}
