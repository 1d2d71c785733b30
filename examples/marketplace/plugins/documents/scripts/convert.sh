#!/bin/sh
# convert.sh FILE FORMAT FOLDER: LibreOffice converts FILE into FOLDER. A call of an agent's shell has two minutes, and a machine that others
# slow down may need more: it waits for 75 s, then ends with 75 and goes on converting. The same call again waits for the rest.
set -eu
file=$1 format=$2 folder=$3
mark=${TMPDIR:-/tmp}/convert-$(printf '%s|' "$PWD" "$@" "$(stat -c %Y.%s "$file")" | cksum | cut -d ' ' -f 1)
if [ ! -e "$mark" ]; then
  mkdir -p "$folder"
  : >"$mark"
  # One at a time: a second LibreOffice hands its work to the first, which may be about to end.
  setsid sh -c 'flock -o "${TMPDIR:-/tmp}/convert.lock" soffice --headless --convert-to "$2" --outdir "$3" "$1" >"$4.said" 2>&1; echo $? >"$4.end"' \
    sh "$file" "$format" "$folder" "$mark" </dev/null >/dev/null 2>&1 &
fi
# By the clock: on a slow host each turn takes longer than its sleep.
until=$(($(date +%s) + 75))
while [ ! -e "$mark.end" ]; do
  if [ "$(date +%s)" -ge "$until" ]; then
    echo "LibreOffice is not done with $file yet. Run the same command again." >&2
    exit 75
  fi
  sleep 2
done
code=$(cat "$mark.end")
said=$(tail -n 5 "$mark.said")
rm -f "$mark" "$mark.said" "$mark.end"
[ "$code" = 0 ] || { echo "LibreOffice ended with $code: $said" >&2; exit 1; }
