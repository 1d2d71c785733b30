/** Guest images that a team can have: `plain` is every team's unless it asks for another. */
export const IMAGE_NAMES = ['plain', 'office'] as const;

export type ImageName = (typeof IMAGE_NAMES)[number];

/** What an agent is told of its machine, beside that it is slow. */
export const IMAGE_WORDS: Readonly<Record<ImageName, string>> = {
  plain: 'Debian, git, python3, ripgrep, curl, jq and node',
  office:
    'Debian, git, python3 (openpyxl, XlsxWriter, docx, pypdf, pdfminer, reportlab, lxml, PIL, pandas), LibreOffice (soffice --headless), pandoc, poppler (pdftotext, pdftoppm), qpdf, tesseract, ripgrep, curl, jq and node',
};
