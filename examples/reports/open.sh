#!/bin/sh
# open.sh PART REPORTS OUT: opens a report with programs that did not make it, and leaves what they saw in OUT for check.ts.
#   workbook   adds 1,000,000 bytes to the first mail, has LibreOffice calculate all sheets anew: OUT/book-SHEET.csv
#   deck       LibreOffice shows it, poppler reads what is shown: OUT/deck.html (words with their places), OUT/deck-N.pgm (pictures)
#   pdf        qpdf and poppler: OUT/qpdf.txt, report.info, report.txt, report.html, report-N.pgm
set -eu
reports=$2 out=$3
work=${TMPDIR:-/tmp}/open-$1
mkdir -p "$work"
# Beside this file in a machine; ends with 75 when it takes longer than a call may: run the same again.
convert=${0%/*}/convert.sh
[ -e "$convert" ] || convert=${0%/*}/../marketplace/plugins/documents/scripts/convert.sh
look() { # PDF NAME: its words with their places, its pages as small pictures
  pdftotext -bbox "$1" "$out/$2.html"
  pdftoppm -r 20 -gray "$1" "$out/$2"
}
case $1 in
  workbook)
    # Saved by openpyxl a workbook has no values, so each that LibreOffice shows was calculated by it, now.
    [ -e "$work/book.xlsx" ] || python3 -c '
import sys, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
size = book["Mails"]["F2"]
size.value += 1_000_000
for sheet in book:
    for row in sheet.iter_rows():
        for cell in row:
            cell.number_format = "General"
book.save(sys.argv[2])' "$reports/archive.xlsx" "$work/book.xlsx"
    # The last -1 is for every sheet, a file each (token 12 of the CSV filter).
    sh "$convert" "$work/book.xlsx" 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1' "$out"
    ;;
  deck)
    if [ ! "$work/archive.pdf" -nt "$reports/archive.pptx" ]; then
      began=$(date +%s)
      sh "$convert" "$reports/archive.pptx" pdf "$work"
      if [ $(($(date +%s) - began)) -gt 45 ]; then
        echo "The slides are drawn, and not yet read. Run the same command again." >&2
        exit 75
      fi
    fi
    look "$work/archive.pdf" deck
    ;;
  pdf)
    qpdf --check "$reports/archive.pdf" > "$out/qpdf.txt" 2>&1 || echo "ended with $?" >> "$out/qpdf.txt"
    pdfinfo "$reports/archive.pdf" > "$out/report.info"
    pdftotext -layout "$reports/archive.pdf" "$out/report.txt"
    look "$reports/archive.pdf" report
    ;;
esac
rm -rf "$work"
