"""The page in a real browser: it means what it shows, in both languages, on all screens."""

from __future__ import annotations

import numpy as np
import pytest
from looking import AXE, MARKS, PHONE, WIDE, blue, picture

pytestmark = MARKS


def figure(page, name):
    """A figure of the panel as a number."""
    text = page.locator(f"[data-figure={name}]").inner_text()
    return float(text.replace(".", "").replace(",", "."))


def press(page, *keys):
    page.locator("#level").focus()
    for key in keys:
        page.keyboard.press(key)


def test_a_quiet_sea_floods_nothing_and_a_high_one_does(visit):
    page = visit()
    quiet = picture(page)
    press(page, *["PageUp"] * 6)
    page.wait_for_function("document.getElementById('headline').textContent.includes('3,00')")
    high = picture(page)
    assert (blue(high) > 60).sum() > 5000
    assert (blue(quiet) > 60).sum() < 0.05 * (blue(high) > 60).sum()


def test_deep_water_is_bluer_than_shallow_water_and_dry_land_is_not_blue(visit):
    """The valley rises evenly to the east: at 4 m its shore is deep and its upper end dry."""
    page = visit("?level=4", bypass_csp=True)
    page.add_style_tag(content=".legend,.tools,.maplibregl-canvas{display:none}")
    colours = picture(page)
    row = blue(colours)[colours.shape[0] // 2 - 40 : colours.shape[0] // 2 + 40]
    profile = np.median(row, axis=0)
    width = profile.size
    deepest = int(np.argmax(np.convolve(profile, np.ones(9) / 9, "same")))
    shore = np.nonzero(profile > 40)[0]
    assert profile[deepest] > 90
    assert shore.size > 0.1 * width
    edge = shore.max()
    assert profile[edge - 4] < 0.8 * profile[deepest]
    assert deepest < edge - 20
    assert np.median(profile[min(edge + 30, width - 10) :]) < 20


def test_the_keyboard_moves_the_level_by_five_centimetres_and_the_figures_follow(visit):
    page = visit("?level=1.52")
    press(page, "ArrowUp")
    assert page.locator("#level").input_value() == "1.55"
    press(page, "ArrowDown", "ArrowDown")
    assert page.locator("#level").input_value() == "1.45"
    few = figure(page, "people")
    press(page, "End")
    assert page.locator("#level").input_value() == "5"
    assert figure(page, "people") > few
    press(page, "Home")
    assert figure(page, "people") == 0
    assert "0,00" in page.locator("#headline").inner_text()


def test_the_figures_on_the_page_are_those_of_the_study(visit, study):
    import json

    levels = json.loads((study / "page" / "levels.json").read_text())
    page = visit("?level=2.5&lang=en")
    row = levels["levels"].index(2.5)
    assert figure(page, "people") == round(levels["all"]["people"][row])
    assert figure(page, "homes") == round(levels["all"]["homes"][row])


def test_dragging_the_gauge_moves_the_water(visit):
    page = visit()
    box = page.locator(".scale").bounding_box()
    x = box["x"]
    page.mouse.move(x, box["y"] + box["height"])
    page.mouse.down()
    page.mouse.move(x, box["y"] + box["height"] * 0.5, steps=4)
    page.mouse.up()
    assert float(page.locator("#level").input_value()) == pytest.approx(2.5, abs=0.1)
    assert "level=2." in page.evaluate("new Promise(r => setTimeout(() => r(location.href), 400))")


def test_a_named_storm_on_a_later_sea_stands_higher_and_less_surely(visit):
    page = visit("?lang=en")
    page.select_option("#event", "storm-1872")
    assert "2.15" in page.locator("#headline").inner_text()
    page.select_option("#future", "high-2100")
    assert "2.90" in page.locator("#headline").inner_text()
    assert "2.53–3.43" in page.locator(".hero").inner_text()
    assert page.locator(".gauge .band").is_visible()
    press(page, "ArrowUp")
    assert page.locator("#event").input_value() == ""


def test_rain_stands_in_the_hollows_without_any_sea(visit):
    page = visit("?event=cloudburst")
    rain = picture(page)
    assert "62 mm" in page.locator("#headline").inner_text()
    assert (blue(rain) > 40).sum() > 3000
    press(page, "Home")
    page.wait_for_timeout(200)
    assert (blue(picture(page)) > 40).sum() < 0.2 * (blue(rain) > 40).sum()


def test_every_view_is_a_link(visit):
    page = visit("?event=bodil&tab=areas&lang=en&theme=dark&district=south")
    assert page.locator("#event").input_value() == "bodil"
    assert page.get_by_role("tab", name="Areas").get_attribute("aria-selected") == "true"
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.locator("[aria-pressed=true]", has_text="Syd").count() == 1
    assert page.locator("html").get_attribute("lang") == "en"


def test_the_page_speaks_the_browsers_language_and_changes_at_a_click(visit):
    danish = visit(locale="da-DK")
    assert danish.locator("html").get_attribute("lang") == "da"
    assert "over DVR90" in danish.locator(".hero").inner_text()
    danish.get_by_role("button", name="English").click()
    assert danish.locator("html").get_attribute("lang") == "en"
    assert "above DVR90" in danish.locator(".hero").inner_text()
    english = visit(locale="en-GB")
    assert english.locator("html").get_attribute("lang") == "en"


def test_a_click_on_a_house_says_why_it_floods(visit):
    page = visit("?level=2.5")
    found = page.evaluate(
        "fetch('api/buildings/b2?level=2.5').then(r => r.json()).then(b => b.words.da)"
    )
    page.goto(page.url.split("?")[0] + "?level=2.5&building=b2")
    page.wait_for_selector("html[data-ready=true]", state="attached")
    card = page.get_by_role("complementary", name="Bygning")
    for sentence in found:
        assert card.get_by_text(sentence, exact=True).count() == 1
    card.get_by_role("button", name="Luk").click()
    assert card.count() == 0


def test_the_map_is_also_a_table(visit):
    page = visit("?level=2.5&tab=areas&lang=en")
    panel = page.get_by_role("tabpanel")
    for name in ("Syd", "Nord", "Plejehjem", "Sygehus"):
        assert panel.get_by_text(name, exact=True).count() == 1
    assert panel.get_by_text("wet now").count() == 1


def test_yearly_damage_is_compared_with_what_others_say(visit):
    page = visit("?tab=yearly&lang=en")
    panel = page.get_by_role("tabpanel")
    assert panel.get_by_text("How far off are we, and why").is_visible()
    assert "950 properties" in panel.inner_text()
    assert panel.locator("canvas").count() == 1


def test_the_page_says_how_rare_the_water_is_that_costs(visit):
    page = visit("?tab=yearly&lang=da")
    row = page.get_by_role("row").filter(has_text="oftere end hvert 20. år")
    assert "62 %" in row.inner_text()


def test_a_single_projection_is_not_told_with_a_spread_of_nothing(visit, study):
    page = visit("?event=bodil&lang=en")
    said = page.locator("body").inner_text()
    assert "Maybe water" not in said


def test_rain_says_that_streams_are_not_counted_and_a_surge_does_not(visit):
    assert "not counted" in visit("?event=cloudburst&lang=en").locator("#left-out").inner_text()
    assert visit("?event=bodil&lang=en").locator("#left-out").count() == 0


def test_data_that_are_made_up_say_so(visit):
    page = visit("?tab=data&lang=en")
    assert page.get_by_role("tabpanel").get_by_text("synthetic").count() > 5
    assert page.locator(".legend").get_by_text("Buildings: synthetic").is_visible()


def test_it_fits_a_phone(visit):
    page = visit("?level=2.5", size=PHONE, has_touch=True)
    gauge = page.locator("#level").bounding_box()
    assert gauge["height"] >= 44
    assert page.locator("section.map").bounding_box()["height"] > 250
    assert (blue(picture(page)) > 60).sum() > 1500
    assert page.get_by_text("Bygninger: syntetiske").is_visible()
    for tab in page.get_by_role("tab").all():
        tab.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        content = page.locator("#content")
        assert content.evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    page.get_by_role("button", name="Vis mindre").click()
    assert not page.get_by_role("tablist").is_visible()


def test_dark_is_dark_and_its_water_still_blue(visit):
    page = visit("?level=3", color_scheme="dark")
    colours = picture(page)
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert np.median(colours.sum(axis=2)) < 330
    assert (blue(colours) > 60).sum() > 5000


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(visit, theme):
    page = visit(f"?event=storm-1872&building=b2&theme={theme}&lang=en", bypass_csp=True)
    page.locator("#figure-people summary").click()
    page.add_script_tag(path=str(AXE))
    rules = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']}"
    for tab in page.get_by_role("tab").all():
        tab.click()
        found = page.evaluate(f"axe.run(document, {rules})")
        said = [f"{v['id']}: {[n['html'][:140] for n in v['nodes']]}" for v in found["violations"]]
        assert not said


def test_a_keyboard_finds_the_water_first(visit):
    page = visit()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className").startswith("skip")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    assert page.locator("#level").input_value() == "0.05"


def test_a_server_that_is_gone_is_said_with_what_to_do(visit, chromium, address):
    context = chromium.new_context(viewport=WIDE, locale="en-GB")
    page = context.new_page()
    page.route("**/api/levels", lambda route: route.abort())
    page.goto(address)
    page.wait_for_selector("html[data-ready=true]", state="attached", timeout=30_000)
    assert "Nothing is lost" in page.get_by_role("alert").inner_text()
    page.unroute("**/api/levels")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector("#level")
    context.close()


def test_the_map_is_there_on_paper(visit):
    page = visit("?level=3")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    source = page.locator("img.picture").get_attribute("src")
    assert len(source) > 20_000
