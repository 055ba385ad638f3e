"""What Prometheus reads of a filled centre, and that every dashboard and rule asks only for what is really exported."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.testclient import TestClient

from support.centre import DATABASES, NOW, Centre, filled_centre
from tools.fleet.metrics.app import KEEP_S, routes

ROOM = Path(__file__).parents[4] / "tools" / "fleet" / "metrics"
DASHBOARDS = sorted((ROOM / "grafana" / "dashboards").glob("*.json"))
INNER = ("10.14.7.3", 50000)
NAME = re.compile(r"\bkiosk_[a-z_]+\b")
NAMED = {
    "kiosk_up", "kiosk_last_seen_timestamp_seconds", "kiosk_certificates_issued_total", "kiosk_outbox_pending",
    "kiosk_outbox_oldest_age_seconds", "kiosk_device_state", "kiosk_printer_paper", "kiosk_printer_labels_remaining",
    "kiosk_disk_free_bytes", "kiosk_cpu_temperature_celsius", "kiosk_clock_offset_seconds", "kiosk_software_info",
}  # fmt: skip


@pytest.fixture(scope="module", params=DATABASES)
def centre(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with filled_centre(request.param, tmp_path_factory.mktemp("metrics"), terminals=60, certificates=2) as made:
        yield made


def scrape(centre: Centre, query: str = "") -> str:
    app = Starlette(routes=list(routes(centre.store.engine, lambda: NOW)))
    answer = TestClient(app, client=INNER).get(f"/metrics{query}")
    assert answer.status_code == 200
    return answer.text


def samples(text: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            found.setdefault(one.name, []).append((one.labels, one.value))
    return found


def exported(text: str) -> set[str]:
    """Every name, also of families that have no sample today."""
    names = set(re.findall(r"^# TYPE (\S+)", text, re.M))
    return names | {f"{name}" for name in samples(text)}


def test_counts_are_those_of_the_centre(centre: Centre) -> None:
    found = samples(scrape(centre))
    assert sum(value for _, value in found["kiosk_terminals"]) == 60
    assert sum(value for _, value in found["kiosk_certificates_issued_total"]) == 0  # the simulator's keys make specimens
    assert sum(value for _, value in found["kiosk_specimens_made_total"]) == 120
    assert sum(value for _, value in found["kiosk_county_devices"]) == 240
    assert sum(value for _, value in found["kiosk_county_printer_paper"]) == 60
    assert all(len(labels["county"]) == 6 for labels, _ in found["kiosk_terminals"])


def test_only_the_worst_terminals_have_their_own_series_unless_all_are_asked_for(centre: Centre) -> None:
    usual, detail = samples(scrape(centre)), samples(scrape(centre, "?detail=1"))
    assert 0 < len(usual["kiosk_up"]) <= 20
    assert len(detail["kiosk_up"]) > 50
    assert set(detail) >= NAMED
    assert "kiosk_db_integrity_ok" in exported(scrape(centre, "?detail=1"))


def test_nothing_personal_is_told(centre: Centre) -> None:
    text = scrape(centre, "?detail=1")
    body = json.loads(centre.terminals[0].events[0].body)
    assert body["subject"]["name"] not in text
    assert body["contact"] not in text


def test_strangers_find_no_such_page(centre: Centre) -> None:
    app = Starlette(routes=list(routes(centre.store.engine, lambda: NOW)))
    for client in (("203.0.114.9", 1), ("2400:da00::1", 1), ("unix", 0)):
        assert TestClient(app, client=client).get("/metrics").status_code == 404


def test_a_second_scrape_within_a_few_seconds_does_not_ask_the_database(centre: Centre) -> None:
    seconds = [0.0]
    made = routes(centre.store.engine, lambda: NOW + timedelta(seconds=seconds[0]), lambda: seconds[0])
    app = TestClient(Starlette(routes=list(made)), client=INNER)
    first = app.get("/metrics").text
    seconds[0] = KEEP_S / 2
    assert app.get("/metrics").text == first
    seconds[0] = KEEP_S + 1
    assert app.get("/metrics").text != first


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_whole_and_asks_only_for_what_is_exported(path: Path, centre: Centre) -> None:
    board = json.loads(path.read_text(encoding="utf-8"))
    assert board["uid"] == f"sxc-{path.stem}"
    assert board["schemaVersion"] >= 36
    panels: list[dict[str, Any]] = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 0
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        assert panel["title"]
        assert at["x"] + at["w"] <= 24
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
        assert panel["targets"]
        assert all(target["expr"] and target["datasource"]["uid"] == "${source}" for target in panel["targets"])
    assert "source" in {variable["name"] for variable in board["templating"]["list"]}
    used = set(re.findall(r"\$(\w+)", " ".join(target["expr"] for panel in panels for target in panel["targets"])))
    assert used <= {variable["name"] for variable in board["templating"]["list"]}
    asked = set(NAME.findall(json.dumps(panels)))
    assert asked
    assert asked <= exported(scrape(centre, "?detail=1"))


def test_there_are_three_dashboards_and_the_provisioning_finds_them() -> None:
    assert [path.stem for path in DASHBOARDS] == ["county", "fleet", "terminal"]
    found = yaml.safe_load((ROOM / "grafana" / "provisioning" / "dashboards" / "fleet.yaml").read_text(encoding="utf-8"))
    assert found["apiVersion"] == 1
    assert found["providers"][0]["type"] == "file"
    assert found["providers"][0]["options"]["path"]
    source = yaml.safe_load((ROOM / "grafana" / "provisioning" / "datasources" / "fleet.yaml").read_text(encoding="utf-8"))
    assert source["datasources"][0]["type"] == "prometheus"


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((ROOM / "prometheus" / "alerts.yaml").read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


def test_every_rule_asks_only_for_what_is_exported_by_default_and_for_codes_that_the_centre_raises(centre: Centre) -> None:
    known = exported(scrape(centre))
    collector = "".join(path.read_text(encoding="utf-8") for path in (ROOM.parent / "collector").glob("*.py"))
    for rule in rules():
        assert set(NAME.findall(rule["expr"])) <= known, rule["alert"]
        assert rule["labels"]["severity"] in ("page", "critical", "warning")
        assert rule["annotations"]["summary"]
        for code in re.findall(r'code="(\w+)"', rule["expr"]):
            assert f'"{code}"' in collector or code in ("silent", "offline"), code


def promtool(*words: str, given: str | None = None, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool (Debian's prometheus) is not installed")
    return subprocess.run([found, *words], input=given, cwd=folder, capture_output=True, text=True, check=False)


def test_prometheus_itself_accepts_rules_configuration_and_metrics(centre: Centre) -> None:
    folder = ROOM / "prometheus"
    for words in (("check", "rules", "alerts.yaml"), ("check", "config", "prometheus.yaml")):
        done = promtool(*words, folder=folder)
        assert done.returncode == 0, done.stdout + done.stderr
    done = promtool("check", "metrics", given=scrape(centre, "?detail=1"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_county_without_network_is_one_alarm_and_a_single_silent_terminal_is_none_of_it(tmp_path: Path) -> None:
    def states(county: str, silent: int) -> list[dict[str, str]]:
        return [
            {"series": f'kiosk_terminals{{county="{county}",state="silent"}}', "values": f"{silent}x20"},
            {"series": f'kiosk_terminals{{county="{county}",state="issuing"}}', "values": f"{20 - silent}x20"},
        ]

    summary = next(rule for rule in rules() if rule["alert"] == "KioskCountySilent")["annotations"]
    expected = {
        "exp_labels": {"county": "140703", "severity": "critical"},
        "exp_annotations": {**summary, "summary": summary["summary"].replace("{{ $labels.county }}", "140703")},
    }
    document = {
        "rule_files": [str(ROOM / "prometheus" / "alerts.yaml")],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [*states("140703", 12), *states("140105", 1)],
                "alert_rule_test": [{"eval_time": "10m", "alertname": "KioskCountySilent", "exp_alerts": [expected]}],
            }
        ],
    }
    file = tmp_path / "test.yaml"
    file.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    done = promtool("test", "rules", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
