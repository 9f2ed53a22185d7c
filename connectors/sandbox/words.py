"""Small hand-made word lists the seeded stores are written from.

A few countries, with the characters that break naive code: umlauts, a Polish l with stroke, an
apostrophe, Japanese, a name of one letter.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Country:
    """Where customers live. `phone`: typed form, # stands for the person's own digits (7)."""

    code: str
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    cities: tuple[tuple[str, str, str], ...]  # city, region code, postcode
    streets: tuple[str, ...]
    phone: str


COUNTRIES = {
    "DE": Country(
        "DE",
        (
            "Anke",
            "Björn",
            "Carla",
            "Dietmar",
            "Elif",
            "Frieda",
            "Günther",
            "Hanna",
            "Jörg",
            "Käthe",
        ),
        ("Brandt", "Dreyer", "Faßbender", "Grünwald", "Hölzl", "Kästner", "Lorenz", "Öztürk"),
        (("Berlin", "DE-BE", "10437"), ("Köln", "DE-NW", "50667"), ("Görlitz", "DE-SN", "02826")),
        ("Ahornweg", "Bahnhofstraße", "Lindenallee", "Mühlgasse"),
        "0151 #",
    ),
    "FR": Country(
        "FR",
        ("Aurélie", "Benoît", "Chloé", "Didier", "Élodie", "François", "Inès", "Loïc"),
        ("Chevallier", "Dupré", "Garnier", "Lefèvre", "d'Arcy", "Moreau"),
        (("Lyon", "", "69003"), ("Nantes", "", "44000"), ("Besançon", "", "25000")),
        ("rue des Tilleuls", "avenue du Port", "quai Saint-Jean"),
        "+33 6 1#",
    ),
    "PL": Country(
        "PL",
        ("Agnieszka", "Łukasz", "Małgorzata", "Paweł", "Żaneta", "Tomasz"),
        ("Dąbek", "Gołąb", "Kwiecień", "Łoś", "Wójtowicz"),
        (("Kraków", "", "30-063"), ("Łódź", "", "90-101")),
        ("ul. Ogrodowa", "ul. Żeglarska"),
        "+48 50 #",
    ),
    "US": Country(
        "US",
        ("Alma", "Brandon", "Clara", "DeShawn", "Evelyn", "Hector", "Maya", "Noah", "O", "Sean"),
        (
            "Albright",
            "Castillo",
            "Figueroa",
            "Hollis",
            "O'Rourke",
            "Penn-Ryder",
            "Vance",
            "Whitaker",
        ),
        (("Portland", "OR", "97209"), ("Austin", "TX", "78702"), ("Buffalo", "NY", "14201")),
        ("Alder St", "Juniper Ave", "Old Mill Rd", "Prospect Blvd"),
        "(503) #",
    ),
    "CA": Country(
        "CA",
        ("Amélie", "Callum", "Jasleen", "Nolan", "Zoé"),
        ("Bouchard", "MacIntyre", "Sandhu", "Tremblay"),
        (("Toronto", "ON", "M5V 2T6"), ("Québec", "QC", "G1R 4S9")),
        ("King St W", "rue Saint-Paul"),
        "416-#",
    ),
    "GB": Country(
        "GB",
        ("Aoife", "Callum", "Imogen", "Nia", "Rhys"),
        ("Ashworth", "ap Rhys", "Hargreaves", "Okafor"),
        (("Leeds", "", "LS1 4DY"), ("Cardiff", "", "CF10 1EP")),
        ("Mill Lane", "Station Road"),
        "0770 #",
    ),
    "JP": Country(
        "JP",
        ("さくら", "健太", "美咲"),
        ("山口", "田辺", "森川"),
        (("京都市", "JP26", "600-8216"),),
        ("烏丸通",),
        "+81 90 1#",
    ),
}

MATERIALS = ("Oak", "Linen", "Wool", "Brass", "Stoneware", "Cork", "Walnut", "Merino", "Copper")
THINGS = (
    ("Kitchen", "Mug", 1400),
    ("Kitchen", "Carafe", 3900),
    ("Kitchen", "Chopping Board", 2900),
    ("Textiles", "Throw", 8900),
    ("Textiles", "Cushion", 3400),
    ("Textiles", "Scarf", 4900),
    ("Clothing", "Sweater", 9900),
    ("Clothing", "Socks", 1200),
    ("Lighting", "Table Lamp", 11900),
    ("Lighting", "Candle Holder", 2100),
    ("Desk", "Pen Tray", 1900),
    ("Desk", "Notebook", 1600),
)
SERIES = ("Fjell", "Ärla", "Nord", "Ōmi", "Vela", "Brisa", "Tinde", "Quay", "Rivière", "Halo")
SIZES = ("S", "M", "L", "XL")
COLOURS = ("Natural", "Charcoal", "Forest", "Rosé")
ALL_COLOURS = (*COLOURS, "Ochre", "Indigo")
REASONS = ("Wrong size", "Arrived damaged", "Changed mind", "", "Late delivery – goodwill")
NOTES = ("", "", "", "", "Please ring twice", "It's a gift 🎁 – no invoice", "Leave at <reception>")
COMPANIES = ("", "", "", "", "", "", "Atelier Nordlicht", "Brücke & Söhne", "Harbor Supply Co.")
