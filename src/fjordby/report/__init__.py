"""What do we hand over? A risk report that stands alone, as HTML and PDF."""

from fjordby.report.render import html, write_html, write_pdf

__all__ = ["html", "write_html", "write_pdf"]
