"""Names of languages in English, by ISO 639-1 code, for people who do not know that `sw` is Swahili."""

from __future__ import annotations

_NAMES = (
    "aa Afar;ab Abkhazian;af Afrikaans;ak Akan;am Amharic;an Aragonese;ar Arabic;as Assamese;av Avaric;ay Aymara;"
    "az Azerbaijani;ba Bashkir;be Belarusian;bg Bulgarian;bi Bislama;bm Bambara;bn Bengali;bo Tibetan;br Breton;"
    "bs Bosnian;ca Catalan;ce Chechen;ch Chamorro;co Corsican;cr Cree;cs Czech;cu Church Slavonic;cv Chuvash;cy Welsh;"
    "da Danish;de German;dv Divehi;dz Dzongkha;ee Ewe;el Greek;en English;eo Esperanto;es Spanish;et Estonian;"
    "eu Basque;fa Persian;ff Fula;fi Finnish;fj Fijian;fo Faroese;fr French;fy Western Frisian;ga Irish;"
    "gd Scottish Gaelic;gl Galician;gn Guarani;gu Gujarati;gv Manx;ha Hausa;he Hebrew;hi Hindi;hr Croatian;"
    "ht Haitian Creole;hu Hungarian;hy Armenian;ia Interlingua;id Indonesian;ig Igbo;ii Sichuan Yi;ik Inupiaq;io Ido;"
    "is Icelandic;it Italian;iu Inuktitut;ja Japanese;jv Javanese;ka Georgian;kg Kongo;ki Kikuyu;kk Kazakh;"
    "kl Greenlandic;km Khmer;kn Kannada;ko Korean;ks Kashmiri;ku Kurdish;kv Komi;kw Cornish;ky Kyrgyz;la Latin;"
    "lb Luxembourgish;lg Ganda;li Limburgish;ln Lingala;lo Lao;lt Lithuanian;lu Luba-Katanga;lv Latvian;mg Malagasy;"
    "mi Maori;mk Macedonian;ml Malayalam;mn Mongolian;mr Marathi;ms Malay;mt Maltese;my Burmese;nb Norwegian Bokmål;"
    "nd North Ndebele;ne Nepali;nl Dutch;nn Norwegian Nynorsk;no Norwegian;nr South Ndebele;nv Navajo;ny Chichewa;"
    "oc Occitan;oj Ojibwe;om Oromo;or Odia;os Ossetian;pa Punjabi;pi Pali;pl Polish;ps Pashto;pt Portuguese;qu Quechua;"
    "rm Romansh;rn Kirundi;ro Romanian;ru Russian;rw Kinyarwanda;sa Sanskrit;sc Sardinian;sd Sindhi;se Northern Sami;"
    "sg Sango;si Sinhala;sk Slovak;sl Slovenian;sm Samoan;sn Shona;so Somali;sq Albanian;sr Serbian;ss Swati;"
    "st Southern Sotho;su Sundanese;sv Swedish;sw Swahili;ta Tamil;te Telugu;tg Tajik;th Thai;ti Tigrinya;tk Turkmen;"
    "tl Tagalog;tn Tswana;to Tongan;tr Turkish;ts Tsonga;tt Tatar;tw Twi;ty Tahitian;ug Uyghur;uk Ukrainian;ur Urdu;"
    "uz Uzbek;ve Venda;vi Vietnamese;vo Volapük;wa Walloon;wo Wolof;xh Xhosa;yi Yiddish;yo Yoruba;za Zhuang;zh Chinese;"
    "zu Zulu;code Program code;multilingual Many languages;multi Many languages;dna DNA;rna RNA;protein Proteins"
)
LANGUAGE_NAMES: dict[str, str] = {code: name for code, _, name in (pair.partition(" ") for pair in _NAMES.split(";"))}


def language_name(code: str) -> str:
    """`English` for `en`; codes that are not known stay as they are."""
    return LANGUAGE_NAMES.get(code.lower(), code)
