import { untilDone } from '../../../examples/reports/until-done.ts';
import { defineRehearsal, insist, say } from '../../../src/model/rehearsal/script.ts';

const S = '/plugins/documents/scripts';
const python = (program: string): string => `python3 -c '${program}'`;
const node = (program: string): string => `node -e '${program}'`;

/** What the skills for documents tell their readers to do, one command each: LibreOffice takes its time, and a call has two minutes. */
const STEPS = [
  // xlsx
  python(
    'import openpyxl; w = openpyxl.Workbook(); d = w.active; d.title = "Data"; [d.append([n]) for n in (20, 21, 1)]; s = w.create_sheet("Sum"); s["A1"] = "all"; s["B1"] = "=SUM(Data!A1:A3)"; w.save("raw.xlsx")',
  ),
  `${S}/recalculate.sh raw.xlsx book.xlsx`,
  `python3 ${S}/office.py errors book.xlsx`,
  `python3 ${S}/office.py replace book.xlsx named.xlsx all everything`,
  `${S}/look.sh named.xlsx sheets`,
  python('import pandas; assert list(pandas.read_excel("book.xlsx", "Sum", header=None)[1]) == [42]'),
  // docx
  'printf "# Findings\\n\\nForty-three things.\\n\\n| a | b |\\n|---|---|\\n| 1 | 2 |\\n" > text.md && pandoc text.md -o raw.docx',
  `python3 ${S}/office.py replace raw.docx named.docx Forty-three Forty-two`,
  python('import docx; d = docx.Document("named.docx"); d.add_paragraph("The end."); d.save("text.docx")'),
  'pandoc text.docx -t markdown --track-changes=all > read.md && grep -q Forty-two read.md && grep -q "The end" read.md',
  `${S}/look.sh text.docx papers`,
  // pptx
  'printf "## What we found\\n\\nForty-three\\n\\n::: notes\\nSay it.\\n:::\\n" > deck.md && pandoc --slide-level=2 deck.md -o raw.pptx',
  `python3 ${S}/office.py replace raw.pptx deck.pptx Forty-three Forty-two`,
  `${S}/look.sh deck.pptx slides`,
  // A document of the same name is another one, and pictures of before are gone.
  'cp text.docx deck.docx && touch slides/page-77.png',
  `${S}/look.sh deck.docx slides`,
  'test ! -e slides/page-77.png && pdftotext slides/deck.docx.pdf - | grep -q "The end" && pdftotext slides/deck.pptx.pdf - | grep -q Forty-two',
  // pdf
  python(
    'from reportlab.platypus import SimpleDocTemplate, Paragraph, Table; from reportlab.lib.styles import getSampleStyleSheet as s; SimpleDocTemplate("made.pdf", title="Made").build([Paragraph("Forty-two pages", s()["Title"]), Table([["month", "sum"], ["May", "17"]])])',
  ),
  python(
    'from reportlab.pdfgen.canvas import Canvas; c = Canvas("form.pdf"); c.drawString(99, 720, "Who"); c.acroForm.textfield(name="who", x=99, y=680); c.save()',
  ),
  'qpdf --check made.pdf && pdfinfo made.pdf | grep -q "Title: *Made" && pdftotext -layout made.pdf - | grep -q "May *17"',
  'qpdf --empty --pages made.pdf 1 form.pdf 1 -- both.pdf && qpdf --rotate=+90:2 both.pdf turned.pdf && pdfinfo turned.pdf | grep -q "Pages: *2"',
  python(
    'import pypdf; r = pypdf.PdfReader("form.pdf"); assert list(r.get_fields()) == ["who"]; w = pypdf.PdfWriter(); w.append(r); w.update_page_form_field_values(w.pages[0], {"who": "Ada"}); w.write("filled.pdf"); assert pypdf.PdfReader("filled.pdf").get_form_text_fields() == {"who": "Ada"}',
  ),
  `${S}/look.sh made.pdf pages`,
  'pdftoppm -r 200 -gray -png made.pdf scan && tesseract scan-1.png - --psm 6 | grep -q "Forty-two pages"',
  // What public skills call
  'python -c "import defusedxml.minidom, pypdf, reportlab, openpyxl, pandas, lxml"',
  node(
    'const { Document, Packer, Paragraph } = require("docx"); Packer.toBuffer(new Document({ sections: [{ children: [new Paragraph("By docx")] }] })).then((made) => require("fs").writeFileSync("js.docx", made))',
  ),
  node(
    'const deck = new (require("pptxgenjs"))(); deck.addSlide().addText("By pptxgenjs", { x: 1, y: 1 }); deck.writeFile({ fileName: "js.pptx" })',
  ),
  node(
    'require("pdf-lib").PDFDocument.create().then(async (made) => { made.addPage().drawText("By pdf-lib"); require("fs").writeFileSync("js.pdf", await made.save()) })',
  ),
  `python3 ${S}/office.py text js.docx | grep -q "By docx" && python3 ${S}/office.py text js.pptx | grep -q "By pptxgenjs" && pdftotext js.pdf - | grep -q "By pdf-lib"`,
];

/** Ends with a summary of one line a step: its exit code, its last words. */
export default defineRehearsal({
  title: 'Documents',
  *lead(agent) {
    const ends: string[] = [];
    for (const step of STEPS) {
      const command = `cd ${agent.grants[0]?.path} && { ${step}; } >/tmp/said 2>&1; echo "$? $(tail -c 300 /tmp/said | tr '\\n' ' ')"`;
      const { results } = yield* untilDone('Next.', command);
      ends.push(`${(results[0]?.text ?? '').trim()} · ${step.slice(0, 60)}`);
    }
    yield* insist(say('Done.').call('finish_job', { summary: ends.join('\n'), force: true }));
  },
  *teammate() {},
});
