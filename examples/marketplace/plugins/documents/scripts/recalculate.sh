#!/bin/sh
# recalculate.sh FILE OUT: has LibreOffice calculate every formula and writes a workbook that holds the values, too.
# Ends with 75 when it takes longer than a call may: run it again then.
set -eu
work=${TMPDIR:-/tmp}/recalculate-$(printf '%s|' "$PWD" "$1" | cksum | cut -d ' ' -f 1)
sh "${0%/*}/convert.sh" "$1" 'xlsx:Calc MS Excel 2007 XML' "$work"
base=${1##*/}
cp "$work/${base%.*}.xlsx" "$2"
rm -rf "$work"
