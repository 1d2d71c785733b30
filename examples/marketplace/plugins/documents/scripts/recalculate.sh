#!/bin/sh
# recalculate.sh FILE OUT: has LibreOffice calculate every formula and writes a workbook that holds the values, too.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
soffice --headless --convert-to xlsx:"Calc MS Excel 2007 XML" --outdir "$work" "$1" >/dev/null 2>&1
base=${1##*/}
cp "$work/${base%.*}.xlsx" "$2"
