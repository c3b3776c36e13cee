"""The pages and the interface behind them: a local server that shows a study."""

from fjordby.web.app import create_app
from fjordby.web.listen import serve

__all__ = ["create_app", "serve"]
