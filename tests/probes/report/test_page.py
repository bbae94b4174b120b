"""report.html: what it says, that it is safe and repeatable, and how a real browser shows it."""

from __future__ import annotations

import base64
import dataclasses
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import made_up
import numpy as np
import pytest

from interp.records.answers import Generation, StopReason
from interp.records.arrays import Features, Position, Site
from interp.records.judgements import Label
from interp.records.prompts import Prompt, Split
from interp.results.fit import TargetReports
from interp.results.reading import read_report
from interp.results.schema import write_result
from interp.runs.directory import verify
from interp.runs.files import sha256_file
from probes.fitting import layers
from probes.fitting.recipe import Recipe
from probes.fitting.records import Records
from probes.report.page import fit_page

HOSTILE = "<script>document.title='caught'</script>"
CHROMIUM, DRIVER = (shutil.which(name) for name in ("chromium", "chromedriver"))
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDTHS = {390: 844, 1280: 900}
KINDS = {"handle": "A handle was found", "cliff": "No handle: capability cliff", "unresolved": "Unresolved"}


def fitted(root: Path, name: str, n: int, signal: float, fresh_rate: float) -> Path:
    """A run as `probes.fit` leaves it, of made-up answers whose correctness shows in h_last by `signal`."""
    rng = np.random.default_rng(1)
    prompts = [
        Prompt(f"{s}-{i}", f"Question {s} {rng.integers(10**9)}?", "facts", s, ()) for s in Split for i in range(n)
    ]
    ids = tuple(f"g-{p.id}" for p in prompts)
    answers = [
        Generation(
            g, p.id, name, "word " * int(rng.integers(3, 30)), (1, 2, 3), 5, "", 0, StopReason.EOS, 64, -0.5, -1.0
        )
        for g, p in zip(ids, prompts, strict=True)
    ]
    correct = np.concatenate([rng.permutation(n) < round(rate * n) for rate in (0.5, fresh_rate)])
    labels = [
        Label(g, float(c), (bool(c),), bool(c), bool(rng.random() < 0.8), "j")
        for g, c in zip(ids, correct, strict=True)
    ]
    x = rng.normal(size=(2 * n, 2, 6)).astype(np.float32)
    x[:, :, 0] += signal * (2 * correct[:, None] - 1)
    residual = Features(ids, Site.RESID_POST, (0,), Position.CONTENT, x[:, :1])
    final = Features(ids, Site.LN_FINAL, (1,), Position.CONTENT, x[:, 1:])
    records = Records(prompts, answers, labels, layers.stack(residual, final))
    return made_up.finished(root, name, records, Recipe(cs=(1.0,)), HOSTILE)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run of each kind of verdict; the unresolved one's model has a hostile name."""
    root = tmp_path_factory.mktemp("pages")
    return {
        "handle": fitted(root / "handle", "strong", 60, 1.6, 0.4),
        "cliff": fitted(root / "cliff", "weak", 60, 0.0, 0.05),
        "unresolved": fitted(root / "unresolved", HOSTILE, 24, 0.35, 0.4),
    }


def text_of(run: Path) -> str:
    return (run / "report.html").read_text()


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_says_the_verdict_with_its_reason_before_anything_else(pages: dict[str, Path], kind: str) -> None:
    verdict = read_report(pages[kind]).verdict()
    page = text_of(pages[kind])
    order = [
        page.index(part) for part in (KINDS[kind], 'id="figures"', 'id="threats"', 'id="tables"', 'id="provenance"')
    ]
    assert order == sorted(order)
    assert verdict.reason.replace("'", "&#39;") in page


def test_the_page_is_listed_in_the_manifest_and_is_the_same_bytes_when_made_again(pages: dict[str, Path]) -> None:
    assert "report.html" in verify(pages["handle"]).files
    assert fit_page(pages["handle"]) == text_of(pages["handle"])


def test_the_page_does_not_depend_on_where_the_run_lies(pages: dict[str, Path], tmp_path: Path) -> None:
    moved = shutil.copytree(pages["handle"], tmp_path / "elsewhere")
    assert fit_page(moved) == text_of(pages["handle"])


def test_foreign_text_is_escaped(pages: dict[str, Path]) -> None:
    page = text_of(pages["unresolved"])
    assert "<script" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_asks_for_nothing_from_outside(pages: dict[str, Path], kind: str) -> None:
    page = text_of(pages[kind])
    for outside in ("src=", "@import", "url(http", '<link rel="stylesheet"', "<iframe"):
        assert outside not in page
    assert "default-src 'none'" in page


def test_a_figure_names_its_files_with_the_head_of_their_hash(pages: dict[str, Path]) -> None:
    page = text_of(pages["handle"])
    for name in ("report.json", "features.safetensors", "labels.jsonl", "probe.safetensors"):
        assert f"{name} <code>{sha256_file(pages['handle'] / name)[:12]}</code>" in page


def test_a_run_without_h_last_still_has_a_page(pages: dict[str, Path], tmp_path: Path) -> None:
    bare = shutil.copytree(pages["handle"], tmp_path / "bare")
    for name in ("features.safetensors", "features.json", "probe.safetensors"):
        (bare / name).unlink()
    report = read_report(bare)
    assert report.targets.correct is not None
    nothing = dict.fromkeys(("headline", "study_reading", "nulls", "reliability", "sidecar"))
    unfitted = dataclasses.replace(report.targets.correct, layers=(), baselines=(), relations=(), **nothing)
    write_result(bare / "report.json", dataclasses.replace(report, targets=TargetReports(unfitted)))
    page = fit_page(bare)
    assert "figure-h_last_pca" not in page
    assert "Not drawn: Do correct and wrong answers lie apart in h_last?" in page
    assert str(tmp_path) not in page


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("chromium and chromedriver are not on this machine (.ci/browser installs them where it can)")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(executable_path=DRIVER))
    yield driver
    driver.quit()


def open_at(browser: Any, run: Path, width: int) -> None:
    size = {"width": width, "height": WIDTHS[width], "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get_log("performance")
    browser.get_log("browser")
    browser.get((run / "report.html").as_uri())


def requests(browser: Any) -> list[str]:
    """Every address that the page asked for, the page's own file left out."""
    told = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [m["params"] for m in told if m["method"] == "Network.requestWillBeSent"]
    mine = [s["request"]["url"] for s in sent if s["documentURL"] == browser.current_url]
    assert browser.current_url in mine, "the log does not cover this page"
    return [url for url in mine if url != browser.current_url and not url.startswith("data:")]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_browser_shows_the_page_whole(browser: Any, pages: dict[str, Path], kind: str, width: int) -> None:
    open_at(browser, pages[kind], width)
    script = browser.execute_script
    assert browser.get_log("browser") == []
    assert requests(browser) == []
    assert browser.title.endswith(KINDS[kind])
    assert script("return document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
    sizes = script(
        "return [...document.querySelectorAll('figure svg')].map(s => [s.getBoundingClientRect().width,"
        " s.getBoundingClientRect().height])"
    )
    assert len(sizes) >= 5
    assert min(min(size) for size in sizes) > 150
    bottom = script("return document.querySelector('.answered .reason').getBoundingClientRect().bottom")
    assert 0 < bottom < WIDTHS[width], "the verdict and its reason are below the fold"


def test_every_figure_has_an_alternative_and_every_header_a_scope(browser: Any, pages: dict[str, Path]) -> None:
    open_at(browser, pages["handle"], 1280)
    count = "return document.querySelectorAll(arguments[0]).length"
    assert browser.execute_script(count, "svg:not([aria-label]), svg:not([role=img])") == 0
    assert browser.execute_script(count, "th:not([scope])") == 0
    assert browser.execute_script(count, "th[scope]") > 20


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_the_page_in_both_schemes(browser: Any, pages: dict[str, Path], scheme: str) -> None:
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    open_at(browser, pages["handle"], 1280)
    paper = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    colours = browser.execute_script(
        "return [...document.querySelectorAll('p, h1, h2, h3, td, th, dt, dd, a, figcaption, .sign, summary span')]"
        ".map(e => getComputedStyle(e).color)"
    )
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert (luminance(paper) > 0.5) == (scheme == "light")
    assert min(contrast(colour, paper) for colour in set(colours)) >= 4.5


def luminance(colour: str) -> float:
    """Relative luminance of `rgb(r, g, b)` (WCAG 2.2)."""
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").rstrip(")").split(",")]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_page_prints_with_its_folded_tables_open(browser: Any, pages: dict[str, Path]) -> None:
    open_at(browser, pages["handle"], 1280)
    pdf = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"])
    assert pdf.startswith(b"%PDF")
    assert len(pdf) > 20_000
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    heights = browser.execute_script(
        "return [...document.querySelectorAll('details table')].map(t => t.getBoundingClientRect().height)"
    )
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert all(height > 100 for height in heights)
