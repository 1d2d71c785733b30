import { expect, test } from 'vitest';
import { readablePage } from '../../src/text/readable-page.ts';

const base = new URL('http://host.example/docs/page.html');
const textOf = (html: string) => readablePage(html, base).text;

test('a page is read as its text with headings, lists, tables and links, without what surrounds it', () => {
  const page = `<!doctype html><html><head><title>Bees &amp; wasps</title><style>p { color: red }</style>
    <script>document.write('<p>not read</p>')</script></head><body><nav><a href="/">Home</a></nav>
    <main><h1>Bees</h1><p>Bees   are
    <b>insects</b> (<a href="../more.html?a=1&amp;b=2">more</a>).</p><ul><li>one<li>two</ul>
    <table><tr><th>kind</th><th>legs</th></tr><tr><td>bee</td><td>6</td></tr></table>
    <pre>a  b
c</pre><!-- <p>not read</p> --><p>5 &lt; 6 &#8364; &#x41; &unknown;</p></main><footer>(c)</footer></body></html>`;
  const { title, text } = readablePage(page, base);
  expect(title).toBe('Bees & wasps');
  expect(text).toBe(
    [
      ...['# Bees', '', 'Bees are insects (more (http://host.example/more.html?a=1&b=2)).', ''],
      ...['- one', '- two', '', 'kind | legs |', '', 'bee | 6 |', '', 'a  b', 'c', '', '5 < 6 € A &unknown;'],
    ].join('\n'),
  );
});

test.each([
  ['', ''],
  ['no markup at all, 1 < 2', 'no markup at all, 1 < 2'],
  ['<p>open <b>ended', 'open ended'],
  ['a<script>never ended', 'a'],
  ['a<!-- never ended', 'a'],
  ['<nav><nav>x</nav>y</nav>z', 'z'],
  ['<a href="javascript:alert(1)">x</a>', 'x'],
  ["<p title='a > b'>x</p>", 'x'],
  ['<a href="http://x" title="unclosed>y', '<a href="http://x" title="unclosed>y'],
  ['&#0;&#xd800;&#9999999;x', 'x'],
])('what is no proper page is read, too: %j', (html, text) => {
  expect(textOf(html)).toBe(text);
});

test('no page takes long, however it is made', () => {
  const began = process.cpuUsage().user;
  const piece = 200_000;
  for (const part of [
    '<',
    '<a ',
    '<a "',
    "<a '",
    '<script>',
    '<!--',
    '</',
    '&',
    '<p>',
    '<nav>',
    '<a href=x>',
  ])
    textOf(part.repeat(piece));
  expect((process.cpuUsage().user - began) / 1e6).toBeLessThan(15);
});
