"""Reads and edits docx, pptx and xlsx with Python's own library.

  office.py text FILE                      paragraphs, slides with notes, or cells, one a line
  office.py replace FILE OUT OLD NEW ...   replaces texts, also where formats split them; all else stays byte for byte
  office.py errors FILE                    cells whose stored value is an error, and formulas without a stored value

Ends with 1 when there is nothing to replace, or an error in a cell.
"""
import os
import re
import sys
import zipfile
from xml.dom import minidom

# Per kind: the parts that hold text, the element that is a paragraph, and the one that holds letters.
KINDS = {
    'docx': (r'word/(document|header\d*|footer\d*|footnotes|endnotes|comments)\.xml$', 'w:p', 'w:t'),
    'pptx': (r'ppt/(slides/slide|notesSlides/notesSlide)\d+\.xml$', 'a:p', 'a:t'),
    'xlsx': (r'xl/(sharedStrings|worksheets/sheet\d+)\.xml$', 'si', 't'),
}


def kind_of(path):
    kind = path.rsplit('.', 1)[-1].lower()
    if kind not in KINDS:
        sys.exit(f'{path}: is no docx, pptx or xlsx')
    return kind


def parts(archive, kind):
    number = lambda name: (re.sub(r'\d+', '', name), int((re.findall(r'\d+', name) or [0])[-1]))
    return sorted((name for name in archive.namelist() if re.match(KINDS[kind][0], name)), key=number)


def opened(path):
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        sys.exit(f'{path}: is no package of parts. It has a password, is of an older format (convert.sh makes a new one), or is torn.')


def letters(element, tag):
    return [node for node in element.getElementsByTagName(tag)]


def value(node):
    return ''.join(child.data for child in node.childNodes if child.nodeType in (child.TEXT_NODE, child.CDATA_SECTION_NODE))


def put(node, text):
    while node.firstChild:
        node.removeChild(node.firstChild)
    node.appendChild(node.ownerDocument.createTextNode(text))
    if text != text.strip():
        node.setAttribute('xml:space', 'preserve')


def paragraphs(document, kind):
    _, paragraph, letter = KINDS[kind]
    found = document.getElementsByTagName(paragraph)
    if kind == 'xlsx':  # texts that cells share, and those that a cell has to itself
        found += document.getElementsByTagName('is')
    return [letters(each, letter) for each in found]


def text(path):
    kind = kind_of(path)
    with opened(path) as archive:
        if kind == 'xlsx':
            for sheet, cell, formula, shown, _ in cells(archive):
                print(f'{sheet}!{cell}\t{shown}' + (f'\t={formula}' if formula else ''))
            return
        for name in parts(archive, kind):
            print(f'## {name}')
            for nodes in paragraphs(minidom.parseString(archive.read(name)), kind):
                line = ''.join(value(node) for node in nodes)
                if line.strip():
                    print(line)


def cells(archive):
    """Sheet, address, formula, stored value and its type of each cell that has one, in the order of the workbook."""
    strings = []
    if 'xl/sharedStrings.xml' in archive.namelist():
        document = minidom.parseString(archive.read('xl/sharedStrings.xml'))
        strings = [''.join(value(node) for node in letters(item, 't')) for item in document.getElementsByTagName('si')]
    targets = {}
    for relation in minidom.parseString(archive.read('xl/_rels/workbook.xml.rels')).getElementsByTagName('Relationship'):
        target = relation.getAttribute('Target')
        targets[relation.getAttribute('Id')] = target.lstrip('/') if target.startswith('/') else f'xl/{target}'
    for sheet in minidom.parseString(archive.read('xl/workbook.xml')).getElementsByTagName('sheet'):
        name = targets.get(sheet.getAttribute('r:id'))
        if name not in archive.namelist():
            continue
        for cell in minidom.parseString(archive.read(name)).getElementsByTagName('c'):
            formula = ''.join(value(node) for node in letters(cell, 'f'))
            stored = ''.join(value(node) for node in letters(cell, 'v'))
            if cell.getAttribute('t') == 's' and stored:
                stored = strings[int(stored)]
            if cell.getAttribute('t') == 'inlineStr':
                stored = ''.join(value(node) for node in letters(cell, 't'))
            if formula or stored:
                yield sheet.getAttribute('name'), cell.getAttribute('r'), formula, stored, cell.getAttribute('t')


def replace(path, out, *pairs):
    kind = kind_of(path)
    if not pairs or len(pairs) % 2:
        sys.exit(__doc__)
    wanted = list(zip(pairs[::2], pairs[1::2]))
    if os.path.exists(out) and os.path.samefile(path, out):
        sys.exit(f'{out}: is the file itself. Give another name, and move it when you have looked at it.')
    count = 0
    with opened(path) as source, zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as target:
        texts = set(parts(source, kind))
        for member in source.infolist():
            data = source.read(member)
            if member.filename in texts:
                document = minidom.parseString(data)
                done = sum(replace_in(nodes, old, new) for nodes in paragraphs(document, kind) for old, new in wanted)
                if done:
                    data = document.toxml(encoding='UTF-8', standalone=True)
                    count += done
            target.writestr(member, data)
    print(f'{count} replaced')
    return 0 if count else 1


def replace_in(nodes, old, new):
    """Replaces in a paragraph: the new letters take the format of where the old began."""
    done, at = 0, 0
    while True:
        values = [value(node) for node in nodes]
        start = ''.join(values).find(old, at) if old else -1
        if start < 0:
            return done
        place, rest = 0, len(old)
        for node, have in zip(nodes, values):
            first = max(start - place, 0)
            if rest and first < len(have):
                taken = min(len(have) - first, rest)
                put(node, have[:first] + (new if rest == len(old) else '') + have[first + taken:])
                rest -= taken
            place += len(have)
        done, at = done + 1, start + len(new)


def errors(path):
    found = 0
    with opened(path) as archive:
        for sheet, cell, formula, shown, kind in cells(archive):
            if kind == 'e':
                found += 1
                print(f'{sheet}!{cell}\t{shown}\t={formula}')
            elif formula and shown == '' and kind != 'str':  # a text that is empty was calculated
                found += 1
                print(f'{sheet}!{cell}\tnot calculated\t={formula}')
    print(f'{found} to mend')
    return 1 if found else 0


if __name__ == '__main__':
    commands = {'text': text, 'replace': replace, 'errors': errors}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    sys.exit(commands[sys.argv[1]](*sys.argv[2:]))
