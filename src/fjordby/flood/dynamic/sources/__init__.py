"""Where water enters and leaves: levels held, inflows, links, open edges, rain, soil, sewers."""
