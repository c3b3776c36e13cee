"""The server: one study shown to a browser on this machine, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response

from fjordby import __version__
from fjordby.errors import BadFile, BadValue, FjordbyError, MissingLayer, MissingPart, SourceFailed
from fjordby.web.buildings import Buildings
from fjordby.web.files import Shelf, answer
from fjordby.web.headers import LOCAL_HOSTS, SafeAnswers
from fjordby.web.moving import Moving

STATIC = Path(__file__).parent / "static"
#: What the page asks for as it is, from the study's page folder.
RESULTS = ("city", "levels", "events", "risk", "layers", "storms", "moving")
LINES = ("streams", "barriers", "districts", "names", "roads", "places", "green")
PACKS = ("ground", "buildings")
#: Files of the bundle whose name holds a hash of their content.
HASHED = "public, max-age=31536000, immutable"
STATUS = {BadFile: 404, MissingLayer: 404, BadValue: 422, SourceFailed: 502, MissingPart: 501}


def create_app(study: Path, hosts: Iterable[str] = LOCAL_HOSTS, static: Path = STATIC) -> FastAPI:
    """Return the server of one study.

    Parameters
    ----------
    study
        The study's folder; only files of its `page` folder are ever sent.
    hosts
        Names under which it may be asked for (see `SafeAnswers`).
    static
        The built page.

    Raises
    ------
    BadFile
        When the folder holds no finished study.
    """
    page = Path(study) / "page"
    if not (page / "layers.json").is_file():
        raise BadFile(
            f"a finished study in {study}",
            "one without a page" if Path(study).is_dir() else "no such folder",
            "Make one with `fjordby demo`, or finish the one that was begun.",
        )
    app = FastAPI(title="fjordby", version=__version__, docs_url=None, redoc_url=None)
    app.add_middleware(SafeAnswers, hosts=tuple(hosts))
    _speak_plainly(app)
    _add_results(app, page)
    _add_page(app, static)
    return app


def _add_results(app: FastAPI, page: Path) -> None:
    """Add the routes that read the study."""
    shelf = Shelf(page, fingerprint(page))
    known: dict[int, Buildings] = {}
    moving = Moving(page.parent)

    def buildings() -> Buildings:
        # A study that was computed again has a new layers.json: forget the old answers.
        made = (page / "layers.json").stat().st_mtime_ns
        if made not in known:
            known.clear()
            known[made] = Buildings(page)
        return known[made]

    @app.get("/api/health")
    def health() -> dict[str, str]:
        """Say that the server lives, and which version it is."""
        return {"status": "ok", "version": __version__}

    @app.get("/api/buildings/{building}")
    def building(building: str, level: float = 0.0) -> JSONResponse:
        """Say why a building floods when the sea stands at a level [m]."""
        try:
            currency = str(json.loads(shelf.take("city.json").body).get("currency", ""))
        except ValueError as trouble:
            raise BadFile(
                "a city.json that can be read", str(trouble), "Run the study again."
            ) from None
        said = buildings().ask(building, level, currency)
        return JSONResponse(said, headers={"Cache-Control": "no-cache"})

    @app.get("/api/events/{event}/depth.png")
    def depth(request: Request, event: str) -> Response:
        """Send the depth of an event as a picture on the ground's frame, grey value = cm."""
        return answer(request, shelf.take(f"events/{_id(event)}.png"))

    @app.get("/api/moving/depth.png")
    def moving_depth(request: Request) -> Response:
        """Send the depth of moving water at a point of the study's runs, such as ?sea_peak=1.6.

        What is not given is quiet. Drawn as the depth of an event is.
        """
        return answer(request, moving.ask(request.query_params))

    @app.get("/api/storms/{event}/maps.pack")
    def storm_maps(request: Request, event: str) -> Response:
        """Send the maps of a storm hour by hour, as `study.storm_maps` writes them."""
        name = f"storms/{_id(event)}.pack.gz"
        return answer(request, shelf.take(name, "application/octet-stream"))

    @app.get("/api/storms/{event}")
    def storm(request: Request, event: str) -> Response:
        """Send the course of a storm: its lines over time, and how it differs from still water."""
        return answer(request, shelf.take(f"storms/{_id(event)}.json"))

    @app.get("/api/{pack}.pack")
    def pack(request: Request, pack: str) -> Response:
        """Send the arrays that the map is drawn from."""
        _among(pack, PACKS)
        return answer(request, shelf.take(f"{pack}.pack.gz", "application/octet-stream"))

    @app.get("/api/layers/{layer}.geojson")
    def layer(request: Request, layer: str) -> Response:
        """Send lines and names as GeoJSON in degrees."""
        _among(layer, LINES)
        return answer(request, shelf.take(f"{layer}.geojson.gz", "application/geo+json"))

    @app.get("/api/{result}")
    def result(request: Request, result: str) -> Response:
        """Send one of the result tables: city, levels, events, risk, layers, storms, moving."""
        _among(result, RESULTS)
        return answer(request, shelf.take(f"{result}.json"))


def _add_page(app: FastAPI, static: Path) -> None:
    """Add the routes of the built page."""
    shelf = Shelf(static, __version__)

    @app.get("/", response_model=None)
    def index(request: Request) -> Response:
        """Send the page."""
        if not (static / "index.html").is_file():
            return PlainTextResponse(
                "The page is not built yet. Run tools/build-page (or make demo) and reload.\n"
                "Siden er ikke bygget endnu. Kør tools/build-page (eller make demo), og genindlæs.",
                status_code=503,
            )
        return answer(request, shelf.take("index.html"))

    @app.get("/assets/{name:path}")
    def asset(request: Request, name: str) -> Response:
        """Send a file of the built page whose name holds a hash of its content."""
        return answer(request, shelf.take(f"assets/{name}"), HASHED)

    @app.get("/{name}")
    def file(request: Request, name: str) -> Response:
        """Send a file beside the page: its icon."""
        return answer(request, shelf.take(name))


def _id(event: str) -> str:
    """Return the id of an event; raises `BadFile` for anything that could be more than a name."""
    if not re.fullmatch(r"[\w.-]{1,100}", event):
        raise BadFile("the id of an event", repr(event), "Take one from /api/events.")
    return event


def _among(name: str, known: tuple[str, ...]) -> None:
    """Raise `BadFile` for a name that is not among those known."""
    if name not in known:
        raise BadFile(f"one of {', '.join(known)}", repr(name), "Choose one of these.")


def fingerprint(page: Path) -> str:
    """Return the fingerprint of a study's city, or nothing when its page does not say."""
    try:
        said: dict[str, Any] = json.loads((page / "layers.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return str(said.get("fingerprint", ""))


def _speak_plainly(app: FastAPI) -> None:
    """Answer every error with what was expected, what came, and what to do."""

    @app.exception_handler(FjordbyError)
    def told(request: Request, error: FjordbyError) -> JSONResponse:
        status = next((s for kind, s in STATUS.items() if isinstance(error, kind)), 500)
        return _said(status, error.expected, error.got, error.do)

    @app.exception_handler(RequestValidationError)
    def misread(request: Request, error: RequestValidationError) -> JSONResponse:
        wrong = error.errors()[0]
        where = str(wrong["loc"][-1]) if wrong.get("loc") else "the request"
        return _said(422, f"{where} that can be read", repr(wrong.get("input")), f"{wrong['msg']}.")

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 405:
            return _said(405, "a question (GET)", request.method, "This server only shows.")
        got = f"{request.url.path}"
        return _said(error.status_code, "an address of this server", got, "Begin at /.")


def _said(status: int, expected: str, got: str, do: str) -> JSONResponse:
    return JSONResponse({"expected": expected, "got": got, "do": do}, status_code=status)
