#!/bin/sh
# room.sh TARGET: runs a test room; its TAP, what else it says, its exit code and how many seconds it took go to build/check/TARGET.*.
# Run by rooms.sh through make, whose job server it hands on. Output of things that run side by side is kept until each ends.
set -u
began=$(date +%s)
"$MAKE" -s -k --no-print-directory -O "$1" >"build/check/$1.tap" 2>"build/check/$1.log" </dev/null
echo $? >"build/check/$1.code"
echo $(($(date +%s) - began)) >"build/check/$1.took"
