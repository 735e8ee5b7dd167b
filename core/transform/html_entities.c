/* html_entities.c - see html_entities.h. */
#include "transform/html_entities.h"

#include <string.h>

/* The names of HTML 4 and apos. Sorted. */
static const struct entity {
    char name[9];
    uint16_t code;
} entities[] = {
    /* clang-format off */
    {"AElig", 198}, {"Aacute", 193}, {"Acirc", 194}, {"Agrave", 192}, {"Alpha", 913}, {"Aring", 197},
    {"Atilde", 195}, {"Auml", 196}, {"Beta", 914}, {"Ccedil", 199}, {"Chi", 935}, {"Dagger", 8225},
    {"Delta", 916}, {"ETH", 208}, {"Eacute", 201}, {"Ecirc", 202}, {"Egrave", 200}, {"Epsilon", 917},
    {"Eta", 919}, {"Euml", 203}, {"Gamma", 915}, {"Iacute", 205}, {"Icirc", 206}, {"Igrave", 204},
    {"Iota", 921}, {"Iuml", 207}, {"Kappa", 922}, {"Lambda", 923}, {"Mu", 924}, {"Ntilde", 209}, {"Nu", 925},
    {"OElig", 338}, {"Oacute", 211}, {"Ocirc", 212}, {"Ograve", 210}, {"Omega", 937}, {"Omicron", 927},
    {"Oslash", 216}, {"Otilde", 213}, {"Ouml", 214}, {"Phi", 934}, {"Pi", 928}, {"Prime", 8243}, {"Psi", 936},
    {"Rho", 929}, {"Scaron", 352}, {"Sigma", 931}, {"THORN", 222}, {"Tau", 932}, {"Theta", 920},
    {"Uacute", 218}, {"Ucirc", 219}, {"Ugrave", 217}, {"Upsilon", 933}, {"Uuml", 220}, {"Xi", 926},
    {"Yacute", 221}, {"Yuml", 376}, {"Zeta", 918}, {"aacute", 225}, {"acirc", 226}, {"acute", 180},
    {"aelig", 230}, {"agrave", 224}, {"alefsym", 8501}, {"alpha", 945}, {"amp", 38}, {"and", 8743},
    {"ang", 8736}, {"apos", 39}, {"aring", 229}, {"asymp", 8776}, {"atilde", 227}, {"auml", 228},
    {"bdquo", 8222}, {"beta", 946}, {"brvbar", 166}, {"bull", 8226}, {"cap", 8745}, {"ccedil", 231},
    {"cedil", 184}, {"cent", 162}, {"chi", 967}, {"circ", 710}, {"clubs", 9827}, {"cong", 8773},
    {"copy", 169}, {"crarr", 8629}, {"cup", 8746}, {"curren", 164}, {"dArr", 8659}, {"dagger", 8224},
    {"darr", 8595}, {"deg", 176}, {"delta", 948}, {"diams", 9830}, {"divide", 247}, {"eacute", 233},
    {"ecirc", 234}, {"egrave", 232}, {"empty", 8709}, {"emsp", 8195}, {"ensp", 8194}, {"epsilon", 949},
    {"equiv", 8801}, {"eta", 951}, {"eth", 240}, {"euml", 235}, {"euro", 8364}, {"exist", 8707},
    {"fnof", 402}, {"forall", 8704}, {"frac12", 189}, {"frac14", 188}, {"frac34", 190}, {"frasl", 8260},
    {"gamma", 947}, {"ge", 8805}, {"gt", 62}, {"hArr", 8660}, {"harr", 8596}, {"hearts", 9829},
    {"hellip", 8230}, {"iacute", 237}, {"icirc", 238}, {"iexcl", 161}, {"igrave", 236}, {"image", 8465},
    {"infin", 8734}, {"int", 8747}, {"iota", 953}, {"iquest", 191}, {"isin", 8712}, {"iuml", 239},
    {"kappa", 954}, {"lArr", 8656}, {"lambda", 955}, {"lang", 9001}, {"laquo", 171}, {"larr", 8592},
    {"lceil", 8968}, {"ldquo", 8220}, {"le", 8804}, {"lfloor", 8970}, {"lowast", 8727}, {"loz", 9674},
    {"lrm", 8206}, {"lsaquo", 8249}, {"lsquo", 8216}, {"lt", 60}, {"macr", 175}, {"mdash", 8212},
    {"micro", 181}, {"middot", 183}, {"minus", 8722}, {"mu", 956}, {"nabla", 8711}, {"nbsp", 160},
    {"ndash", 8211}, {"ne", 8800}, {"ni", 8715}, {"not", 172}, {"notin", 8713}, {"nsub", 8836},
    {"ntilde", 241}, {"nu", 957}, {"oacute", 243}, {"ocirc", 244}, {"oelig", 339}, {"ograve", 242},
    {"oline", 8254}, {"omega", 969}, {"omicron", 959}, {"oplus", 8853}, {"or", 8744}, {"ordf", 170},
    {"ordm", 186}, {"oslash", 248}, {"otilde", 245}, {"otimes", 8855}, {"ouml", 246}, {"para", 182},
    {"part", 8706}, {"permil", 8240}, {"perp", 8869}, {"phi", 966}, {"pi", 960}, {"piv", 982},
    {"plusmn", 177}, {"pound", 163}, {"prime", 8242}, {"prod", 8719}, {"prop", 8733}, {"psi", 968},
    {"quot", 34}, {"rArr", 8658}, {"radic", 8730}, {"rang", 9002}, {"raquo", 187}, {"rarr", 8594},
    {"rceil", 8969}, {"rdquo", 8221}, {"real", 8476}, {"reg", 174}, {"rfloor", 8971}, {"rho", 961},
    {"rlm", 8207}, {"rsaquo", 8250}, {"rsquo", 8217}, {"sbquo", 8218}, {"scaron", 353}, {"sdot", 8901},
    {"sect", 167}, {"shy", 173}, {"sigma", 963}, {"sigmaf", 962}, {"sim", 8764}, {"spades", 9824},
    {"sub", 8834}, {"sube", 8838}, {"sum", 8721}, {"sup", 8835}, {"sup1", 185}, {"sup2", 178}, {"sup3", 179},
    {"supe", 8839}, {"szlig", 223}, {"tau", 964}, {"there4", 8756}, {"theta", 952}, {"thetasym", 977},
    {"thinsp", 8201}, {"thorn", 254}, {"tilde", 732}, {"times", 215}, {"trade", 8482}, {"uArr", 8657},
    {"uacute", 250}, {"uarr", 8593}, {"ucirc", 251}, {"ugrave", 249}, {"uml", 168}, {"upsih", 978},
    {"upsilon", 965}, {"uuml", 252}, {"weierp", 8472}, {"xi", 958}, {"yacute", 253}, {"yen", 165},
    {"yuml", 255}, {"zeta", 950}, {"zwj", 8205}, {"zwnj", 8204},
    /* clang-format on */
};

enum {
    LONGEST_NAME = 8,
    LONGEST_NUMBER = 8, /* digits: 0x0010ffff */
    OLD_NAMES = 256     /* of Latin-1 and older: they stand without a semicolon, too */
};

static bool is_name(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* 0: no such name. */
static uint32_t code_of(hr_str name)
{
    char z[LONGEST_NAME + 1] = "";
    size_t low = 0, high = sizeof entities / sizeof *entities;

    if (name.n == 0 || name.n > LONGEST_NAME)
        return 0;
    memcpy(z, name.p, name.n);
    while (low < high) {
        size_t mid = (low + high) / 2;
        int c = memcmp(z, entities[mid].name, sizeof z);
        if (c == 0)
            return entities[mid].code;
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return 0;
}

static int digit_of(char c, int base)
{
    int v = c >= '0' && c <= '9'                     ? c - '0'
            : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                     : 16;
    return v < base ? v : -1;
}

static size_t number(hr_str s, uint32_t *code)
{
    int base = s.n > 2 && (s.p[2] | 0x20) == 'x' ? 16 : 10, v;
    size_t from = base == 16 ? 3 : 2, i = from;
    uint32_t c = 0;

    for (; i < s.n && i - from <= LONGEST_NUMBER && (v = digit_of(s.p[i], base)) >= 0; i++)
        c = c > 0x10ffff ? c : c * (uint32_t)base + (uint32_t)v;
    if (i == from || i - from > LONGEST_NUMBER || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return 0;
    if (c < ' ' && c != '\t' && c != '\n' && c != '\r')
        return 0; /* no character that a terminal or JSON would trip over */
    if (c >= 0x7f && c < 0xa0)
        return 0; /* what Windows means by these differs from what they are: they stay as they stand */
    *code = c;
    return i + (i < s.n && s.p[i] == ';');
}

static size_t utf8(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(lead[n] | c);
    return n;
}

/* Most entities are one of these: what it stands for; 0: another. */
static char usual(hr_str s, size_t *taken)
{
    static const struct {
        char name[5];
        uint8_t n;
        char is;
    } list[] = {{"amp;", 4, '&'}, {"gt;", 3, '>'}, {"lt;", 3, '<'}, {"quot", 4, '"'}, {"nbsp", 4, ' '}};

    if (s.n < 6)
        return 0;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        const bool longer = list[i].name[list[i].n - 1] != ';';
        if (s.p[1] != list[i].name[0] || memcmp(s.p + 1, list[i].name, list[i].n) != 0 ||
            (longer && s.p[5] != ';'))
            continue;
        *taken = 1u + list[i].n + longer;
        return list[i].is;
    }
    return 0;
}

size_t hr_html_entity(hr_str s, char out[4], size_t *n)
{
    uint32_t code = 0;
    size_t taken = 0;
    const char is = usual(s, &taken);

    if (is) {
        *n = 1;
        out[0] = is;
        return taken;
    }

    if (s.n > 2 && s.p[1] == '#') {
        taken = number(s, &code);
    } else {
        size_t i = 1;
        while (i < s.n && i <= LONGEST_NAME + 1 && is_name(s.p[i]))
            i++;
        bool closed = i < s.n && s.p[i] == ';';
        code = code_of(hr_str_make(s.p + 1, i - 1));
        if (code && (closed || (code < OLD_NAMES && (i == s.n || s.p[i] != '='))))
            taken = i + closed;
    }
    if (taken == 0)
        return 0;
    *n = code == 0xa0 ? utf8(' ', out) : utf8(code, out);
    return taken;
}
