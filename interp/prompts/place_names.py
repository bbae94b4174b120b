"""What the data packages do not say about places and currencies: other names, articles, and what is left out and why.

Typed in by hand. Names and their variants follow the United Nations Terminology Database (UNTERM) and GeoNames' list of
alternate names; capitals with a dispute or a second seat follow the CIA World Factbook's notes on each capital.
Currency names besides CLDR's follow the central banks' own English usage. Codes are ISO 3166-1 alpha-2.
"""

from __future__ import annotations

MIN_POPULATION = 30_000  # smaller countries and territories are left out (GeoNames' figure)

# Territories of another state: they are asked for their capital only.
_TERRITORIES = (
    "AI AS AW AX BL BM BQ CC CK CW CX FK FO GF GG GI GL GP GS GU HK IM IO JE KY MF MO MP MQ MS NC NF NU PF PM PN PR RE "
    "SH SJ SX TC TF TK UM VG VI WF YT"
)
TERRITORIES = frozenset(_TERRITORIES.split())

# No place to ask about: dissolved, disputed, or a name that another place bears as well.
PLACES_LEFT_OUT = {
    "AN": "dissolved in 2010",
    "AQ": "no country",
    "CS": "dissolved in 2006",
    "EH": "sovereignty disputed",
    "GE": "Georgia is a state of the United States too",
    "MF": "Saint Martin is the whole island too",
    "PS": "sovereignty and capital disputed",
}

# Written with the definite article inside a sentence.
_WITH_ARTICLE = "AE BS CD CF CG DO FM FO GB GM IM KM KY MH MP MV NL PH SB SC TC US VI"
WITH_ARTICLE = frozenset(_WITH_ARTICLE.split())

# GeoNames' name -> the spelling asked with.
SPELLING = {
    "CW": "Curaçao",
    "FM": "Federated States of Micronesia",
    "NL": "Netherlands",
    "RE": "Réunion",
    "ST": "São Tomé and Príncipe",
    "TL": "Timor-Leste",
}

# Names of a country that count besides GeoNames' own. Bare "Congo" and bare "Korea" name two countries each.
COUNTRY_ALIASES: dict[str, tuple[str, ...]] = {
    "AE": ("uae", "emirates"),
    "CD": ("democratic republic congo", "democratic republic of congo", "dr congo", "drc", "congo kinshasa"),
    "CI": ("cote d'ivoire",),
    "CZ": ("czech republic",),
    "KP": ("dprk",),
    "MM": ("burma",),
    "NL": ("holland",),
    "RU": ("russian federation",),
    "SZ": ("swaziland",),
    "TR": ("turkiye",),
    "US": ("united states", "usa", "=US", "=U.S."),
    "VN": ("viet nam",),
}

# Capitals that are not asked for, because works of reference name two, or it is disputed, or it is moving. (The
# Netherlands, Chile and Malaysia stay: there another city houses an organ of state but no work calls it a capital.)
CAPITAL_LEFT_OUT = {
    "AS": "Pago Pago and Fagatogo are both named",
    "BI": "Gitega is the political capital, Bujumbura is still listed beside it",
    "BJ": "Porto-Novo is the official capital, the government sits in Cotonou",
    "BO": "Sucre is the constitutional capital, the government sits in La Paz",
    "CI": "Yamoussoukro is the official capital, the government sits in Abidjan",
    "GQ": "the move from Malabo to Ciudad de la Paz is under way",
    "ID": "the move from Jakarta to Nusantara is under way",
    "IL": "disputed",
    "LK": "Sri Jayawardenepura Kotte is the official capital, Colombo the commercial one",
    "MP": "the government sits in Capitol Hill, a part of Saipan",
    "SZ": "Mbabane and Lobamba share the role",
    "YE": "the government works from Aden",
    "YT": "Mamoudzou and Dzaoudzi are both named",
    "ZA": "three cities share the role",
}

# GeoNames' capital -> today's name.
CAPITAL_SPELLING = {"KZ": "Astana", "MM": "Naypyidaw", "CW": "Willemstad", "MV": "Malé"}

# Accepted names of a capital, where GeoNames' own spelling is not the only one.
CAPITAL_ALIASES: dict[str, tuple[str, ...]] = {
    "AG": ("st|saint john's",),
    "AM": ("erevan",),
    "AT": ("wien",),
    "AZ": ("baki",),
    "BE": ("bruxelles", "brussel"),
    "BG": ("sofiya",),
    "BT": ("thimbu",),
    "CH": ("berne",),
    "CN": ("peking",),
    "CU": ("habana",),
    "CY": ("lefkosia", "lefkosa"),
    "CZ": ("praha",),
    "DK": ("kobenhavn",),
    "DZ": ("alger",),
    "ET": ("addis abeba",),
    "FO": ("thorshavn",),
    "GD": ("st|saint george's",),
    "GG": ("st|saint peter port",),
    "GL": ("godthab",),
    "GR": ("athina",),
    "GU": ("agana",),
    "IN": ("delhi",),
    "IR": ("teheran",),
    "IT": ("roma",),
    "JE": ("st|saint helier",),
    "KZ": ("nur sultan",),
    "MD": ("kishinev",),
    "MM": ("nay pyi taw", "naypyitaw"),
    "MN": ("ulan bator",),
    "MV": ("=Malé", "=Male"),  # exact case: "male" is a common word
    "NP": ("katmandu",),
    "OM": ("masqat",),
    "PL": ("warszawa",),
    "PT": ("lisboa",),
    "RE": ("st|saint denis",),
    "RO": ("bucuresti",),
    "RS": ("beograd",),
    "RU": ("moskva",),
    "SO": ("mogadiscio",),
    "TD": ("n djamena",),
    "TM": ("ashkhabad",),
    "UA": ("kiev",),
    "UZ": ("toshkent",),
    "VN": ("ha noi",),
    "XK": ("prishtina", "prishtine"),
}

# Countries whose currency is not asked for although both sources name one.
CURRENCY_LEFT_OUT = {
    "BG": "the euro replaced the lev in 2026, the sources still say lev",
    "BN": "the Singapore dollar circulates at par by agreement",
    "KI": "Kiribati dollars are struck beside the Australian dollar",
    "LR": "the US dollar is legal tender as well",
    "SD": "'Sudanese pound' is also the end of 'South Sudanese pound'",
    "SV": "bitcoin was legal tender beside the US dollar until 2025",
}

# One name, two currencies (BCEAO and BEAC): "CFA franc" alone would be right by half.
CURRENCIES_LEFT_OUT = frozenset({"XOF", "XAF"})

# Units of one country alone that are ordinary words, or that older books know as another country's money.
UNIT_NEEDS_ITS_COUNTRY = frozenset({"real", "mark", "gold", "florin"})

# Accepted names of a currency besides CLDR's English name.
CURRENCY_ALIASES: dict[str, tuple[str, ...]] = {
    "AED": ("uae|emirati dirham",),
    "ARS": ("argentinian|argentinean peso",),
    "AZN": ("azerbaijan|azeri manat",),
    "BAM": ("convertible mark",),
    "BBD": ("barbados dollar",),
    "BMD": ("bermudian|bermuda dollar",),
    "BRL": ("reais", "=Real", "is real"),
    "BSD": ("bahamas dollar",),
    "BYN": ("belarusian|belarus|belorussian ruble|rouble",),
    "CNY": ("renminbi", "rmb"),
    "CRC": ("costa rica colon",),
    "CVE": ("cape verde|verdian escudo", "cabo verde|verdean escudo"),
    "CZK": ("czech koruny|crown",),
    "DKK": ("danish kroner|crown",),
    "DOP": ("dominican republic peso",),
    "EGP": ("egypt pound",),
    "FJD": ("fiji dollar",),
    "GBP": ("pound sterling", "sterling", "uk pound"),
    "GNF": ("guinea franc",),
    "GYD": ("guyanese|guyana dollar",),
    "ILS": ("new shekel|sheqel", "israeli shekel|sheqel"),
    "IRR": ("iranian|iran riyal",),
    "ISK": ("icelandic kronur|crown",),
    "JMD": ("jamaica dollar",),
    "KES": ("kenya shilling",),
    "KGS": ("kyrgyz|kyrgyzstani|kyrgyzstan som",),
    "KMF": ("comoro|comoran|comoros franc",),
    "KPW": ("north korea won",),
    "KRW": ("south korea won",),
    "MDL": ("moldova leu", "moldovan lei"),
    "MMK": ("kyat",),
    "MNT": ("togrog", "tögrög", "tughrik"),
    "MUR": ("mauritius rupee",),
    "MWK": ("malawi kwacha",),
    "NOK": ("norwegian kroner|crown",),
    "NPR": ("nepali rupee",),
    "NZD": ("kiwi dollar",),
    "OMR": ("omani riyal",),
    "PEN": ("soles",),
    "PHP": ("philippines|filipino peso",),
    "PLN": ("zloty", "złoty"),
    "QAR": ("qatari|qatar riyal|rial",),
    "RON": ("romanian lei", "romania leu"),
    "RUB": ("russian rouble",),
    "SAR": ("saudi|arabian riyal|rial",),
    "SCR": ("seychelles rupee",),
    "SEK": ("swedish kronor|crown",),
    "SLE": ("sierra leone leone", "new leone"),
    "SOS": ("somalia|somalian shilling",),
    "SRD": ("suriname dollar",),
    "SSP": ("south sudan pound",),
    "SYP": ("syria pound",),
    "SZL": ("emalangeni",),
    "TMT": ("turkmen|turkmenistan manat",),
    "TRY": ("turkey|turkiye lira",),
    "TTD": ("tt dollar",),
    "TWD": ("taiwan|nt dollar", "taiwanese dollar"),
    "TZS": ("tanzania shilling",),
    "UGX": ("uganda shilling",),
    "UAH": ("hryvna", "hrivna"),
    "USD": ("united states dollar", "u.s. dollar", "american dollar"),
    "UYU": ("uruguay peso",),
    "UZS": ("uzbek|uzbekistan som|sum|soum",),
    "VES": ("bolivares",),
    "YER": ("yemeni riyal",),
    "ZMW": ("zambia kwacha",),
}

# Countries that lie on two continents, or on islands that atlases place differently. Oceania is left out as a whole:
# whether it is a continent, or Australia alone is one, depends on the atlas.
_CONTINENT_LEFT_OUT = "AM AZ CY EG ID KZ RU TL TR TT"
CONTINENT_LEFT_OUT = frozenset(_CONTINENT_LEFT_OUT.split())

# Not asked "in which country", with the reason.
CITY_COUNTRY_LEFT_OUT = {
    "CG": "its name is the end of the other Congo's",
    "GB": "England and Scotland are countries too",
    "GN": "its name is part of three other countries' names",
    "NE": "one letter apart from another country's name",
    "SD": "its name is part of South Sudan's",
    "SO": "its largest cities besides the capital lie in Somaliland",
    "TW": "its status is disputed",
}

MIN_CITY = 500_000  # people, by GeoNames
CITIES_A_COUNTRY = 2

# Rows of GeoNames that are a quarter or a suburb of a larger city, or whose population is not that of the town.
NO_CITY = frozenset(
    {
        "Abobo",
        "Buda",
        "Calumbo",
        "Camama",
        "Carrefour",
        "Ciudad Nezahualcoyotl",
        "Ecatepec de Morelos",
        "Golfe",
        "Gustavo Adolfo Madero",
        "Hoji ya Henda",
        "Iztapalapa",
        "Kakamega",
        "Kampung Baru Subang",
        "Kikolo",
        "Maianga",
        "Maipú",
        "Mulenvos",
        "Nansana",
        "New Kingston",
        "Pest",
        "Puente Alto",
        "Santo Domingo Este",
        "Santo Domingo Oeste",
    }
)
