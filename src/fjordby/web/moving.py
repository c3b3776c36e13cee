"""Moving water for any level on the slider: a depth map between the study's runs, as a picture."""

from __future__ import annotations

import hashlib
import io
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

from PIL import Image

from fjordby.city import City
from fjordby.errors import BadFile, BadValue
from fjordby.flood.response import Surface
from fjordby.study.page_ground import depth_array
from fjordby.study.results import RESPONSE, Study
from fjordby.web.files import Sent

#: Pictures kept in memory: of the levels that people went back to.
KEPT = 32


class Moving:
    """The response surface of a study; opened when it is first asked, and when it was made anew.

    Parameters
    ----------
    study
        The study's folder.
    """

    def __init__(self, study: Path) -> None:
        self.study = study
        self._made: int | None = None
        self._open: tuple[City, Surface] | None = None
        self._kept: OrderedDict[tuple[float, ...], Sent] = OrderedDict()
        self._lock = Lock()

    def ask(self, asked: Mapping[str, str]) -> Sent:
        """Return the depth at a point as a grey picture on the page's frame, grey value = cm.

        Parameters
        ----------
        asked
            Names of axes with their values; those that are not there are quiet.

        Raises
        ------
        BadFile
            When the study was made without runs of moving water.
        BadValue
            For an unknown axis, no number, or a value beyond the runs.
        """
        with self._lock:
            city, surface = self._surface()
            point = {axis.name: axis.low for axis in surface.axes} | _numbers(asked)
            key = tuple(point.values())
            if key not in self._kept:
                self._kept[key] = _picture(city, surface, point)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]

    def _surface(self) -> tuple[City, Surface]:
        about = self.study / RESPONSE / "surface" / "surface.json"
        if not about.is_file():
            raise BadFile(
                "a study with runs of moving water",
                "one made without",
                "Run `fjordby study run` on the city without --no-response.",
            )
        made = about.stat().st_mtime_ns
        if self._open is None or made != self._made:
            study = Study(self.study)
            surface = study.response
            assert surface is not None
            self._open, self._made = (study.city, surface), made
            self._kept.clear()
        return self._open


def _numbers(asked: Mapping[str, str]) -> dict[str, float]:
    found = {}
    for name, value in asked.items():
        try:
            found[name] = float(value)
        except ValueError:
            raise BadValue(f"a number for {name}", repr(value), "Such as 1.6.") from None
    return found


def _picture(city: City, surface: Surface, point: Mapping[str, float]) -> Sent:
    room = io.BytesIO()
    Image.fromarray(depth_array(city, surface.depth(point).depth)).save(room, "png")
    body = room.getvalue()
    return Sent(body, None, f'"{hashlib.sha256(body).hexdigest()[:24]}"', "image/png")
