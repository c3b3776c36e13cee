"""A storm hour by hour in a real browser: by hand, by keyboard, as a table, beside still water."""

from __future__ import annotations

import json

import numpy as np
import pytest
from looking import AXE, MARKS, PHONE, blue, picture

pytestmark = MARKS

#: Everything above the map is taken off before colours are counted.
BARE = ".legend,.tools,.modes,.maplibregl-canvas{display:none!important}"


@pytest.fixture(scope="module")
def course(study):
    return json.loads((study / "page" / "storms" / "bodil.json").read_text())


def storm(visit, query="", **more):
    """The page with the storm open and its maps there."""
    page = visit(f"?event=bodil&lang=en&{query}", **more)
    page.wait_for_selector("#time", state="attached")
    return page


def bare(visit, query, **more):
    page = storm(visit, query, bypass_csp=True, **more)
    page.add_style_tag(content=BARE)
    return page


def wet(colours):
    return (blue(colours) > 45).sum()


def hours(page):
    return float(page.locator("#time").input_value()) / 3600.0


def test_the_storm_opens_at_its_high_water_with_a_button_and_is_a_link(visit):
    page = visit("?event=bodil&lang=en")
    page.get_by_role("button", name="See the storm hour by hour").click()
    page.wait_for_selector("#time", state="attached")
    assert page.locator("#moment").inner_text() == "At high water"
    assert page.get_by_role("tab", name="Course").get_attribute("aria-selected") == "true"
    page.locator("#time").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_label("Danger to people").check()
    page.wait_for_timeout(400)
    assert "mode=people" in page.url
    assert "time=4.50" in page.url
    again = visit("?" + page.url.split("?")[1])
    again.wait_for_selector("#time", state="attached")
    assert hours(again) == pytest.approx(4.5)
    assert again.get_by_label("Danger to people").is_checked()


def test_water_comes_and_goes_with_time(visit):
    """The surge peaks after 4 hours, at 2.2 m; it is quiet at both ends."""
    page = bare(visit, "mode=depth&time=0")
    before = wet(picture(page))
    page.locator("#time").focus()
    for _ in range(5):
        page.keyboard.press("PageUp")
    assert hours(page) == pytest.approx(5.0, abs=0.02)
    high = wet(picture(page))
    page.keyboard.press("End")
    after = wet(picture(page))
    assert high > 3000
    assert before < 0.3 * high
    assert after < 0.3 * high


def test_between_two_maps_the_water_is_between_theirs(visit):
    """Maps are half an hour apart; a quarter past lies between its neighbours."""
    amount = []
    for at in (2.0, 2.25, 2.5):
        page = bare(visit, f"mode=depth&time={at}")
        colours = picture(page)
        amount.append(float(np.clip(blue(colours), 0, None).sum()))
    assert amount[0] < amount[1] < amount[2]


def test_the_gauge_shows_the_sea_as_it_was_at_that_time(visit, course):
    page = storm(visit, "mode=depth&time=2.00")
    sea = next(t for t in course["tracks"] if t["kind"] == "sea")
    level = np.interp(7200.0, sea["seconds"], sea["values"])
    assert float(page.locator("#level").input_value()) == pytest.approx(level, abs=0.011)
    assert "1.52 m" in page.locator("#headline").inner_text()


def test_playing_moves_the_time_and_stops_at_the_end(visit):
    page = storm(visit, "mode=depth&time=9.80", motion="no-preference")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_selector("button[aria-label='Play']", timeout=15_000)
    assert hours(page) == pytest.approx(10.0, abs=0.02)
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(700)
    page.get_by_role("button", name="Pause").click()
    assert 0.05 < hours(page) < 3.0
    stands = hours(page)
    page.wait_for_timeout(300)
    assert hours(page) == stands


def test_without_motion_the_maps_follow_each_other_one_by_one(visit):
    page = storm(visit, "mode=depth&time=2.00")
    page.get_by_role("button", name="Play", exact=True).click()
    while hours(page) == pytest.approx(2.0):
        page.wait_for_timeout(100)
    page.get_by_role("button", name="Pause").click()
    assert (hours(page) * 2) % 1 == pytest.approx(0.0, abs=0.01)


#: Counts what is sent to the graphics card, and the frames drawn.
COUNTED = """
window.counted = { uploads: 0, draws: 0 };
for (const name of ["texSubImage2D", "texImage2D", "bufferData"]) {
    const was = WebGL2RenderingContext.prototype[name];
    WebGL2RenderingContext.prototype[name] = function (...all) {
        if (window.counting) window.counted.uploads++;
        return was.apply(this, all);
    };
}
const drew = WebGL2RenderingContext.prototype.drawElements;
WebGL2RenderingContext.prototype.drawElements = function (...all) {
    if (window.counting) window.counted.draws++;
    return drew.apply(this, all);
};
"""


def test_playing_sends_the_card_one_map_for_each_that_passes_and_nothing_for_each_frame(visit):
    """Frames between two maps are mixed on the card: that is what keeps playing smooth."""
    page = visit(motion="no-preference")
    page.add_init_script(COUNTED)
    page.goto(page.url.split("?")[0] + "?event=bodil&lang=en&mode=depth&time=0")
    page.wait_for_selector("#time", state="attached")
    page.wait_for_timeout(1000)
    page.evaluate("() => { window.counting = true; }")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(3000)
    page.get_by_role("button", name="Pause").click()
    counted = page.evaluate("() => window.counted")
    passed = 2.0 * hours(page)
    assert passed > 1.0
    assert counted["draws"] > counted["uploads"]
    assert counted["uploads"] <= passed + 3


def test_the_keyboard_steps_from_map_to_map_and_space_plays(visit):
    page = storm(visit, "mode=depth&time=2.00")
    page.locator("#time").focus()
    page.keyboard.press("ArrowRight")
    assert hours(page) == pytest.approx(2.5)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert hours(page) == pytest.approx(1.5)
    page.keyboard.press("Home")
    assert hours(page) == 0.0
    said = page.locator("#time").get_attribute("aria-valuetext")
    assert "4 h before high water" in said
    assert "The sea 0.2" in said
    page.keyboard.press(" ")
    assert page.get_by_role("button", name="Pause").count() == 1
    page.keyboard.press(" ")


def test_dragging_over_the_lines_moves_the_time(visit):
    page = storm(visit, "mode=depth&time=0")
    box = page.locator(".chart .hit").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 30, steps=3)
    page.mouse.up()
    assert hours(page) == pytest.approx(5.0, abs=0.4)


def test_the_lines_tell_sea_streams_gates_and_pumps(visit):
    page = storm(visit, "mode=depth&time=5.00")
    said = page.locator(".chart").inner_text()
    for word in ("gate", "pump"):
        assert word in said
    chart = page.locator(".chart").text_content()
    assert "Sea level, m above DVR90" in chart
    assert "Streams, m³/s" in chart
    assert "Gates, pumps and others, m³/s" in chart


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("peak", ["Largest depth, m"]),
        ("arrival", ["The water arrives", "0 = high water"]),
        ("people", ["everyone can stand", "children cannot stand"]),
        ("cars", ["cars stay put", "small cars are swept away"]),
        ("difference", ["Moving water against still", "alike within 5 cm"]),
    ],
)
def test_each_map_has_its_legend_and_its_colours(visit, mode, words):
    page = storm(visit, f"mode={mode}", bypass_csp=True)
    legend = page.locator(".legend").inner_text()
    assert all(word in legend for word in words)
    page.add_style_tag(content=BARE)
    found = picture(page)
    quiet = bare(visit, "mode=depth&time=0")
    changed = np.abs(found - picture(quiet)).sum(axis=2) > 60
    assert changed.sum() > 3000


def test_danger_is_worst_where_the_water_is_deepest(visit):
    """The valley is deepest at its shore: dark violet there, pale yellow at the water's end."""
    page = bare(visit, "mode=people")
    colours = picture(page).astype(float)
    violet = np.abs(colours - np.array([0x56, 0x18, 0x6B])).sum(axis=2) < 90
    pale = np.abs(colours - np.array([0xF7, 0xE3, 0xA8])).sum(axis=2) < 50
    assert violet.sum() > 300
    assert pale.sum() > 300
    assert np.nonzero(violet)[1].mean() < np.nonzero(pale)[1].mean()


def test_still_water_is_left_of_the_line_and_moving_water_right_of_it(visit):
    """The run is lower than still water inland: where only still water stands, the line decides."""
    page = bare(visit, "mode=peak&swipe=0.00")
    moving = picture(page)
    page.locator("#swipe").focus()
    page.keyboard.press("End")
    page.wait_for_timeout(200)
    still = picture(page)
    assert wet(still) > 1.03 * wet(moving)
    page.keyboard.press("Home")
    assert "swipe=0" in page.evaluate("new Promise(r => setTimeout(() => r(location.href), 400))")


def test_the_line_is_dragged_by_hand_too(visit):
    page = storm(visit, "mode=peak&swipe=0.50")
    knob = page.locator(".knob").bounding_box()
    page.mouse.move(knob["x"] + 22, knob["y"] + 22)
    page.mouse.down()
    page.mouse.move(knob["x"] + 172, knob["y"] + 22, steps=3)
    page.mouse.up()
    assert float(page.locator("#swipe").input_value()) > 0.6
    page.get_by_role("button", name="Compare").click()
    assert page.locator("#swipe").count() == 0


def test_why_the_two_differ_is_told_in_words(visit, course):
    page = visit("?event=bodil&tab=course&lang=en")
    panel = page.get_by_role("tabpanel")
    panel.get_by_text("Still and moving water").wait_for()
    for words in course["compare"]["words"]:
        assert panel.get_by_text(words["en"], exact=True).count() == 1
    panel.get_by_role("button", name="Show the difference on the map").click()
    page.wait_for_selector("#time", state="attached")
    assert page.get_by_label("Difference").is_checked()


def test_the_storm_is_also_a_table(visit, course):
    page = visit("?event=bodil&tab=course&lang=en")
    panel = page.get_by_role("tabpanel")
    home = panel.get_by_role("row").filter(has_text="Plejehjem")
    assert "before high water" in home.inner_text()
    assert f"{course['places'][0]['depth']:.2f} m" in home.inner_text()
    panel.get_by_text("The course as a table").click()
    table = panel.get_by_role("region", name="The course as a table")
    assert "At high water" in table.inner_text() or "at high water" in table.inner_text()
    assert table.get_by_role("row").count() > 8
    panel.get_by_text("Where the water came from and went").click()
    assert "came in from the sea" in panel.inner_text()
    panel.get_by_text("How the run was computed").click()
    assert "faster than its own waves" in panel.inner_text()


def test_houses_say_when_the_storm_reaches_them(visit, study):
    page = storm(visit, "mode=depth&building=b0")
    card = page.get_by_role("complementary", name="Building")
    assert "Reached at the wall:" in card.inner_text()


def test_a_storm_of_a_later_year_or_without_a_run_says_so(visit):
    page = visit("?event=bodil&future=high-2100&tab=course&lang=en")
    assert "as it was" in page.get_by_role("tabpanel").inner_text()
    page.get_by_role("button", name="Show it as it was").click()
    page.get_by_role("button", name="See the storm hour by hour").wait_for()
    other = visit("?event=ingolf&tab=course&mode=depth&lang=en")
    assert "Not computed." in other.get_by_role("tabpanel").inner_text()
    assert other.locator("#time").count() == 0


def test_a_level_of_ones_own_closes_the_storm(visit):
    page = storm(visit, "mode=depth")
    page.locator("#level").focus()
    page.keyboard.press("ArrowUp")
    assert page.locator("#time").count() == 0
    assert "mode" not in page.evaluate("new Promise(r => setTimeout(() => r(location.href), 400))")


def test_maps_that_cannot_be_fetched_leave_the_page_alive(visit, chromium, address):
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    page = context.new_page()
    page.route("**/maps.pack", lambda route: route.abort())
    page.goto(f"{address}/?event=bodil&mode=depth")
    page.wait_for_selector(".player [role=alert]", timeout=60_000)
    assert "could not be fetched" in page.locator("section.player").inner_text()
    assert page.locator("[data-figure=people]").is_visible()
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [{"width": 1280, "height": 800}, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing_while_a_storm_is_open(visit, theme, size):
    page = storm(
        visit, f"mode=peak&swipe=0.50&tab=course&theme={theme}", size=size, bypass_csp=True
    )
    page.get_by_role("tabpanel").get_by_text("Still and moving water").wait_for()
    for summary in page.locator("#shown summary").all():
        summary.click()
    page.add_script_tag(path=str(AXE))
    rules = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']}"
    found = page.evaluate(f"axe.run(document, {rules})")
    assert not [f"{v['id']}: {[n['html'][:160] for n in v['nodes']]}" for v in found["violations"]]


def test_a_storm_fits_a_phone(visit):
    page = storm(visit, "mode=depth&tab=course", size=PHONE, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert page.locator("section.map").bounding_box()["height"] > 250
    assert page.get_by_role("button", name="Play", exact=True).bounding_box()["height"] >= 44
    assert page.locator(".gauge #level").is_hidden()
    page.get_by_label("The map shows").select_option("arrival")
    assert "The water arrives" in page.locator(".legend").inner_text()
    content = page.locator("#content")
    assert content.evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    assert page.get_by_role("tabpanel").locator(".chart svg").count() >= 1


OVERLAPS = """charts => {
  const box = e => {
    const range = document.createRange();
    range.selectNodeContents(e);
    return range.getBoundingClientRect();
  };
  const apart = (a, b) => a.right <= b.left || b.right <= a.left
    || a.bottom <= b.top + 3 || b.bottom <= a.top + 3;
  return charts.flatMap(chart => {
    const names = [...chart.querySelectorAll("ul.now li")].map(box).filter(b => b.width);
    const titles = [...chart.querySelectorAll("text.title")];
    return titles.filter(e => names.some(b => !apart(e.getBoundingClientRect(), b)));
  }).map(e => e.textContent);
}"""


@pytest.mark.parametrize("width", [300, 400, 1280])
def test_names_of_lines_stand_beside_their_title_or_below_it(visit, width):
    page = storm(visit, "mode=depth&tab=course", size={"width": width, "height": 900})
    charts = page.locator(".chart")
    assert page.locator(".chart ul.now li").count() >= 3
    assert charts.evaluate_all(OVERLAPS) == []


def test_danish_says_it_in_danish(visit):
    page = visit("?event=bodil&mode=people&tab=course")
    page.wait_for_selector("#time", state="attached")
    said = page.locator("body").inner_text()
    for words in ("Ved højvande", "børn kan ikke stå", "Fare for biler", "huse nået"):
        assert words in said
    assert "undefined" not in said
