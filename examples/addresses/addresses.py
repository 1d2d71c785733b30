"""Compares speeches by era. Every command may be repeated.

    survey                how many addresses, and from when to when
    count ERA             counts the words of one era
    totals                adds the eras up; needs all counts
    digest ERA MEASURE    writes eras/ERA/digest.md; MEASURE is mean or median
    comparison MEASURE    writes comparison.csv, comparison.md and chart.svg
    verify                compares what was written with the counts

Each prints one JSON object. It runs in the folder of the addresses and keeps its notes in .team/.
"""

import json
import math
import os
import re
import sys

NOTES = '.team'
ERAS = {'founding': (1790, 1828), 'expansion': (1829, 1860), 'civil-war': (1861, 1877), 'industry': (1878, 1916),
        'world-wars': (1917, 1945), 'cold-war': (1946, 1991), 'today': (1992, 2021)}
THEMES = ['war', 'peace', 'freedom', 'commerce', 'jobs']
WORD = re.compile(r"[a-z]+(?:['\u2019][a-z]+)*")


def files(era):
    first, last = ERAS[era]
    return sorted(name for name in os.listdir('.') if name.endswith('.txt') and first <= int(name[:4]) <= last)


def president(name):
    return name[5:-4].replace('-', ' ').title()


def survey():
    names = sorted(name for name in os.listdir('.') if name.endswith('.txt'))
    years = [int(name[:4]) for name in names]
    twice = sorted({year for year in years if years.count(year) > 1})
    return {'addresses': len(names), 'first': min(years), 'last': max(years), 'twice': twice,
            'eras': {era: len(files(era)) for era in ERAS}}


def count(era):
    words, addresses = {}, []
    for name in files(era):
        with open(name, encoding='utf-8') as file:
            # ASCII letters only, as the job says; lower() of other letters must not make new ones.
            found = WORD.findall(re.sub('[A-Z]', lambda letter: letter[0].lower(), file.read()))
        addresses.append([name, len(found)])
        for word in found:
            words[word] = words.get(word, 0) + 1
    write(f'{NOTES}/count-{era}.json', json.dumps({'addresses': addresses, 'words': words}))
    lengths = [length for _, length in addresses]
    longest = max(addresses, key=lambda pair: pair[1])
    return {'era': era, 'addresses': len(addresses), 'words': sum(lengths), 'longest': longest,
            'mean': round(sum(lengths) / len(lengths)), 'median': median(lengths)}


def totals():
    words = {}
    for era in ERAS:
        for word, number in counted(era)['words'].items():
            words[word] = words.get(word, 0) + number
    write(f'{NOTES}/totals.json', json.dumps(words))
    return {'words': sum(words.values()), 'different': len(words)}


def digest(era, measure):
    counts = counted(era)
    with open(f'{NOTES}/totals.json') as file:
        everywhere = json.load(file)
    lengths = [length for _, length in counts['addresses']]
    longest = max(counts['addresses'], key=lambda pair: pair[1])
    shortest = min(counts['addresses'], key=lambda pair: pair[1])
    presidents = list(dict.fromkeys(president(name) for name, _ in counts['addresses']))
    first, last = ERAS[era]
    names = ', '.join(presidents)
    themes = ', '.join(f'{theme} {counts["words"].get(theme, 0)}' for theme in THEMES)
    lines = [f'# {era}, {first} to {last}', '',
             f'{len(lengths)} addresses of {sum(lengths)} words by {len(presidents)} presidents: {names}.', '',
             f'- An address has {typical(lengths, measure)} words ({measure}).',
             f'- The longest is {longest[0]} with {longest[1]} words, the shortest {shortest[0]} with {shortest[1]}.',
             f'- {themes}.', '',
             '## Words of this era', '', 'More frequent here than in all others together (log-likelihood):', '']
    lines += [f'- {word} ({here} of {everywhere[word]})' for word, here in particular(counts['words'], everywhere)]
    os.makedirs(f'eras/{era}', exist_ok=True)
    write(f'eras/{era}/digest.md', '\n'.join(lines) + '\n')
    return {'era': era, 'presidents': len(presidents), 'particular': [word for word, _ in particular(counts['words'], everywhere)][:5]}


def particular(words, everywhere, most=15):
    """Words that stand out here against all other eras (Dunning's log-likelihood, Rayson and Garside 2000)."""
    here, all_words = sum(words.values()), sum(everywhere.values())
    there = all_words - here
    scored = []
    for word, a in words.items():
        b = everywhere[word] - a
        if a < 20 or len(word) < 4 or a * there <= b * here:
            continue
        expected_a, expected_b = here * (a + b) / all_words, there * (a + b) / all_words
        scored.append((2 * (a * math.log(a / expected_a) + (b * math.log(b / expected_b) if b else 0)), word, a))
    return [(word, a) for _, word, a in sorted(scored, key=lambda row: (-row[0], row[1]))[:most]]


def comparison(measure):
    rows = []
    for era in ERAS:
        counts = counted(era)
        lengths = [length for _, length in counts['addresses']]
        longest = max(counts['addresses'], key=lambda pair: pair[1])
        rows.append([era, len(lengths), sum(lengths), longest[0], *(counts['words'].get(theme, 0) for theme in THEMES), typical(lengths, measure)])
    header = ['era', 'addresses', 'words', 'longest', *THEMES]
    write('comparison.csv', '\n'.join(','.join(map(str, row[: len(header)])) for row in [header, *rows]) + '\n')
    heads = ' | '.join(THEMES)
    lines = ['# The addresses by era', '', '![Themes by era](chart.svg)', '', 'Themes are counted for every 10,000 words.', '',
             f'| era | addresses | words | {measure} | {heads} |', '|---|' + '---:|' * (3 + len(THEMES))]
    for row in rows:
        rates = [f'{number * 10000 / row[2]:.1f}' for number in row[4:9]]
        cells = ' | '.join(map(str, [row[1], row[2], row[9], *rates]))
        lines.append(f'| [{row[0]}](eras/{row[0]}/digest.md) | {cells} |')
    lines += ['']
    for place, theme in enumerate(THEMES):
        rates = {row[0]: row[4 + place] / row[2] for row in rows}
        lines.append(f'- **{theme}**: most in {max(rates, key=rates.get)}, least in {min(rates, key=rates.get)}.')
    write('comparison.md', '\n'.join(lines) + '\n')
    write('chart.svg', chart(rows))
    return {'addresses': sum(row[1] for row in rows), 'words': sum(row[2] for row in rows), 'eras': len(rows)}


def chart(rows):
    colours = ['#b03535', '#3572b0', '#3a8f4d', '#b08a35', '#7a4fa3']
    rates = [[number * 10000 / row[2] for number in row[4:9]] for row in rows]
    most = max(map(max, rates))
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 920 340" font-family="sans-serif" font-size="11">',
             '<title>Themes by era, for every 10,000 words</title><rect width="920" height="340" fill="#fff"/>']
    for place, row in enumerate(rows):
        x = 40 + place * 124
        parts.append(f'<text x="{x + 55}" y="315" text-anchor="middle">{row[0]}</text>')
        for theme, rate in enumerate(rates[place]):
            tall = 260 * rate / most
            parts.append(f'<rect x="{x + theme * 22}" y="{295 - tall:.1f}" width="19" height="{tall:.1f}" fill="{colours[theme]}"><title>{THEMES[theme]} in {row[0]}: {rate:.1f}</title></rect>')
    for theme, name in enumerate(THEMES):
        parts.append(f'<rect x="{600 + theme * 64}" y="8" width="9" height="9" fill="{colours[theme]}"/><text x="{612 + theme * 64}" y="17">{name}</text>')
    return '\n'.join(parts) + '\n</svg>\n'


def verify():
    with open('comparison.csv') as file:
        rows = [line.rstrip('\n').split(',') for line in file][1:]
    digests = [era for era in ERAS if os.path.exists(f'eras/{era}/digest.md')]
    words = {era: sum(length for _, length in counted(era)['addresses']) for era in ERAS}
    ok = len(digests) == len(ERAS) and {row[0]: int(row[2]) for row in rows} == words
    return {'ok': ok, 'digests': len(digests), 'words': sum(words.values())}


def counted(era):
    with open(f'{NOTES}/count-{era}.json') as file:
        return json.load(file)


def typical(lengths, measure):
    return median(lengths) if measure == 'median' else round(sum(lengths) / len(lengths))


def median(numbers):
    ordered = sorted(numbers)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) // 2


def write(path, text):
    spare = f'{NOTES}/{os.urandom(4).hex()}.tmp'
    with open(spare, 'w', encoding='utf-8') as file:
        file.write(text)
    os.rename(spare, path)


def main(command, *args):
    os.makedirs(NOTES, exist_ok=True)
    commands = {'survey': survey, 'count': count, 'totals': totals, 'digest': digest, 'comparison': comparison, 'verify': verify}
    print(json.dumps(commands[command](*args)))


if __name__ == '__main__':
    main(*sys.argv[1:])
