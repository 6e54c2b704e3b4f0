#!/usr/bin/env python3
"""Makes the font files of this folder from Debian's Noto packages.

    apt-get install fonts-noto-core fonts-noto-mono fonts-noto-cjk python3-fonttools
    /usr/bin/python3 build.py

Each font keeps what shaping needs (GSUB, GPOS, GDEF) and loses hints, names
that nobody reads, and characters that no text of ours holds. See README.md.
"""
import gzip
import io
import os
import sys

from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, TTCollection, newTable
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

TRUETYPE = "/usr/share/fonts/truetype/noto/"
CJK = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
HERE = os.path.dirname(os.path.abspath(__file__))
# Outlines of CJK are cubic; TrueType's are quadratic. This is how far, in
# thousandths of an em, the one may lie from the other.
MAX_ERROR = 1.0

LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x0530), *range(0x1AB0, 0x1B00), *range(0x1C80, 0x1C90), *range(0x1D00, 0x2000),
         *range(0x2000, 0x2070), *range(0x2070, 0x20D0), *range(0x20D0, 0x2100), *range(0x2100, 0x2190), *range(0x2200, 0x2300),
         0x25A0, 0x25CB, 0x25CC, 0x25CF, *range(0x2C60, 0x2C80), *range(0x2DE0, 0x2E80), *range(0xA640, 0xA6A0),
         *range(0xA700, 0xA800), *range(0xAB30, 0xAB70), *range(0xFB00, 0xFB07), 0xFFFD]
ARABIC = [*range(0x20, 0x7F), 0xA0, 0xAB, 0xBB, *range(0x0600, 0x0700), *range(0x0750, 0x0780), *range(0x08A0, 0x0900), *range(0x2000, 0x2070), 0x25CC,
          *range(0xFB50, 0xFE00), *range(0xFE70, 0xFF00)]
HEBREW = [0x20, 0xA0, *range(0x0590, 0x0600), *range(0x2000, 0x2070), 0x20AA, 0x25CC, *range(0xFB1D, 0xFB50)]
DEVANAGARI = [0x20, 0xA0, *range(0x0900, 0x0980), *range(0x1CD0, 0x1D00), *range(0xA8E0, 0xA900), 0x200B, 0x200C, 0x200D, 0x20B9, 0x25CC]
BENGALI = [0x20, 0xA0, 0x0951, 0x0952, 0x0964, 0x0965, *range(0x0980, 0x0A00), 0x200B, 0x200C, 0x200D, 0x20B9, 0x25CC]
THAI = [0x20, 0xA0, *range(0x0E00, 0x0E80), 0x200B, 0x200C, 0x200D, 0x25CC]
SYMBOLS = [*range(0x2190, 0x2200), *range(0x2300, 0x2400), *range(0x2460, 0x2500), *range(0x25A0, 0x2800), *range(0x2900, 0x2C00),
           *range(0x1F000, 0x1FB00)]

PLAIN = {
    "serif.ttf": ("NotoSerif-Regular.ttf", LATIN),
    "serif-bold.ttf": ("NotoSerif-Bold.ttf", LATIN),
    "serif-italic.ttf": ("NotoSerif-Italic.ttf", LATIN),
    "mono.ttf": ("NotoSansMono-Regular.ttf", [*range(0x20, 0x7F), *range(0xA0, 0x0180), *range(0x0370, 0x0530), *range(0x2000, 0x2070), 0x20AC, 0xFFFD]),
    "arabic.ttf": ("NotoNaskhArabic-Regular.ttf", ARABIC),
    "arabic-bold.ttf": ("NotoNaskhArabic-Bold.ttf", ARABIC),
    "hebrew.ttf": ("NotoSerifHebrew-Regular.ttf", HEBREW),
    "hebrew-bold.ttf": ("NotoSerifHebrew-Bold.ttf", HEBREW),
    "devanagari.ttf": ("NotoSerifDevanagari-Regular.ttf", DEVANAGARI),
    "bengali.ttf": ("NotoSerifBengali-Regular.ttf", BENGALI),
    "thai.ttf": ("NotoSerifThai-Regular.ttf", THAI),
    "symbols.ttf": ("NotoSansSymbols-Regular.ttf", SYMBOLS),
    "symbols2.ttf": ("NotoSansSymbols2-Regular.ttf", SYMBOLS),
}


def options():
    o = subset.Options()
    o.layout_features = ["*"]
    o.hinting = False
    o.name_IDs = [0, 1, 2, 4, 5, 6, 13, 14]
    o.notdef_outline = True
    o.glyph_names = False
    o.drop_tables += ["DSIG", "STAT", "MATH", "VORG", "vhea", "vmtx", "BASE", "gasp", "meta"]
    return o


def plain(name, source, unicodes):
    font = TTFont(TRUETYPE + source, recalcTimestamp=False)
    s = subset.Subsetter(options())
    s.populate(unicodes=unicodes)
    s.subset(font)
    out = io.BytesIO()
    font.save(out)
    write(name, out.getvalue())


def write(name, data):
    """Writes the file compressed, with no time and no name in its header."""
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, compresslevel=9, mtime=0) as z:
        z.write(data)
    with open(os.path.join(HERE, name + ".gz"), "wb") as f:
        f.write(out.getvalue())
    print(f"{name}: {len(data)} bytes, compressed {len(out.getvalue())}", flush=True)


def charset(codec, rows, cells=range(0xA1, 0xFF)):
    """The characters of a double-byte set, row by row."""
    found = set()
    for row in rows:
        for cell in cells:
            try:
                text = bytes([row, cell]).decode(codec)
            except UnicodeDecodeError:
                continue
            if len(text) == 1:
                found.add(ord(text))
    return found


def cjk():
    both = {*range(0x3000, 0x3100), *range(0x31F0, 0x3200), *range(0xFF00, 0xFFF0), *range(0x3105, 0x3130), *range(0x3131, 0x318F),
            0x2010, *range(0x2013, 0x2027), 0x2030, 0x2032, 0x2033, 0x203B, 0x25CB, 0x25CF, 0x25A0, 0x25A1, 0x2605, 0x2606, 0xB7}
    big5 = charset("big5", range(0xA4, 0xC7), [*range(0x40, 0x7F), *range(0xA1, 0xFF)])
    wanted = {  # by face of the collection: 0 JP, 1 KR, 2 SC, 3 TC
        0: charset("euc_jp", range(0xA1, 0xF5)) | both,
        1: set(range(0xAC00, 0xD7A4)) | both,
        2: charset("gb2312", range(0xA1, 0xF8)) | both,
        3: big5 | both,
    }
    wanted = {i: {u for u in us if u >= 0x2E80 or u in both} for i, us in wanted.items()}
    faces = {i: TTFont(CJK, fontNumber=i, recalcTimestamp=False, lazy=True) for i in wanted}
    order = faces[0].getGlyphOrder()
    cmaps = {i: {u: g for u, g in f.getBestCmap().items()} for i, f in faces.items()}
    used = {cmaps[i][u] for i, us in wanted.items() for u in us if u in cmaps[i]}
    every = set().union(*wanted.values())
    print(len(used), "glyphs for", len(every), "characters", flush=True)

    o = options()
    o.layout_features = []
    o.desubroutinize = True
    o.drop_tables += ["GSUB", "GPOS", "GDEF"]
    o.notdef_outline = True
    base = TTFont(CJK, fontNumber=2, recalcTimestamp=False)
    s = subset.Subsetter(o)
    s.populate(glyphs=used)
    s.subset(base)
    truetype(base)

    out = TTCollection()
    for i in (2, 3, 0, 1):  # SC, TC, JP, KR: see faces.go
        buffer = io.BytesIO()
        base.save(buffer)
        buffer.seek(0)
        font = TTFont(buffer, recalcTimestamp=False)
        mapping = {}
        for u in sorted(every):
            for j in (i, 2, 3, 0, 1):
                if cmaps[j].get(u) in used:
                    mapping[u] = cmaps[j][u]
                    break
        names = font.getGlyphOrder()
        mapping = {u: names[position[g]] for u, g in mapping.items()} if (position := positions(order, used)) else {}
        font["cmap"] = cmap(mapping)
        out.fonts.append(font)
    buffer = io.BytesIO()
    out.save(buffer, shareTables=True)
    write("cjk.ttc", buffer.getvalue())


def positions(order, used):
    """Where each glyph stands after the subsetting, .notdef first."""
    kept = [g for g in order if g in used or g == ".notdef"]
    return {g: i for i, g in enumerate(kept)}


def cmap(mapping):
    table = newTable("cmap")
    table.tableVersion = 0
    sub = CmapSubtable.newSubtable(4)
    sub.platformID, sub.platEncID, sub.language = 3, 1, 0
    sub.cmap = {u: g for u, g in mapping.items() if u < 0x10000}
    table.tables = [sub]
    return table


def truetype(font):
    """Turns the font's CFF outlines into quadratic ones."""
    glyphs, order = font.getGlyphSet(), font.getGlyphOrder()
    done = {}
    for name in order:
        pen = TTGlyphPen(glyphs)
        glyphs[name].draw(Cu2QuPen(pen, MAX_ERROR, reverse_direction=True))
        done[name] = pen.glyph()
    del font["CFF "]
    if "VORG" in font:
        del font["VORG"]
    font["loca"] = newTable("loca")
    glyf = font["glyf"] = newTable("glyf")
    glyf.glyphOrder, glyf.glyphs = order, done
    glyf.compile(font)
    for name in order:  # the left side bearing is the outline's
        width, _ = font["hmtx"][name]
        font["hmtx"][name] = (width, getattr(done[name], "xMin", 0))
    maxp = font["maxp"]
    maxp.tableVersion = 0x00010000
    maxp.maxZones, maxp.maxTwilightPoints, maxp.maxStorage, maxp.maxFunctionDefs = 1, 0, 0, 0
    maxp.maxInstructionDefs, maxp.maxStackElements, maxp.maxSizeOfInstructions = 0, 0, 0
    maxp.maxComponentElements = 0
    maxp.compile(font)
    post = font["post"]
    post.formatType, post.extraNames, post.mapping = 3.0, [], {}
    font.sfntVersion = "\000\001\000\000"


if __name__ == "__main__":
    wanted = sys.argv[1:]
    for name, (source, unicodes) in PLAIN.items():
        if not wanted or name in wanted:
            plain(name, source, unicodes)
    if not wanted or "cjk.ttc" in wanted:
        cjk()
