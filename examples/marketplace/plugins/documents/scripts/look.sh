#!/bin/sh
# look.sh FILE FOLDER [DPI]: makes a picture of each page, PAGE-1.png and so on, to be looked at. Also leaves the PDF.
# Ends with 75 when it takes longer than a call may: run it again then.
set -eu
file=$1 folder=$2 dpi=${3:-60}
mkdir -p "$folder"
case $file in
  *.pdf) pdf=$file ;;
  *)
    base=${file##*/}
    pdf=$folder/${base%.*}.pdf
    if [ ! "$pdf" -nt "$file" ]; then
      began=$(date +%s)
      sh "${0%/*}/convert.sh" "$file" pdf "$folder"
      if [ $(($(date +%s) - began)) -gt 45 ]; then
        echo "The PDF is made, its pictures are not yet. Run the same command again." >&2
        exit 75
      fi
    fi
    ;;
esac
[ -s "$pdf" ] || { echo "LibreOffice made no PDF of $file" >&2; exit 1; }
pdftoppm -r "$dpi" -png "$pdf" "$folder/page"
ls "$folder"/page*.png
