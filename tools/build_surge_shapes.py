"""Make the shipped surge shapes from the recorded storms at Klagshamn."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[1]
RAW = ROOT / "data" / "sea_level"
OUT = ROOT / "src" / "fjordby" / "shock"
SOURCE = "SMHI, station 2095 Klagshamn, hourly; CC BY 4.0; moved to hours from the peak by fjordby"

#: Storm id, what people may call it, file.
STORMS = [
    (
        "klagshamn-2017-01",
        "Lang stormflod (Klagshamn, 4. januar 2017)",
        "Long surge (Klagshamn, 4 January 2017)",
        "storm_klagshamn_2017-01-04_peak158cm.csv",
    ),
    (
        "klagshamn-2019-01",
        "Dobbelt stormflod (Klagshamn, 2. januar 2019)",
        "Double surge (Klagshamn, 2 January 2019)",
        "storm_klagshamn_2019-01-02_peak118cm.csv",
    ),
    (
        "klagshamn-2020-09",
        "Kort stormflod (Klagshamn, 17. september 2020)",
        "Short surge (Klagshamn, 17 September 2020)",
        "storm_klagshamn_2020-09-17_peak97cm.csv",
    ),
]


def main() -> None:
    """Write `surge_shapes.csv` (storm, hour, above_mean) and `surge_storms.csv`."""
    series = pd.read_csv(RAW / "smhi_2095_klagshamn_hourly_2015-2020.csv.gz")
    mean = series.wl_m.mean()
    shapes, storms = [], []
    for key, name_da, name_en, file in STORMS:
        table = pd.read_csv(RAW / file, parse_dates=["time_utc"])
        peak = table.wl_m.idxmax()
        hour = (table.time_utc - table.time_utc[peak]) / pd.Timedelta(hours=1)
        above = (table.wl_m - mean).round(3)
        shapes.append(pd.DataFrame({"storm": key, "hour": hour.astype(int), "above_mean": above}))
        storms.append(
            (key, name_da, name_en, table.time_utc[peak].isoformat(), above[peak], SOURCE)
        )
    pd.concat(shapes).to_csv(OUT / "surge_shapes.csv", index=False)
    columns = ["storm", "name_da", "name_en", "peak_utc", "peak_above_mean", "source"]
    pd.DataFrame(storms, columns=columns).to_csv(OUT / "surge_storms.csv", index=False)
    print(f"mean of 2015-2020 {mean:.4f} m RH2000; {len(storms)} storms written")


if __name__ == "__main__":
    main()
