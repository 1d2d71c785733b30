#!/bin/sh
# look.sh FILE FOLDER [DPI]: makes a picture of each page, PAGE-1.png and so on, to be looked at. Also leaves the PDF.
# Those of an earlier look are taken away. Ends with 75 when it takes longer than a call may: run it again then.
set -eu
file=$1 folder=$2 dpi=${3:-60}
mkdir -p "$folder"
case $file in
  *.pdf) pdf=$file ;;
  *)
    # With its whole name: a deck and a workbook may be called the same.
    base=${file##*/}
    pdf=$folder/$base.pdf
    if [ ! "$pdf" -nt "$file" ]; then
      began=$(date +%s)
      work=${TMPDIR:-/tmp}/look-$(printf '%s|' "$PWD" "$file" | cksum | cut -d ' ' -f 1)
      sh "${0%/*}/convert.sh" "$file" pdf "$work"
      [ -s "$work/${base%.*}.pdf" ] || { echo "LibreOffice made no PDF of $file: is it what its name says?" >&2; exit 1; }
      mv "$work/${base%.*}.pdf" "$pdf"
      rm -rf "$work"
      if [ $(($(date +%s) - began)) -gt 45 ]; then
        echo "The PDF is made, its pictures are not yet. Run the same command again." >&2
        exit 75
      fi
    fi
    ;;
esac
rm -f "$folder"/page-*.png
pdftoppm -r "$dpi" -png "$pdf" "$folder/page"
ls "$folder"/page*.png
