"""The commands of the response surface, on a small one of still water."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from fjordby.cli import app
from fjordby.flood import city_connection, still_water
from fjordby.flood.model import Flood
from fjordby.flood.response import Axis, Settings, Tolerance, build
from fjordby.study.rasters import read_raster


@pytest.fixture(scope="module")
def folder(valley, tmp_path_factory):
    """A surface between sea levels."""
    connection = city_connection(valley)

    def at(point):
        depth = still_water(valley.terrain, connection, point["sea_peak"])
        return Flood(depth, "surge", "sea_connection")

    place = tmp_path_factory.mktemp("surface")
    build((Axis("sea_peak", 0.5, 3.0),), at, place, Settings(Tolerance(0.02, 0.05), 15, 2))
    return place


def ask(*words):
    return CliRunner().invoke(app, ["flood", "response", "ask", *words])


def test_a_flood_is_told_with_its_band_and_written(folder, tmp_path):
    out = tmp_path / "depth.tif"
    found = ask(str(folder), "sea_peak=2.05", "--out", str(out), "--lang", "en")
    assert found.exit_code == 0, found.output
    assert "km2 of land under 5 cm of water" in found.output
    depth = read_raster(out, "depth").values
    assert np.nanmax(depth) == pytest.approx(2.05, abs=0.1)


def test_as_json_and_beyond_the_runs(folder):
    found = ask(str(folder), "sea_peak=3.4", "--nearest", "--json")
    told = json.loads(found.stdout)
    assert told["beyond"] == ["sea_peak"]
    assert told["wet_km2_low"] <= told["wet_km2"] <= told["wet_km2_high"]
    danish = ask(str(folder), "sea_peak=3.4", "--nearest", "--lang", "da")
    assert "Uden for kørslerne: sea_peak" in danish.output


def test_what_cannot_be_asked_is_told(folder):
    assert "where no run was made" in str(ask(str(folder), "sea_peak=9").exception)
    assert "Write name=number" in str(ask(str(folder), "sea_peak").exception)
