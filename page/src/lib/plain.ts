// Numbers as a person says them: two figures, a range, in the language's own way.

import type { Band, Lang } from "./shapes";

const LOCALE: Record<Lang, string> = { da: "da-DK", en: "en-GB" };
const MONEY: Record<string, Record<Lang, string>> = {
  DKK: { da: "kr.", en: "kr" },
  EUR: { da: "euro", en: "euro" },
};
const SCALES: [number, Record<Lang, string>][] = [
  [1e9, { da: "mia.", en: "billion" }],
  [1e6, { da: "mio.", en: "million" }],
  [1, { da: "", en: "" }],
];

export function rounded(value: number, figures = 2): number {
  return Number.isFinite(value) && value !== 0 ? Number(value.toPrecision(figures)) : value;
}

export function number(value: number, lang: Lang, decimals = 0): string {
  if (!Number.isFinite(value)) return "–";
  return value.toLocaleString(LOCALE[lang], {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
}

/** A number to some significant figures, with the decimals these need and no more. */
export function short(value: number, lang: Lang, figures = 2): string {
  const near = rounded(value, figures);
  const size = near === 0 ? 0 : Math.floor(Math.log10(Math.abs(near)));
  return number(near, lang, near === 0 ? 0 : Math.max(0, figures - 1 - size));
}

export const metres = (value: number, lang: Lang): string => `${number(value, lang, 2)} m`;

export function currency(code: string, lang: Lang): string {
  return MONEY[code]?.[lang] ?? code;
}

/** An amount in the scale of its middle: ["310", "mio. kr.", "190–480"]. */
export function money(band: Band, code: string, lang: Lang): { value: string; unit: string; range: string } {
  const [size, word] = SCALES.find(([s]) => Math.abs(rounded(band.mid)) >= s) ?? SCALES[SCALES.length - 1]!;
  const unit = [word[lang], currency(code, lang)].filter(Boolean).join(" ");
  return { value: short(band.mid / size, lang), unit, range: range(band.low / size, band.high / size, lang) };
}

export function range(low: number, high: number, lang: Lang): string {
  const [a, b] = [short(low, lang), short(high, lang)];
  return a === b ? "" : `${a}–${b}`;
}

/** People, homes, places: whole when few, three figures when many. */
export function count(value: number, lang: Lang): string {
  return number(value < 1000 ? Math.round(value) : rounded(value, 3), lang);
}

/** "3 ud af 10", the way people hear a share best. */
export function share(part: number, whole: number, lang: Lang): string {
  if (whole <= 0 || part <= 0) return "";
  const tenths = Math.round((10 * part) / whole);
  if (part >= whole) return lang === "da" ? "alle" : "all";
  if (tenths === 0) return lang === "da" ? "færre end 1 ud af 10" : "fewer than 1 in 10";
  return lang === "da" ? `${tenths} ud af 10` : `${tenths} in 10`;
}
