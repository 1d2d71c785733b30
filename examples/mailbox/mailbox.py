"""Sorts a folder of loose e-mails by month. Every command may be repeated: it goes on where an earlier run stopped.

    survey                 how many mails, and how their dates look
    sort FROM-TO           sorts the mails whose names begin with FROM to TO; holds back those with odd years
    settle YEARS OUTSIDE   sorts what was held back; YEARS: since-1900, undated,
                           or by-received (since-1900 when all Received lines agree); OUTSIDE: undated
    index                  writes index.csv and undated/reasons.csv
    digest FROM TO         writes a digest for each month from FROM to TO (YYYY-MM)
    overview               writes overview.md and chart.svg
    verify                 compares folders, index and sizes

Each prints one JSON object. It runs in the folder of the mails and keeps its notes in .team/.
"""

import json
import os
import re
import sys
from datetime import datetime, timedelta

NOTES = '.team'
FIRST_YEAR, LAST_YEAR = 1995, 2003
MONTHS = {name: number + 1 for number, name in enumerate('jan feb mar apr may jun jul aug sep oct nov dec'.split())}
ZONES = {'ut': 0, 'utc': 0, 'gmt': 0, 'z': 0, 'est': -5, 'edt': -4, 'cst': -6, 'cdt': -5,
         'mst': -7, 'mdt': -6, 'pst': -8, 'pdt': -7}
CLOCK = r'(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?(?:\s*([AP]M)\b)?'
FORMS = [  # day month year time zone · month day time year · year/month/day weekday time zone
    re.compile(r'^(?:[a-z]{3,9}\s*,?\s*)?(?P<d>\d{1,2})\s+(?P<m>[a-z]{3})[a-z]*\s+(?P<y>\d{2,4})\s+' + CLOCK + r'\s*(?P<z>\S*)', re.I),
    re.compile(r'^(?:[a-z]{3}\s+)?(?P<m>[a-z]{3})\s+(?P<d>\d{1,2})\s+' + CLOCK + r'\s+(?P<y>\d{4})\s*(?P<z>\S*)', re.I),
    re.compile(r'^(?P<y>\d{4})/(?P<m>\d{1,2})/(?P<d>\d{1,2})\s+(?:[a-z]{3}\s+)?' + CLOCK + r'\s*(?P<z>\S*)', re.I),
]


def headers(raw):
    """The first Date, From and Subject of a mail and the years of its Received lines."""
    head = re.split(rb'\r?\n\r?\n', raw, maxsplit=1)[0].decode('latin-1')
    head = re.sub(r'\r?\n[ \t]+', ' ', head)
    found = {'received': []}
    for line in re.split(r'\r?\n', head):
        name, colon, value = line.partition(':')
        name = name.lower()
        if colon and name in ('date', 'from', 'subject'):
            found.setdefault(name, value.strip())
        elif name == 'received':
            found['received'] += re.findall(r'\b(?:19|20)\d\d\b(?= \d\d:)', value)
    return found


def date_of(text):
    """What a Date header says: (local time, zone in minutes or None, year as written), or None."""
    text = re.sub(r'\([^()]*\)', ' ', text).strip()
    for form in FORMS:
        match = form.match(text)
        if not match:
            continue
        month = MONTHS.get(match['m'].lower()) or (int(match['m']) if match['m'].isdigit() else 0)
        groups = [group for group in match.groups()]
        hour, minute, second, half = [groups[i] for i in clock_places(form)]
        hour = int(hour)
        if half:
            hour = hour % 12 + (12 if half.upper() == 'PM' else 0)
        year = int(match['y'])
        if len(match['y']) == 2:
            year += 2000 if year < 50 else 1900
        try:
            # Years below 1900 are settled later; 1904 stands in for them because it has every day.
            datetime(year if year >= 1900 else 1904, month, int(match['d']), hour, int(minute), int(second or 0))
        except ValueError:
            return None
        return [year, month, int(match['d']), hour, int(minute), int(second or 0)], zone_of(match['z']), match['y']
    return None


def clock_places(form):
    named = set(form.groupindex.values())
    return [place - 1 for place in range(1, form.groups + 1) if place not in named]


def zone_of(word):
    match = re.match(r'^([+-])(\d\d)(\d\d)$', word)
    if match:
        minutes = int(match[2]) * 60 + int(match[3])
        if int(match[3]) < 60 and minutes <= 14 * 60:
            return minutes if match[1] == '+' else -minutes
        return None
    hours = ZONES.get(word.lower())
    return None if hours is None else hours * 60


def place(row, local, zone):
    """Fills in month and date of a row, or the reason why it has none."""
    if not FIRST_YEAR <= local[0] <= LAST_YEAR:
        return undated(row, 'implausible', f'the date says {local[0]}, outside {FIRST_YEAR} to {LAST_YEAR}')
    time = datetime(*local)
    if zone is not None:
        utc = time - timedelta(minutes=zone)
        return {**row, 'month': f'{utc.year}-{utc.month:02}', 'date': utc.isoformat() + 'Z'}
    early, late = time - timedelta(hours=14), time + timedelta(hours=12)
    if early.month != late.month:
        return undated(row, 'zone', 'no zone is given and the month depends on it')
    return {**row, 'month': f'{time.year}-{time.month:02}', 'date': time.isoformat()}


def undated(row, reason, detail):
    return {**row, 'month': 'undated', 'date': '', 'reason': reason, 'detail': detail}


def classify(name, raw):
    found = headers(raw)
    row = {'file': name, 'size': len(raw), 'from': clean(found.get('from', '')), 'subject': clean(found.get('subject', ''))}
    if 'date' not in found:
        return undated(row, 'missing', 'there is no Date header')
    date = date_of(found['date'])
    if date is None:
        return undated(row, 'unreadable', clean(found['date']))
    local, zone, written = date
    odd = {'local': local, 'zone': zone, 'written': written, 'received': sorted(set(found['received']))}
    if local[0] < 1900:
        return {**row, 'held': 'short year', **odd}
    if not FIRST_YEAR <= local[0] <= LAST_YEAR:
        return {**row, 'held': 'outside', **odd}
    return place(row, local, zone)


def clean(text):
    return re.sub(r'[\x00-\x1f\x7f-\x9f]+', ' ', text).strip()


def loose():
    return sorted(name for name in os.listdir('.') if name.endswith('.eml'))


def note_rows(part, rows):
    """Notes rows before anything is moved, in a file of their own, so that no run can lose another's."""
    path = f'{NOTES}/{part}.{os.urandom(4).hex()}'
    with open(f'{path}.tmp', 'w') as file:
        file.write(''.join(json.dumps(row) + '\n' for row in rows))
    os.rename(f'{path}.tmp', f'{path}.jsonl')


def noted(part=''):
    """All rows noted so far, one for each mail; what was settled wins over what was held."""
    rows = {}
    for name in sorted(os.listdir(NOTES)):
        if name.startswith(part) and name.endswith('.jsonl'):
            with open(f'{NOTES}/{name}') as file:
                for line in file:
                    row = json.loads(line)
                    if 'held' not in row or row['file'] not in rows:
                        rows[row['file']] = row
    return rows


def move(rows):
    for folder in {row['month'] for row in rows}:
        os.makedirs(folder, exist_ok=True)
    for row in rows:
        try:
            os.rename(row['file'], f"{row['month']}/{row['file']}")
        except FileNotFoundError:
            if not os.path.exists(f"{row['month']}/{row['file']}"):
                raise


def survey():
    names = loose()
    sample = names[:: max(1, len(names) // 12)][:12]
    dates = []
    for name in sample:
        with open(name, 'rb') as file:
            dates.append(headers(file.read(16384)).get('date', 'none'))
    return {'mails': len(names), 'first': names[:1], 'last': names[-1:], 'dates': dates}


def sort(letters):
    first, last = letters.split('-')
    rows = []
    for name in loose():
        if first <= name[0] <= last:
            try:
                with open(name, 'rb') as file:
                    rows.append(classify(name, file.read()))
            except FileNotFoundError:
                pass  # another run of the same task has moved it, and noted it before
    part = f'sort-{letters}'
    if rows:
        note_rows(part, rows)
        move([row for row in rows if 'held' not in row])
    all_rows = list(noted(part).values())
    held = [row for row in all_rows if 'held' in row]
    short = [row for row in held if row['held'] == 'short year']
    return {
        'mails': len(all_rows),
        'sorted': len([row for row in all_rows if row.get('month', 'undated') != 'undated']),
        'undated': counts(row['reason'] for row in all_rows if 'reason' in row),
        'shortYears': {
            'mails': len(short),
            'written': sorted({row['written'] for row in short}),
            'received': counts(year for row in short for year in row['received']),
        },
        'outside': [[row['file'], row['written'], row['received'][:1]] for row in held if row['held'] == 'outside'],
        'example': short[0]['file'] if short else None,
    }


def settle(years, outside):
    held = [row for row in noted('sort-').values() if 'held' in row]
    if years == 'by-received':
        short = [row for row in held if row['held'] == 'short year']
        agree = all(row['received'] == [str(row['local'][0] + 1900)] for row in short)
        years = 'since-1900' if agree else 'undated'
    settled = []
    for row in held:
        base = {key: row[key] for key in ('file', 'size', 'from', 'subject')}
        local = row['local']
        if row['held'] == 'short year':
            if years == 'since-1900':
                settled.append(place(base, [local[0] + 1900, *local[1:]], row['zone']))
            else:
                settled.append(undated(base, 'unreadable', f"the year is written {row['written']}"))
        elif outside == 'undated':
            settled.append(place(base, local, row['zone']))
    if settled:
        note_rows('held', settled)
        move([row for row in settled if os.path.exists(row['file'])])
    return {'settled': len(settled), 'months': counts(row['month'] for row in settled), 'left': len(loose())}


def index():
    import csv

    rows = [row for _, row in sorted(noted().items())]
    open_rows = [row['file'] for row in rows if 'month' not in row]
    if open_rows or loose():
        raise SystemExit(f'{len(open_rows)} mails are held back and {len(loose())} lie loose; settle them first')
    os.makedirs('undated', exist_ok=True)
    with open(f'{NOTES}/index.tmp', 'w', newline='') as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(['file', 'month', 'date', 'from', 'subject'])
        writer.writerows([row['file'], row['month'], row['date'], row['from'], row['subject']] for row in rows)
    os.rename(f'{NOTES}/index.tmp', 'index.csv')
    with open(f'{NOTES}/reasons.tmp', 'w', newline='') as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(['file', 'reason', 'detail'])
        writer.writerows([row['file'], row['reason'], row['detail']] for row in rows if row['month'] == 'undated')
    os.rename(f'{NOTES}/reasons.tmp', 'undated/reasons.csv')
    months = counts(row['month'] for row in rows)
    return {'mails': len(rows), 'months': len(months) - ('undated' in months), 'undated': months.get('undated', 0)}


def read_index():
    import csv

    with open('index.csv', newline='') as file:
        return list(csv.DictReader(file))


def digest(first, last):
    sizes = {row['file']: row['size'] for row in noted().values()}
    months = {}
    for row in read_index():
        if first <= row['month'] <= last:
            months.setdefault(row['month'], []).append(row)
    wrong = []
    for month, rows in sorted(months.items()):
        there = {entry.name: entry.stat().st_size for entry in os.scandir(month) if entry.name.endswith('.eml')}
        wrong += [row['file'] for row in rows if there.get(row['file']) != sizes[row['file']]]
        wrong += [name for name in there if name not in {row['file'] for row in rows}]
        with open(f'{NOTES}/digest-{month}.tmp', 'w') as file:
            file.write(digest_text(month, rows))
        os.rename(f'{NOTES}/digest-{month}.tmp', f'{month}/digest.md')
    return {'months': len(months), 'mails': sum(map(len, months.values())), 'wrong': wrong}


def digest_text(month, rows):
    senders = top(sender(row['from']) for row in rows)
    threads = top(thread(row['subject']) for row in rows)
    days = counts(row['date'][:10] for row in rows)
    busiest = max(sorted(days), key=days.get)
    answers = len([row for row in rows if re.match(r're\s*:', row['subject'], re.I)])
    lines = [f'# {month}', '', f'{len(rows)} mails from {len({sender(row["from"]) for row in rows})} senders; {answers} are answers.',
             f'The busiest day was {busiest} with {days[busiest]}.', '', '## Most active senders', '']
    lines += [f'- {name}: {count}' for name, count in senders]
    lines += ['', '## What it was about', '']
    lines += [f'- {name} ({count})' for name, count in threads]
    return '\n'.join(lines) + '\n'


def sender(text):
    match = re.search(r'<([^<>]+)>', text)
    return escape((match[1] if match else text.split(' ')[0]).lower() or 'nobody')


def thread(subject):
    bare = re.sub(r'^(\s*(re|fw|fwd|aw|\[[^\]]*\])\s*:?\s*)+', '', subject, flags=re.I)
    return escape(bare[:80].strip() or '(no subject)')


def escape(text):
    """Mail is foreign text: in Markdown and SVG it must stay text."""
    return re.sub(r'[<>&`|*_\[\]]', lambda match: f'&#{ord(match[0])};', text)


def counts(items):
    found = {}
    for item in items:
        found[item] = found.get(item, 0) + 1
    return found


def top(items, most=8):
    return sorted(counts(items).items(), key=lambda pair: (-pair[1], pair[0]))[:most]


def overview():
    rows = read_index()
    months = counts(row['month'] for row in rows)
    without = months.pop('undated', 0)
    ordered = sorted(months.items())
    with open('chart.svg', 'w') as file:
        file.write(chart(ordered))
    busiest = max(ordered, key=lambda pair: pair[1])
    reasons = {}
    if without:
        import csv

        with open('undated/reasons.csv', newline='') as file:
            reasons = counts(row['reason'] for row in csv.DictReader(file))
    lines = ['# The mailbox', '', f'{len(rows)} mails: {len(rows) - without} in {len(ordered)} months, {without} undated.',
             f'The first month is {ordered[0][0]}, the last {ordered[-1][0]}, the fullest {busiest[0]} with {busiest[1]}.', '',
             '![Mails per month](chart.svg)', '', '| month | mails | |', '|---|---:|---|']
    lines += [f'| [{month}]({month}/digest.md) | {count} | {"█" * max(1, round(count * 30 / busiest[1]))} |' for month, count in ordered]
    lines += ['', '## Undated', '']
    lines += [f'- {reason}: {count}' for reason, count in sorted(reasons.items())] or ['None.']
    lines += ['', '## Most active senders', ''] + [f'- {name}: {count}' for name, count in top(sender(row['from']) for row in rows)]
    with open('overview.md', 'w') as file:
        file.write('\n'.join(lines) + '\n')
    return {'mails': len(rows), 'months': len(ordered), 'undated': without, 'fullest': list(busiest), 'reasons': reasons}


def chart(ordered):
    width, height, left, bottom = 920, 340, 44, 70
    most = max(count for _, count in ordered)
    step = (width - left - 10) / len(ordered)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">',
             f'<title>Mails per month</title><rect width="{width}" height="{height}" fill="#fff"/>']
    for line in range(5):
        y = 20 + (height - bottom - 20) * line / 4
        parts.append(f'<path d="M{left} {y:.1f}H{width - 10}" stroke="#ddd"/><text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{round(most * (4 - line) / 4)}</text>')
    for place, (month, count) in enumerate(ordered):
        tall = (height - bottom - 20) * count / most
        x = left + step * place
        parts.append(f'<rect x="{x + step * .12:.1f}" y="{height - bottom - tall:.1f}" width="{step * .76:.1f}" height="{tall:.1f}" fill="#3572b0"><title>{month}: {count}</title></rect>')
        parts.append(f'<text transform="translate({x + step / 2 + 4:.1f} {height - bottom + 8}) rotate(-60)" text-anchor="end">{month}</text>')
    return '\n'.join(parts) + '\n</svg>\n'


def verify():
    rows = read_index()
    wanted = counts(row['month'] for row in rows)
    found, digests = {}, 0
    for entry in os.scandir('.'):
        if entry.is_dir() and entry.name != NOTES:
            names = os.listdir(entry.name)
            found[entry.name] = len([name for name in names if name.endswith('.eml')])
            digests += 'digest.md' in names
    found = {name: count for name, count in found.items() if count}
    return {'ok': found == wanted and not loose() and digests == len(wanted) - ('undated' in wanted),
            'mails': len(rows), 'folders': len(found), 'digests': digests, 'loose': len(loose())}


def main(command, *args):
    os.makedirs(NOTES, exist_ok=True)
    commands = {'survey': survey, 'sort': sort, 'settle': settle, 'index': index, 'digest': digest,
                'overview': overview, 'verify': verify}
    print(json.dumps(commands[command](*args)))


if __name__ == '__main__':
    main(*sys.argv[1:])
