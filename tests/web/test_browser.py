"""The pages in a real browser: every leaf of the seed page, no error, nothing wider than a phone."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("selenium", reason="selenium drives the browser")

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from remission.registry.leaves import leaves
from remission.registry.read import read_record
from remission.web import serve

SEED = Path(__file__).parents[2].parent / "shared" / "seed" / "NCT06607419.txt"
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
EVERY_PAGE = [
    "/", "/participants", "/participants/01-001", "/participants/01-003", "/sites", "/protocol",
    "/participants/01-001/samples/01-001-d46",
    "/why/endpoint.flow_negative.itt.responders",
]  # fmt: skip

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        BROWSER is None or DRIVER is None, reason="no chromium with chromedriver on this machine"
    ),
]


@pytest.fixture(scope="module")
def address(small: Path) -> Iterator[str]:
    with serve.running(small) as address:
        yield address


@pytest.fixture(scope="module")
def measured_address(measured: Path) -> Iterator[str]:
    with serve.running(measured) as address:
        yield address


def wide(browser: webdriver.Chrome, width: int) -> None:
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def one_space(text: str) -> str:
    return " ".join(text.split())


def section_texts(browser: webdriver.Chrome) -> dict[str, str]:
    """The visible text of each section of the study page, by id; of what stands above them under ""."""
    found = {"": one_space(browser.find_element(By.CSS_SELECTOR, ".title").text)}
    for section in browser.find_elements(By.CSS_SELECTOR, ".sections > section"):
        found[section.get_attribute("id") or ""] = one_space(section.text)
    return found


def test_the_study_page_holds_every_leaf_of_the_record_in_its_section_and_order(
    browser: webdriver.Chrome, address: str
) -> None:
    if not SEED.is_file():
        pytest.skip("the seed page is not beside this project")
    with SEED.open("rb") as stream:
        wanted = leaves(read_record(stream, SEED.name).record)
    wide(browser, 1280)
    browser.get(address + "/")
    shown = section_texts(browser)
    assert [key for key in shown if key != "description"] == list(
        dict.fromkeys(leaf.section for leaf in wanted)
    )
    places = dict.fromkeys(shown, 0)
    missing: list[str] = []
    for leaf in wanted:
        at = shown[leaf.section].find(one_space(leaf.text), places[leaf.section])
        if at < 0:
            missing.append(f"{leaf.section}: {leaf.label}: {leaf.text}")
        else:
            places[leaf.section] = at + len(one_space(leaf.text))
    assert missing == []
    assert len(wanted) > 180


def test_the_study_page_holds_every_line_of_the_seed_page(browser: webdriver.Chrome, address: str) -> None:
    """The same without our own reader of records: lines of the file, without markers of lists and escapes."""
    if not SEED.is_file():
        pytest.skip("the seed page is not beside this project")
    wide(browser, 1280)
    browser.get(address + "/")
    shown = one_space(browser.find_element(By.TAG_NAME, "main").text)
    lines = [line.strip() for line in SEED.read_text("utf-8").splitlines() if line.strip()]
    plain = [one_space(re.sub(r"^[*•] ", "", re.sub(r"\\([<>])", r"\1", line))) for line in lines]
    assert len(plain) > 200
    assert [line for line in plain if line not in shown] == []


def test_the_results_stand_where_the_record_says_pending(browser: webdriver.Chrome, address: str) -> None:
    browser.get(address + "/")
    text = section_texts(browser)["results"]
    for words in (
        "Results pending",
        "Participant flow",
        "Consented and screened 4",
        "Baseline",
        "50.0 %",
        "Toxicity",
    ):
        assert words in text


@pytest.mark.parametrize("prefix", ["", "/zh"])
@pytest.mark.parametrize("path", EVERY_PAGE)
def test_no_page_is_wider_than_a_phone_or_reports_an_error(
    browser: webdriver.Chrome, address: str, path: str, prefix: str
) -> None:
    wide(browser, 360)
    browser.get(address + prefix + path)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 360
    assert browser.execute_script("return document.fonts.status") == "loaded"
    assert [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []


@pytest.mark.parametrize("path", ["/participants/01-001", "/sites", "/why/flow.enrolled"])
def test_the_language_switch_stays_on_the_page_and_comes_back(
    browser: webdriver.Chrome, address: str, path: str
) -> None:
    wide(browser, 1280)
    browser.get(address + path)
    english = browser.find_element(By.TAG_NAME, "h1").text
    browser.find_element(By.LINK_TEXT, "中文").click()
    assert browser.current_url == f"{address}/zh{path}"
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "zh-Hans"
    assert "受试者" in browser.find_element(By.TAG_NAME, "nav").text
    browser.find_element(By.LINK_TEXT, "English").click()
    assert browser.current_url == address + path
    assert browser.find_element(By.TAG_NAME, "h1").text == english


def test_the_keyboard_reaches_the_content_first(browser: webdriver.Chrome, address: str) -> None:
    browser.get(address + "/participants")
    skip = browser.find_element(By.CLASS_NAME, "skip")
    browser.execute_script("arguments[0].focus()", skip)
    assert skip.rect["x"] >= 0, "it is seen when it has the focus"
    assert browser.switch_to.active_element == skip


CONTRAST = Path(__file__).with_name("contrast.js").read_text("utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", EVERY_PAGE)
def test_all_text_has_the_contrast_that_wcag_aa_asks_for(
    browser: webdriver.Chrome, address: str, path: str, scheme: str
) -> None:
    wide(browser, 1280)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    browser.get(address + path)
    assert browser.execute_script(CONTRAST) == []
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("prefix", ["", "/zh"])
@pytest.mark.parametrize("width", [360, 1200])
def test_a_measured_sample_fits_and_every_picture_of_it_is_drawn(
    browser: webdriver.Chrome, measured_address: str, width: int, prefix: str
) -> None:
    wide(browser, width)
    browser.get(f"{measured_address}{prefix}/participants/01-001/samples/01-001-d46")
    browser.execute_script("for (const image of document.images) image.loading = 'eager'")
    drawn = "return [...document.images].map(image => image.complete ? image.naturalWidth : 0)"
    WebDriverWait(browser, 20).until(lambda shown: all(shown.execute_script(drawn)))
    assert len(browser.execute_script(drawn)) == 5
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    text = one_space(browser.find_element(By.TAG_NAME, "main").text)
    assert ("指标克隆" if prefix else "Index clones") in text and "IGHV3-23" in text
    assert [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []
