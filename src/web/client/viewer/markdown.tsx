import { marked, type Token, type Tokens } from 'marked';
import type { ComponentChild } from 'preact';
import { isModest } from './markdown-bounds.ts';

/** Addresses that a link may have; anything else is text. */
const LINK = /^(?:https?:\/\/|mailto:)/i;

/**
 * Markdown as elements of the page. No markup is ever parsed: what is HTML in the text is shown as the letters that it is, pictures
 * by their description, and links only of the web and of mail, to be opened by a person.
 */
export function Markdown({ text }: { text: string }) {
  if (!isModest(text)) return <pre class="sheet">{text}</pre>;
  return <div class="prose">{all(marked.lexer(text, { gfm: true }))}</div>;
}

const all = (tokens: readonly Token[] | undefined): ComponentChild[] =>
  (tokens ?? []).map((token) => DRAWN[token.type]?.(token) ?? token.raw);

/** How each kind of token is drawn; HTML, and what is not known, stays as it was written. */
const DRAWN: Record<string, (token: Token) => ComponentChild> = {
  space: () => <></>,
  def: () => <></>,
  checkbox: () => <></>, // drawn by its item
  hr: () => <hr />,
  br: () => <br />,
  paragraph: (token) => <p>{inside(token)}</p>,
  blockquote: (token) => <blockquote>{inside(token)}</blockquote>,
  strong: (token) => <strong>{inside(token)}</strong>,
  em: (token) => <em>{inside(token)}</em>,
  del: (token) => <del>{inside(token)}</del>,
  code: (token) => <pre>{(token as Tokens.Code).text}</pre>,
  codespan: (token) => <code>{(token as Tokens.Codespan).text}</code>,
  escape: (token) => (token as Tokens.Escape).text,
  text: (token) =>
    'tokens' in token && token.tokens !== undefined ? inside(token) : named((token as Tokens.Text).text),
  image: (token) => <span class="muted">[picture: {(token as Tokens.Image).text || 'without a word'}]</span>,
  heading: (token) => {
    // The page has the first level, and the view the second.
    const level = Math.min(6, (token as Tokens.Heading).depth + 2) as 3 | 4 | 5 | 6;
    const Heading = `h${level}` as const;
    return <Heading>{inside(token)}</Heading>;
  },
  list: (token) => <List token={token as Tokens.List} />,
  table: (token) => <Table token={token as Tokens.Table} />,
  link: (token) => {
    const { href } = token as Tokens.Link;
    if (!LINK.test(href)) return <>{inside(token)}</>;
    return (
      <a href={href} target="_blank" rel="noopener noreferrer" title={href}>
        {inside(token)}
      </a>
    );
  },
};

const inside = (token: Token): ComponentChild[] => all('tokens' in token ? token.tokens : []);

function List({ token: { ordered, start, items } }: { token: Tokens.List }) {
  const rows = items.map((item, index) => (
    <li key={String(index)}>
      {item.task && <input type="checkbox" checked={item.checked === true} disabled aria-label="done" />}
      {all(item.tokens)}
    </li>
  ));
  return ordered ? <ol start={Number(start) || 1}>{rows}</ol> : <ul>{rows}</ul>;
}

function Table({ token: { header, rows } }: { token: Tokens.Table }) {
  return (
    <div class="sheet-box">
      <table>
        <thead>
          <tr>
            {header.map((cell, index) => (
              <th key={String(index)} scope="col">
                {all(cell.tokens)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={String(at)}>
              {row.map((cell, index) => (
                <td key={String(index)}>{all(cell.tokens)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: '\u00a0', '#39': "'" };

/** The few names of characters that people use in Markdown. */
const named = (text: string): string =>
  text.replaceAll(/&(amp|lt|gt|quot|nbsp|#39);/g, (_, name) => NAMED[name] ?? '');
