"""Makes the reports of what was read. Every command may be repeated; all run in the folder of the reports, in a machine of the image `office`.

    workbook    .team/raw.xlsx, still without values: LibreOffice calculates them
    deck        .team/deck.md and its charts, for pandoc
    report      archive.pdf
    verify      compares the values in archive.xlsx with what was read, in Python

Each prints one JSON object. Deck and report take their figures from archive.xlsx.
"""

import copy
import glob
import json
import sys
from xml.sax.saxutils import escape

NOTES = '.team'
SUMMARIES = ['By month', 'By domain and year', 'By era']
ERAS = ['founding', 'expansion', 'civil-war', 'industry', 'world-wars', 'cold-war', 'today']


def read(name):
    """What was read, of all parts, by file name; a mail's body that was there before makes it a copy."""
    rows = []
    for path in glob.glob(f'{NOTES}/{name}-*.json'):
        with open(path, encoding='utf-8') as file:
            rows += json.load(file)
    rows.sort(key=lambda row: row['file'])
    seen = {}
    for row in rows:
        if 'body' in row:
            first = seen.setdefault(row['body'], row['file'])
            row['copy'] = '' if first == row['file'] else first
    return rows


def problems(mails):
    found = []
    for mail in mails:
        if mail['copy']:
            found.append([mail['file'], 'copy', mail['copy']])
        if not mail['sender']:
            found.append([mail['file'], 'no sender', mail['written']])
        if mail['month'] == 'undated':
            found.append([mail['file'], 'undated', ''])
    return found


def top_domains(mails):
    counts = {}
    for mail in mails:
        if mail['domain'] and not mail['copy']:
            counts[mail['domain']] = counts.get(mail['domain'], 0) + 1
    return sorted(counts, key=lambda domain: (-counts[domain], domain))[:10]


def workbook():
    from openpyxl import Workbook
    mails, speeches = read('mails'), read('addresses')
    book = Workbook()
    book.remove(book.active)
    year_of = lambda year: int(year) if year.isdigit() else year
    data = [[m['file'], m['month'], year_of(m['year']), m['sender'] or None, m['domain'] or None, m['bytes'], m['copy'] or None] for m in mails]
    sheet(book, 'Mails', ['file', 'month', 'year', 'sender', 'domain', 'bytes', 'copy of'], data)
    column = {name: f'Mails!${letter}$2:${letter}${len(mails) + 1}' for name, letter in zip(['month', 'year', 'sender', 'domain', 'bytes', 'copy'], 'BCDEFG')}
    no_copy = f'{column["copy"]},""'

    months = sorted({mail['month'] for mail in mails})
    rows = [[month, f'=COUNTIFS({column["month"]},A{at},{no_copy})', f'=COUNTIFS({column["month"]},A{at})-B{at}',
             f'=COUNTIFS({column["month"]},A{at},{no_copy},{column["sender"]},"")', f'=SUMIFS({column["bytes"]},{column["month"]},A{at},{no_copy})']
            for at, month in enumerate(months, 2)]
    rows.append(['total', *(f'=SUM({letter}2:{letter}{len(months) + 1})' for letter in 'BCDE')])
    sheet(book, 'By month', ['month', 'mails', 'copies', 'no sender', 'bytes'], rows)

    years, domains = sorted({mail['year'] for mail in mails}), top_domains(mails)
    letters = [chr(ord('B') + place) for place in range(len(years))]
    last, end = chr(ord('B') + len(years)), len(domains) + 1
    rows = [[domain, *(f'=COUNTIFS({column["domain"]},$A{at},{column["year"]},{letter}$1,{no_copy})' for letter in letters), f'=SUM(B{at}:{letters[-1]}{at})']
            for at, domain in enumerate(domains, 2)]
    rows.append(['all others', *(f'={letter}{end + 2}-SUM({letter}2:{letter}{end})' for letter in [*letters, last])])
    rows.append(['total', *(f'=COUNTIFS({column["year"]},{letter}$1,{no_copy})' for letter in letters), f'=SUM(B{end + 2}:{letters[-1]}{end + 2})'])
    sheet(book, 'By domain and year', ['domain', *map(year_of, years), 'total'], rows)

    sheet(book, 'Addresses', ['file', 'year', 'president', 'era', 'words'], [list(row.values()) for row in speeches])
    era, words = (f'Addresses!${letter}$2:${letter}${len(speeches) + 1}' for letter in 'DE')
    rows = [[name, f'=COUNTIFS({era},A{at})', f'=SUMIFS({words},{era},A{at})', f'=ROUND(C{at}/B{at},0)', f'=SUMPRODUCT(MAX(({era}=A{at})*{words}))']
            for at, name in enumerate(ERAS, 2)]
    rows.append(['total', '=SUM(B2:B8)', '=SUM(C2:C8)', '=ROUND(C9/B9,0)', '=MAX(E2:E8)'])
    sheet(book, 'By era', ['era', 'addresses', 'words', 'mean', 'longest'], rows)
    sheet(book, 'Problems', ['file', 'problem', 'detail'], problems(mails))
    book.save(f'{NOTES}/raw.xlsx')
    formulas = sum(str(cell.value).startswith('=') for name in SUMMARIES for row in book[name] for cell in row)
    return {'sheets': len(book.sheetnames), 'formulas': formulas}


def sheet(book, name, header, rows):
    from openpyxl.styles import Font, PatternFill
    made = book.create_sheet(name)
    for row in [header, *rows]:
        made.append(row)
    for row in made.iter_rows(min_row=2):
        for cell in row:
            # What somebody else has written must not become a formula.
            if name in ('Mails', 'Problems') and isinstance(cell.value, str):
                cell.data_type = 's'
            elif name in SUMMARIES or header[cell.column - 1] in ('bytes', 'words'):
                cell.number_format = '#,##0'
    for cell in made[1]:
        cell.font, cell.fill = Font(bold=True), PatternFill('solid', fgColor='DDE8E4')
    if rows[-1][0] == 'total':
        for cell in made[made.max_row]:
            cell.font = Font(bold=True)
    for place, title in enumerate(header):
        widest = max([len(str(title)), *(len(str(row[place])) for row in rows if row[place] is not None and not str(row[place]).startswith('='))])
        made.column_dimensions[made.cell(1, place + 1).column_letter].width = min(60, max(9, widest + 2))
    made.freeze_panes = 'A2'
    made.page_setup.orientation, made.page_setup.fitToWidth, made.page_setup.fitToHeight = 'landscape', 1, 0
    made.sheet_properties.pageSetUpPr.fitToPage = True


def values():
    """The sheets as they are stored: a list of rows by name."""
    from openpyxl import load_workbook
    book = load_workbook('archive.xlsx', read_only=True, data_only=True)
    return {name: [['' if value is None else value for value in row] for row in book[name].iter_rows(values_only=True)] for name in book.sheetnames}


def findings(book):
    months, domains, eras = (book[name] for name in SUMMARIES)
    fullest = max((row for row in months[1:-1] if row[0] != 'undated'), key=lambda row: row[1])
    shortest, longest = min(eras[1:-1], key=lambda row: row[3]), max(eras[1:-1], key=lambda row: row[3])
    kinds = [row[1] for row in book['Problems'][1:]]
    return {'mails': months[-1][1], 'copies': months[-1][2], 'noSender': kinds.count('no sender'), 'undated': kinds.count('undated'),
            'month': fullest[0], 'inMonth': fullest[1], 'domain': domains[1][0], 'ofDomain': domains[1][-1],
            'addresses': eras[-1][1], 'words': eras[-1][2], 'shortest': shortest, 'longest': longest}


def deck():
    book = values()
    f = findings(book)
    bars(f'{NOTES}/months.png', [(row[0], row[1]) for row in book['By month'][1:-1] if row[0] >= '2001'])
    bars(f'{NOTES}/eras.png', [(row[0], row[3]) for row in book['By era'][1:-1]])
    notes = lambda *names: f'\n::: notes\nFrom archive.xlsx, {" and ".join(f"sheet {name}" for name in names)}.\n:::\n'
    table = '\n'.join(f'| {row[0]} | {row[-1]:,} |' for row in book['By domain and year'][1:6])
    parts = [
        '% My archive in figures\n% mails and addresses\n',
        f'## {f["mails"]:,} mails, most of them in {f["month"]}\n\n- {f["mails"]:,} mails in {len(book["By month"]) - 2} folders, copies left out\n- {f["month"]} has most: {f["inMonth"]:,}\n- {f["domain"]} sent most: {f["ofDomain"]:,}\n' + notes('By month', 'By domain and year'),
        '## Mails by month\n\n![Mails by month since 2001](months.png)\n' + notes('By month'),
        f'## {f["domain"]} sends most\n\n| domain | mails |\n|:--|--:|\n{table}\n' + notes('By domain and year'),
        f'## {f["addresses"]:,} addresses of {f["words"]:,} words\n\n- shortest in the era {f["shortest"][0]}: {f["shortest"][3]:,} words on average\n- longest in the era {f["longest"][0]}: {f["longest"][3]:,}\n- the longest of all has {max(row[4] for row in book["By era"][1:]):,} words\n' + notes('By era'),
        '## Mean length of an address by era\n\n![Words on average by era](eras.png)\n' + notes('By era'),
        f'## What is wrong in the archive\n\n- {f["copies"]:,} mails are copies of others\n- {f["noSender"]:,} mails have no sender\n- {f["undated"]:,} mails are undated\n' + notes('Problems'),
    ]
    with open(f'{NOTES}/deck.md', 'w', encoding='utf-8') as file:
        file.write('\n'.join(parts))
    return {'slides': len(parts)}


def bars(path, rows):
    from PIL import Image, ImageDraw, ImageFont
    font = ImageFont.truetype('/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf', 22)
    picture = Image.new('RGB', (1400, 780), 'white')
    draw = ImageDraw.Draw(picture)
    step, most = 1300 / len(rows), max(number for _, number in rows)
    for place, (name, number) in enumerate(rows):
        x, tall = 60 + place * step, 560 * number / most
        draw.rectangle([x, 640 - tall, x + step * 0.7, 640], fill='#23685a')
        draw.text((x + step * 0.35, 632 - tall), f'{number:,}', font=font, fill='black', anchor='ms')
        # Names that would not fit beside each other stand on their heads.
        label = Image.new('RGB', (130, 30), 'white')
        ImageDraw.Draw(label).text((130, 15), name, font=font, fill='black', anchor='rm')
        if step < 120:
            label = label.rotate(90, expand=True)
        picture.paste(label, (int(x + step * 0.35 - label.width / 2), 650))
    picture.save(path)


def report():
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.lib.units import cm
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table
    book, styles = values(), getSampleStyleSheet()
    f = findings(book)
    say = lambda text, style='BodyText': Paragraph(escape(text), styles[style])
    frame = [('FONTSIZE', (0, 0), (-1, -1), 9), ('LINEBELOW', (0, 0), (-1, -1), 0.3, '#bbbbbb'), ('BACKGROUND', (0, 0), (-1, 0), '#dde8e4'),
             ('FONTNAME', (0, 0), (-1, 0), 'Helvetica-Bold')]
    number = lambda value: f'{value:,}' if isinstance(value, (int, float)) else value
    table = lambda rows: Table([[number(value) for value in row] for row in rows], repeatRows=1, hAlign='LEFT',
                               style=[*frame, ('ALIGN', (1, 0), (-1, -1), 'RIGHT'), ('FONTNAME', (0, -1), (-1, -1), 'Helvetica-Bold')])
    story = [
        say('My archive in figures', 'Title'),
        say(f'{f["mails"]:,} mails in {len(book["By month"]) - 2} folders, without {f["copies"]:,} copies of others. The month with most of them is {f["month"]} with {f["inMonth"]:,}; '
            f'{f["domain"]} sent most, {f["ofDomain"]:,}.'),
        say(f'{f["addresses"]:,} addresses of {f["words"]:,} words. On average they are shortest in the era {f["shortest"][0]} ({f["shortest"][3]:,} words) and longest in the era '
            f'{f["longest"][0]} ({f["longest"][3]:,}).'),
        say(f'Of the mails {f["noSender"]:,} have no sender and {f["undated"]:,} are undated; each is listed at the end. All figures are in archive.xlsx.'),
        say('Mails by month', 'Heading2'), table(book['By month']), PageBreak(),
        say('Addresses by era', 'Heading2'), table(book['By era']), Spacer(1, 0.5 * cm),
        say('Problems', 'Heading2'),
        Table([[row[0], row[1], say(str(row[2]))] for row in book['Problems']], repeatRows=1, hAlign='LEFT', colWidths=[4 * cm, 2.5 * cm, 10.5 * cm],
              style=[*frame, ('VALIGN', (0, 0), (-1, -1), 'TOP')]),
    ]
    pages = []

    def count(canvas, _):
        pages.append(canvas.getPageNumber())

    def foot(canvas, _):
        canvas.setFont('Helvetica', 8)
        canvas.drawRightString(A4[0] - 2 * cm, 1.2 * cm, f'page {canvas.getPageNumber()} of {len(pages)}')

    document = lambda path: SimpleDocTemplate(path, pagesize=A4, title='My archive in figures', author='The team', leftMargin=2 * cm, rightMargin=2 * cm)
    # Once to count the pages, once to name their number.
    document(f'{NOTES}/pages.pdf').build(copy.deepcopy(story), onFirstPage=count, onLaterPages=count)
    document('archive.pdf').build(story, onFirstPage=foot, onLaterPages=foot)
    return {'pages': len(pages), 'problems': len(book['Problems']) - 1}


def verify():
    mails, speeches, book = read('mails'), read('addresses'), values()
    counted = [mail for mail in mails if not mail['copy']]
    wrong = []
    for name, here, copies, unsent, size in book['By month'][1:-1]:
        own = [mail for mail in counted if mail['month'] == name]
        expected = [len(own), sum(m['month'] == name for m in mails) - len(own), sum(not m['sender'] for m in own), sum(m['bytes'] for m in own)]
        if [here, copies, unsent, size] != expected:
            wrong.append([name, expected])
    for name, *years, total in book['By domain and year'][1:-2]:
        if total != sum(mail['domain'] == name for mail in counted):
            wrong.append([name, total])
    for name, number, words, _, longest in book['By era'][1:-1]:
        own = [row['words'] for row in speeches if row['era'] == name]
        if [number, words, longest] != [len(own), sum(own), max(own)]:
            wrong.append([name, number, words, longest])
    return {'ok': not wrong, 'wrong': wrong, **findings(book)}


if __name__ == '__main__':
    print(json.dumps({'workbook': workbook, 'deck': deck, 'report': report, 'verify': verify}[sys.argv[1]]()))
