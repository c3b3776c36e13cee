"""Water that enters and leaves coarse cells otherwise than over their faces."""
