"""What have we computed? A city's results in one folder, made once and resumed after a stop."""

from fjordby.study.make import make
from fjordby.study.results import Study, open_study

__all__ = ["Study", "make", "open_study"]
