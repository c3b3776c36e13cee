"""What do we hand over? A risk report that stands alone, as HTML and PDF."""
