// What stands above the water: borders, walls, places and names, in the page's colours.

import type { ExpressionSpecification, StyleSpecification } from "maplibre-gl";
import type { Theme } from "./theme";

export const LINES = ["streams", "roads", "barriers", "districts", "names", "places"] as const;
const FONT = ["system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"];

/** Widths that grow with the zoom: [zoom, width] pairs. */
const grow = (...stops: [number, number][]): ExpressionSpecification =>
  ["interpolate", ["exponential", 1.6], ["zoom"], ...stops.flat()] as unknown as ExpressionSpecification;
/** A style without glyph or sprite addresses: MapLibre then draws letters from the system's fonts. */
export function style(theme: Theme): StyleSpecification {
  const label = { "text-color": theme.label, "text-halo-color": theme["label-halo"], "text-halo-width": 1.6, "text-halo-blur": 0.4 };
  return {
    version: 8,
    sources: {
      ...Object.fromEntries(LINES.map((name) => [name, { type: "geojson" as const, data: `api/layers/${name}.geojson`, tolerance: 0.2 }])),
      chosen: { type: "geojson", data: { type: "FeatureCollection", features: [] }, tolerance: 0 },
    },
    layers: [
      { id: "barriers", type: "line", source: "barriers", paint: { "line-color": theme.label, "line-width": grow([11, 1.5], [17, 4]) } },
      { id: "districts", type: "line", source: "districts", paint: { "line-color": theme.district, "line-width": grow([10, 0.8], [15, 1.6]), "line-dasharray": [3, 3], "line-opacity": 0.5 } },
      { id: "district-chosen", type: "line", source: "districts", filter: ["==", ["get", "id"], ""], layout: { "line-join": "round" }, paint: { "line-color": theme.accent, "line-width": 2.5 } },
      { id: "chosen", type: "line", source: "chosen", layout: { "line-join": "round" }, paint: { "line-color": theme.accent, "line-width": 3 } },
      { id: "places", type: "circle", source: "places", minzoom: 13.3, paint: { "circle-radius": grow([13, 2.2], [17, 5]), "circle-color": theme.place, "circle-stroke-color": theme["label-halo"], "circle-stroke-width": 1.5 } },
      { id: "road-names", type: "symbol", source: "roads", minzoom: 14.2, filter: ["has", "n"], layout: { "symbol-placement": "line", "text-field": ["get", "n"], "text-font": FONT, "text-size": 11, "text-letter-spacing": 0.02, "symbol-spacing": 320 }, paint: label },
      { id: "stream-names", type: "symbol", source: "streams", minzoom: 11, filter: ["has", "n"], layout: { "symbol-placement": "line", "text-field": ["get", "n"], "text-font": FONT, "text-size": 11.5, "text-letter-spacing": 0.08, "text-offset": [0, 0.9], "symbol-spacing": 450 }, paint: { ...label, "text-color": theme["depth-5"] } },
      { id: "district-names", type: "symbol", source: "names", maxzoom: 14.5, layout: { "text-field": ["get", "n"], "text-font": FONT, "text-size": grow([10, 11], [14, 14]), "text-letter-spacing": 0.06, "text-max-width": 8, "text-padding": 8 }, paint: { ...label, "text-opacity": 0.85 } },
      { id: "place-names", type: "symbol", source: "places", minzoom: 14.8, filter: ["has", "n"], layout: { "text-field": ["get", "n"], "text-font": FONT, "text-size": 12, "text-anchor": "left", "text-offset": [0.8, 0], "text-max-width": 9, "text-justify": "left", "text-optional": true }, paint: label },
    ],
  } as StyleSpecification;
}
