"""Reads the archive. Every command may be repeated.

    mails FROM-TO        reads the mails whose names begin so, writes .team/mails-FROM-TO.json
    addresses FROM-TO    counts the words of the addresses of these years, writes .team/addresses-FROM-TO.json

Each prints one JSON object. Arguments: the command, the part, the folder of the archive. It runs in the folder of the reports.
"""

import hashlib
import json
import os
import re
import sys

NOTES = '.team'
ERAS = [('founding', 1828), ('expansion', 1860), ('civil-war', 1877), ('industry', 1916), ('world-wars', 1945),
        ('cold-war', 1991), ('today', 9999)]
WORD = re.compile(r"[A-Za-z]+(?:['\u2019][A-Za-z]+)*")
ADDRESS = re.compile(r'[^@\s]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+')


def mails(part, archive):
    rows = []
    first, last = part.split('-')
    folder = os.path.join(archive, 'mails')
    places = {name: month for month in os.listdir(folder) for name in os.listdir(os.path.join(folder, month))}
    for name in sorted(name for name in places if first <= name[0] <= last):
        with open(os.path.join(folder, places[name], name), 'rb') as file:
            data = file.read()
        head, _, body = re.match(rb'(.*?)(\r?\n\r?\n|\Z)(.*)', data, re.S).groups()
        written = sender_line(head.decode('latin-1'))
        sender = sender_of(written)
        month = places[name]
        rows.append({'file': name, 'month': month, 'year': month[:4] if month != 'undated' else month, 'sender': sender,
                     'domain': sender.partition('@')[2], 'bytes': len(data), 'body': hashlib.sha256(body).hexdigest(), 'written': written})
    write(f'mails-{part}', rows)
    return {'mails': len(rows), 'months': len({row['month'] for row in rows}), 'noSender': [[row['file'], row['written']] for row in rows if not row['sender']],
            'undated': sum(row['month'] == 'undated' for row in rows)}


def sender_line(head):
    found = re.search(r'^from:(.*(?:\r?\n[ \t].*)*)', head, re.I | re.M)
    return ' '.join(found.group(1).split()) if found else ''


def sender_of(written):
    bracketed = re.search(r'<([^<>]*)>[^<]*$', written)
    word = next((word for word in written.split() if '@' in word), '')
    found = (bracketed.group(1).strip() if bracketed else word).lower()
    return found if ADDRESS.fullmatch(found) else ''


def addresses(part, archive):
    rows = []
    first, last = part.split('-')
    folder = os.path.join(archive, 'addresses')
    for name in sorted(name for name in os.listdir(folder) if first <= name[:4] <= last):
        with open(os.path.join(folder, name), encoding='utf-8') as file:
            words = len(WORD.findall(file.read()))
        year = int(name[:4])
        rows.append({'file': name, 'year': year, 'president': name[5:-4].replace('-', ' '),
                     'era': next(era for era, last in ERAS if year <= last), 'words': words})
    write(f'addresses-{part}', rows)
    return {'addresses': len(rows), 'words': sum(row['words'] for row in rows), 'eras': len({row['era'] for row in rows})}


def write(name, rows):
    os.makedirs(NOTES, exist_ok=True)
    spare = f'{NOTES}/{os.urandom(4).hex()}.tmp'
    with open(spare, 'w', encoding='utf-8') as file:
        json.dump(rows, file)
    os.rename(spare, f'{NOTES}/{name}.json')


if __name__ == '__main__':
    print(json.dumps({'mails': mails, 'addresses': addresses}[sys.argv[1]](*sys.argv[2:])))
