// Every word that the page says, in Danish and English.

import type { Kind, Lang, Words } from "./shapes";

const w = (da: string, en: string): Words => ({ da, en });

export const WORDS = {
  // the page
  skip: w("Gå til vandstanden", "Skip to the water level"),
  risk: w("Risiko", "Risk"),
  question: w("Hvad kan vandet gøre ved os?", "What can the water do to us?"),
  language: w("English", "Dansk"),
  theme: w("Farver", "Colours"),
  auto: w("følger enheden", "follow the device"),
  light: w("lyse", "light"),
  dark: w("mørke", "dark"),
  loading: w("Henter kortet", "Fetching the map"),
  retry: w("Prøv igen", "Try again"),
  close: w("Luk", "Close"),
  more: w("Vis mere", "Show more"),
  less: w("Vis mindre", "Show less"),
  // trouble
  noServer: w("Siden kan ikke få fat i sin server.", "The page cannot reach its server."),
  noServerSafe: w(
    "Intet er gået tabt: beregningen ligger i sin mappe på din maskine.",
    "Nothing is lost: the results are in their folder on your machine.",
  ),
  noServerDo: w("Start den igen med fjordby serve, og prøv igen.", "Start it again with fjordby serve, and try again."),
  noStudy: w("Serveren har ikke de tal, siden beder om.", "The server does not have the figures the page asks for."),
  noStudyDo: w("Beregn studiet igen, og prøv igen.", "Compute the study again, and try again."),
  noMap: w("Kortet kan ikke tegnes i denne browser.", "The map cannot be drawn in this browser."),
  noMapSafe: w("Tallene ved siden af virker stadig.", "The figures beside it still work."),
  noMapDo: w("Slå WebGL 2 til, eller brug en nyere browser.", "Turn on WebGL 2, or use a newer browser."),
  // the water
  level: w("Havets vandstand", "Sea level"),
  above: w("over", "above"),
  quiet: w("Havet er stille.", "The sea is quiet."),
  dragMe: w("Træk i vandstanden, eller vælg en stormflod.", "Drag the water level, or choose a storm."),
  event: w("Hændelse", "Event"),
  ownLevel: w("Egen vandstand", "Level of your own"),
  storms: w("Stormfloder", "Storm surges"),
  rains: w("Skybrud", "Cloudbursts"),
  others: w("Andre hændelser", "Other events"),
  whenYear: w("År og klima", "Year and climate"),
  asItWas: w("Som den var", "As it was"),
  todaysSea: w("På havet i dag", "On today's sea"),
  maybe: w("Måske vand", "Maybe water"),
  marks: w("Kendte vandstande", "Known levels"),
  // the map
  map: w("Kort", "Map"),
  mapHelp: w(
    "Kort over byen. Piletaster flytter, plus og minus zoomer, Enter spørger om bygningen i midten. De samme oplysninger står som tabel under Områder.",
    "Map of the city. Arrow keys move, plus and minus zoom, Enter asks about the building in the middle. The same information is a table under Areas.",
  ),
  zoomIn: w("Zoom ind", "Zoom in"),
  zoomOut: w("Zoom ud", "Zoom out"),
  wholeCity: w("Vis hele byen", "Show the whole city"),
  depth: w("Vanddybde", "Depth of water"),
  atWall: w("Vand ved muren", "Water at the wall"),
  overFloor: w("Vand over gulvet", "Water above the floor"),
  madeUpBuildings: w("Bygninger: syntetiske", "Buildings: synthetic"),
  legend: w("Signaturer", "Legend"),
  // tabs
  impact: w("Følger", "Impact"),
  areas: w("Områder", "Areas"),
  yearly: w("Pr. år", "Per year"),
  data: w("Data", "Data"),
  tabs: w("Vis", "Show"),
  // figures
  damage: w("Skade på bygninger", "Damage to buildings"),
  people: w("Mennesker i våde hjem", "People in wet homes"),
  homes: w("Boliger", "Homes"),
  cut_from_care: w("Afskåret fra hjælp", "Cut off from care"),
  places: w("Vigtige steder", "Important places"),
  road_km: w("Vej under vand", "Road under water"),
  buildings: w("Bygninger", "Buildings"),
  howComputed: w("Sådan er det regnet", "How it was computed"),
  byFamily: w("Efter metode", "By method"),
  byGroup: w("Hvem", "Who"),
  notSure: w("Spændet dækker", "The range covers"),
  basedOn: w("Bygger på", "Based on"),
  noDamage: w("Ingen skade", "No damage"),
  none: w("Ingen", "None"),
  // areas
  district: w("Område", "Area"),
  dryAreas: w("Tørre ved denne vandstand", "Dry at this level"),
  allDry: w("Alle områder er tørre ved denne vandstand.", "Every area is dry at this level."),
  sortBy: w("Sortér efter", "Sort by"),
  peopleShort: w("Mennesker", "People"),
  damageShort: w("Skade", "Damage"),
  placesTitle: w("Vigtige steder og vandet", "Important places and the water"),
  reachedAt: w("Nås ved", "Reached at"),
  never: w("aldrig", "never"),
  wetNow: w("våd nu", "wet now"),
  dryNow: w("tør nu", "dry now"),
  noPlaces: w("Byens data har ingen steder endnu.", "The city's data have no places yet."),
  // per year
  yearlyDamage: w("Skade i gennemsnit om året", "Average damage a year"),
  today: w("I dag", "Today"),
  rarity: w("Hvor sjældent er det vand, der koster?", "How rare is the water that costs?"),
  rarityHelp: w(
    "Andel af dagens årlige skade fra havet. Det hyppige vand hænger på terrænet og på små værn, som ingen har kortlagt; det sjældne på kurvens ende.",
    "Share of today's yearly damage from the sea. The frequent water hangs on the terrain and on small defences that nobody has mapped; the rare on the end of the curve.",
  ),
  moreOften: w("oftere end hvert {to}. år", "more often than every {to} years"),
  between: w("hvert {from}.-{to}. år", "every {from} to {to} years"),
  rarer: w("sjældnere end hvert {from}. år", "rarer than every {from} years"),
  noStreams: w(
    "Vandløb, der går over bredderne, er ikke regnet med: tallene viser kun regn, der bliver stående.",
    "Streams that leave their banks are not counted: the figures show only rain that stands.",
  ),
  notKnown: w("vides ikke: byen har ingen data om det", "not known: the city has no data on it"),
  presentValue: w("Over tid", "Over time"),
  curve: w("Hvor højt, hvor tit", "How high, how often"),
  curveHelp: w(
    "Kurven viser, hvor højt havet når mindst én gang på så mange år i gennemsnit. Skyggen viser, hvor sikkert vi ved det.",
    "The curve shows how high the sea reaches at least once in so many years on average. The shade shows how sure we are.",
  ),
  returnPeriod: w("År mellem gangene", "Years between"),
  levelAxis: w("Vandstand", "Level"),
  asTable: w("Som tabel", "As a table"),
  comparison: w("Hvor langt er vi fra andres tal, og hvorfor", "How far off are we, and why"),
  published: w("Offentliggjort", "Published"),
  ours: w("Vores", "Ours"),
  years: w("år", "years"),
  scenario: w("Klima", "Climate"),
  low: w("lav", "low"),
  mid: w("midt", "middle"),
  high: w("høj", "high"),
  noRisk: w("Studiet har ingen risiko pr. år endnu.", "The study has no yearly risk yet."),
  // data
  sources: w("Data og kilder", "Data and sources"),
  sourcesLead: w(
    "Alt på kortet kommer fra byens egne lag. Mærket siger, hvor meget du kan tro på hvert af dem.",
    "Everything on the map comes from the city's own layers. The badge says how far to believe each.",
  ),
  licence: w("Licens", "Licence"),
  grid: w("Celler på", "Cells of"),
  thinned: w("Kortet er udtyndet", "The map is thinned"),
  datum: w("Højder i", "Heights in"),
  source: w("Kilde", "Source"),
  // a building
  building: w("Bygning", "Building"),
  asking: w("Spørger", "Asking"),
  floor: w("gulv", "floor"),
  ground: w("jord", "ground"),
  water: w("vand", "water"),
  residents: w("beboere", "residents"),
  madeUpBuilding: w("Denne bygning er syntetisk: den findes ikke i virkeligheden.", "This building is synthetic: it does not exist in reality."),
} satisfies Record<string, Words>;
export type Word = keyof typeof WORDS;

export const KINDS: Record<Kind, { name: Words; what: Words }> = {
  measured: { name: w("målt", "measured"), what: w("Målt eller registreret i virkeligheden.", "Measured or registered in reality.") },
  derived: { name: w("udledt", "derived"), what: w("Regnet ud fra målte data.", "Computed from measured data.") },
  assumed: { name: w("antaget", "assumed"), what: w("Et skøn, fordi data mangler.", "An estimate, because data are missing.") },
  synthetic: { name: w("syntetisk", "synthetic"), what: w("Opdigtet, så det ligner. Ikke virkeligt.", "Made up to look alike. Not real.") },
};

export const LAYERS: Record<string, Words> = {
  terrain: w("Terræn", "Terrain"),
  sea: w("Hav", "Sea"),
  streams: w("Åer", "Streams"),
  barriers: w("Mure og sluser", "Walls and gates"),
  buildings: w("Bygninger", "Buildings"),
  people: w("Mennesker", "People"),
  districts: w("Områder", "Areas"),
  roads: w("Veje", "Roads"),
  places: w("Steder", "Places"),
  green: w("Grønt", "Green"),
};

export const USES: Record<string, Words> = {
  home: w("bolig", "home"),
  holiday_home: w("fritidshus", "holiday home"),
  business: w("erhverv", "business"),
  industry: w("industri og landbrug", "industry and farming"),
  utility: w("forsyning", "utility"),
  storage: w("lager", "storage"),
  garage: w("garage", "garage"),
  farm: w("landbrug", "farm building"),
  public: w("offentlig", "public"),
  outbuilding: w("udhus og anneks", "outbuilding"),
  other: w("andet", "other"),
  hospital: w("sygehus", "hospital"),
  care_home: w("plejehjem", "care home"),
  care: w("pleje", "care"),
  doctor: w("læge", "doctor"),
  school: w("skole", "school"),
  kindergarten: w("børnehave", "kindergarten"),
  childcare: w("dagtilbud", "childcare"),
  pumping_station: w("pumpestation", "pumping station"),
  pumping: w("pumpestation", "pumping station"),
  substation: w("transformer", "substation"),
  fire_station: w("brandstation", "fire station"),
  police: w("politi", "police"),
  library: w("bibliotek", "library"),
  culture: w("kultur og fritid", "culture and leisure"),
  sports: w("idræt", "sports"),
  town_hall: w("rådhus", "town hall"),
  station: w("station", "station"),
  harbour: w("havn", "harbour"),
  water_works: w("vandværk", "water works"),
  wastewater: w("renseanlæg", "wastewater plant"),
  heat_plant: w("varmeværk", "heat plant"),
  shelter: w("nødsted", "shelter"),
  church: w("kirke", "church"),
  shop: w("butik", "shop"),
};

export const FAMILIES: Record<string, Words> = {
  danish: w("Danske skadesfunktioner", "Danish damage functions"),
  jrc: w("EU's JRC-kurver", "The EU's JRC curves"),
  own: w("Egne funktioner", "Your own functions"),
};

/** How each figure comes about, in plain words. */
export const HOW: Record<string, Words> = {
  damage: w(
    "Vandet ved hver bygning holdes op mod gulvets højde, og skaden slås op i flere skadesfunktioner. Tallet er midten af dem.",
    "The water at each building is held against its floor, and the damage read from several damage functions. The figure is their middle.",
  ),
  people: w(
    "De, der bor i bygninger, som vandet når. Alder er fordelt som i byens tal.",
    "Those who live in buildings that the water reaches. Ages are spread as in the city's figures.",
  ),
  homes: w("Boliger i bygninger, som vandet når.", "Dwellings in buildings that the water reaches."),
  cut_from_care: w(
    "De, hvis vej til sygehus og pleje er lukket, fordi vandet står for højt til at køre.",
    "Those whose road to hospital and care is closed because the water is too deep to drive.",
  ),
  places: w(
    "Skoler, pleje, pumper og andre steder, hvor vandet når over tærsklen.",
    "Schools, care, pumps and other places where the water rises above the threshold.",
  ),
  road_km: w("Kilometer vej med vand på.", "Kilometres of road with water on it."),
};

export const USED: Record<string, string[]> = {
  damage: ["terrain", "buildings"],
  people: ["terrain", "buildings", "people"],
  homes: ["terrain", "buildings"],
  cut_from_care: ["terrain", "roads", "places", "people"],
  places: ["terrain", "places"],
  road_km: ["terrain", "roads"],
};

export const say = (words: Words, lang: Lang): string => words[lang];
/** A code in words where we have some, else the code with its underscores opened. */
export const named = (table: Record<string, Words>, code: string, lang: Lang): string =>
  table[code]?.[lang] ?? code.replaceAll("_", " ");
