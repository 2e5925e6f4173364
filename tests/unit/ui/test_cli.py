"""The command line: quick help, one clear line on bad usage, nothing heavy before it is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest

from ui.cli import BENCHES, SUITES, main

ROOT = Path(__file__).resolve().parents[3]
HEAVY = ("langgraph", "numpy", "psycopg", "openai", "pydantic", "jinja2", "sklearn", "rich.console")


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=ROOT, timeout=60
    )


def test_help_imports_nothing_heavy() -> None:
    code = f"import sys, ui.cli; ui.cli.main(['--help']); print([m for m in {HEAVY} if m in sys.modules])"
    done = run_python(code)
    assert done.stdout.strip().endswith("[]"), done.stdout[-200:]
    assert "Usage: bellwether" in done.stdout


def test_help_answers_in_under_half_a_second() -> None:
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        run_python("import ui.cli; ui.cli.main(['--help'])")
        seconds.append(time.perf_counter() - started)
        if seconds[-1] < 0.5:
            break
    assert min(seconds) < 0.5 * (4 if os.environ.get("CI") else 2), seconds  # a busy machine is no slow program


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["frob"], "No such command 'frob'"),
        (["run", "--top", "0"], "--top"),
        (["run", "--from", "/no/such/place"], "no file or folder '/no/such/place'"),
        (["run", "--from", ""], "--from is empty"),
        (["run", "--as-of", "yesterday"], "'yesterday' is no time"),
        (["run", "--as-of", "2999-01-01"], "between 1990 and now"),
        (["run", "--as-of", ""], "'' is no time"),
        (["eval", "dedupe", "--data", os.devnull], "needs a file"),
        (["eval", "ideas", "--data", "."], "is a folder"),
        (["bench", "score", "--seed", str(2**63)], "--seed"),
        (["db", "reset"], "say --yes"),
        (["eval", "trends"], "--data"),
        (["eval", "nonsense", "--data", "."], "no suite 'nonsense': there are agents, bandit, "),
        (["eval", "trends", "--data", "/no/such/file"], "no file or folder '/no/such/file'"),
        (["bench", "nonsense"], "no bench 'nonsense'"),
        (["review", "reject", "moss"], "--reason"),
        (["review"], "a command is missing"),
        (["review", "list", "--status", "odd"], "--status"),
        (["db", "reset", "--json"], "say --yes"),
    ],
)
def test_bad_usage_ends_with_code_two_and_one_clear_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("bellwether: ")
    assert said in err


def test_a_bad_setting_names_key_value_and_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BELLWETHER_SEED", "seven")
    assert main(["db", "status"]) == 2
    assert "setting seed = 'seven'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DATABASE_URL", "postgres//somebody:hush@nowhere", "write postgresql://"),
        ("DATABASE_URL", "mysql://somebody:hush@nowhere", "write postgresql://"),
        ("BELLWETHER_MODELS", "{hush", "models"),
        ("BELLWETHER_MODEL_BASE_URL", "localhost:8000", "model_base_url"),
        ("BELLWETHER_SEED", str(2**31), "seed"),
    ],
)
def test_a_setting_that_cannot_be_read_is_one_line(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    assert main(["db", "status"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err
    assert "hush" not in err


def test_a_home_that_is_no_folder_is_told_by_doctor_and_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BELLWETHER_HOME", os.devnull)
    assert main(["db", "status"]) == 1
    assert f"{os.devnull} is not a folder" in capsys.readouterr().err
    assert main(["doctor"]) == 1
    assert f"{os.devnull} is not a folder" in capsys.readouterr().out


def test_doctor_tells_whose_fees_stand_in_for_a_marketplace_nobody_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BELLWETHER_HOME", str(tmp_path))
    monkeypatch.setenv("BELLWETHER_MARKETPLACE", "Moon Bazaar")
    main(["doctor", "--json"])
    (fees,) = [check for check in json.loads(capsys.readouterr().out)["checks"] if check["name"] == "fees"]
    assert fees["state"] == "skipped"
    assert "no shipped fees of 'Moon Bazaar'" in fees["detail"]


def test_a_bad_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("BELLWETHER_TENANT", "Not Allowed")
    monkeypatch.setenv("GROQ_API_KEY", "sk-secret")
    assert main(["db", "status"]) == 2
    assert "sk-secret" not in capsys.readouterr().err


def test_a_database_that_does_not_answer_is_one_line_and_not_the_callers_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody:hush@127.0.0.1:1/nowhere")
    assert main(["review", "list"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "bellwether doctor" in err
    assert "hush" not in err


def test_the_embedded_server_is_not_to_be_stopped_where_a_url_replaces_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody@127.0.0.1:1/nowhere")
    assert main(["db", "stop"]) == 2
    assert "no embedded server to stop" in capsys.readouterr().err


@pytest.mark.parametrize("module", [*SUITES.values(), *BENCHES.values()])
def test_every_suite_and_bench_by_name_can_be_run(module: str) -> None:
    assert callable(import_module(module).run)
