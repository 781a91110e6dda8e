"""The flow page in a real browser: a vertex dragged, a gate moved by keys and by touch, undone, accepted."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("selenium", reason="selenium drives the browser")

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from remission.web import serve

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
PAGE = "/participants/01-001/samples/01-001-d19/flow?strategy=ball-cd19-independent"
CONTRAST = Path(__file__).with_name("contrast.js").read_text("utf-8")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        BROWSER is None or DRIVER is None, reason="no chromium with chromedriver on this machine"
    ),
]


@pytest.fixture(scope="module")
def address(received: Path) -> Iterator[str]:
    with serve.running(received) as address:
        yield address


def opened(browser: webdriver.Chrome, address: str, width: int = 1280, prefix: str = "") -> None:
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(f"{address}{prefix}{PAGE}")
    WebDriverWait(browser, 30).until(
        lambda shown: shown.execute_script("return document.getElementById('flow')?.dataset.open") == "open"
    )
    while browser.find_element(By.ID, "undo").is_enabled():
        before = step(browser)
        browser.find_element(By.ID, "undo").click()
        WebDriverWait(browser, 10).until(lambda shown, before=before: step(shown) > before)


def step(browser: webdriver.Chrome) -> int:
    return int(browser.execute_script("return step"))


def level(browser: webdriver.Chrome) -> str:
    return browser.find_element(By.ID, "flow-answer").text


def changed(browser: webdriver.Chrome, before: str) -> str:
    WebDriverWait(browser, 10).until(lambda shown: level(shown) != before)
    return level(browser)


def plot(browser: webdriver.Chrome, gate: str):
    found = browser.find_element(By.ID, f"gate-{gate}")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", found)
    return found


def errors(browser: webdriver.Chrome) -> list:
    return [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]


def test_a_dragged_vertex_changes_the_level_and_undo_brings_it_back(
    browser: webdriver.Chrome, address: str
) -> None:
    opened(browser, address)
    before = level(browser)
    corners = plot(browser, "immature").find_elements(By.CSS_SELECTOR, "circle.hold")
    drag = ActionChains(browser).move_to_element(corners[2]).click_and_hold().move_by_offset(-60, 40)
    drag.pause(0.2).release().perform()
    after = changed(browser, before)
    assert "nobody stands for yet" in after
    WebDriverWait(browser, 10).until(lambda shown: "waits for who and why" in moves(shown))
    browser.find_element(By.ID, "undo").click()
    WebDriverWait(browser, 10).until(lambda shown: level(shown) == before)
    assert errors(browser) == []


def moves(browser: webdriver.Chrome) -> str:
    return browser.find_element(By.ID, "flow-moves").text


def test_arrow_keys_move_what_space_chose_and_the_pictures_below_follow(
    browser: webdriver.Chrome, address: str
) -> None:
    opened(browser, address)
    before = level(browser)
    below = browser.find_element(By.CSS_SELECTOR, "#gate-immature image.density")
    seen = below.get_attribute("href")
    gate = plot(browser, "nucleated")
    browser.execute_script("arguments[0].focus()", gate)
    ActionChains(browser).send_keys(Keys.SHIFT, Keys.ARROW_RIGHT, Keys.SHIFT).perform()
    ActionChains(browser).key_down(Keys.SHIFT).send_keys(Keys.ARROW_RIGHT * 4).key_up(Keys.SHIFT).perform()
    changed(browser, before)
    assert "Nucleated cells: the whole gate" in browser.find_element(By.ID, "flow-part").text
    ActionChains(browser).send_keys(" ").perform()
    assert "corner 1" in browser.find_element(By.ID, "flow-part").text
    WebDriverWait(browser, 10).until(lambda _: below.get_attribute("href") != seen)
    drawn = "return fetch(arguments[0]).then(answer => answer.headers.get('Content-Type'))"
    assert browser.execute_script(drawn, below.get_attribute("href")) == "image/png"


def test_a_finger_moves_an_edge(browser: webdriver.Chrome, address: str) -> None:
    opened(browser, address, width=360)
    before = level(browser)
    edge = plot(browser, "nucleated").find_element(By.CSS_SELECTOR, "line.hold[data-at='0']")
    box = browser.execute_script(
        "const box = arguments[0].getBoundingClientRect();"
        "return [box.x + box.width / 2, box.y + box.height / 2]",
        edge,
    )
    touch = "Input.dispatchTouchEvent"
    browser.execute_cdp_cmd(touch, {"type": "touchStart", "touchPoints": [{"x": box[0], "y": box[1]}]})
    for far in (15, 30, 60):
        point = {"x": box[0] + far, "y": box[1]}
        browser.execute_cdp_cmd(touch, {"type": "touchMove", "touchPoints": [point]})
    browser.execute_cdp_cmd(touch, {"type": "touchEnd", "touchPoints": []})
    changed(browser, before)


def test_who_and_why_then_accepting_writes_a_draft(browser: webdriver.Chrome, address: str) -> None:
    opened(browser, address)
    before = level(browser)
    browser.execute_script("arguments[0].focus()", plot(browser, "nucleated"))
    ActionChains(browser).key_down(Keys.SHIFT).send_keys(Keys.ARROW_RIGHT * 3).key_up(Keys.SHIFT).perform()
    changed(browser, before)
    WebDriverWait(browser, 10).until(lambda shown: "waits for who and why" in moves(shown))
    for form in ("accept", "keep", "accept"):
        browser.find_element(By.ID, f"{form}-by").send_keys("Li")
        browser.find_element(By.ID, f"{form}-why").send_keys("seen")
        browser.find_element(By.CSS_SELECTOR, f"form[data-does={form}] button").click()
        said = "flow-said" if "waits" in moves(browser) and form == "accept" else "flow-accepted"
        if form == "keep":
            WebDriverWait(browser, 10).until(lambda shown: "waits for who and why" not in moves(shown))
        else:
            WebDriverWait(browser, 10).until(lambda shown, said=said: shown.find_element(By.ID, said).text)
    accepted = browser.find_element(By.ID, "flow-accepted").text
    assert "sha256" in accepted and "remission sample flow 01-001" in accepted
    assert "Li: seen" in moves(browser)
    browser.get_log("browser")  # the refusal above was one of its entries


@pytest.mark.parametrize("prefix", ["", "/zh"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_fits_draws_every_plot_and_reports_no_error(
    browser: webdriver.Chrome, address: str, width: int, prefix: str
) -> None:
    opened(browser, address, width, prefix)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.execute_script("return document.querySelectorAll('svg[data-plot] .gate > *').length") > 60
    assert errors(browser) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_the_contrast_that_wcag_aa_asks_for(
    browser: webdriver.Chrome, address: str, scheme: str
) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    opened(browser, address)
    assert browser.execute_script(CONTRAST) == []
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
