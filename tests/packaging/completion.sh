#!/bin/sh
# bash's completion of `sluice`: against the man pages, which say by other words what there is.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1
# shellcheck source=tests/tap.sh
. tests/tap.sh

# offers WORD...: what is offered for the last word, one a line, sorted.
offers()
{
	# shellcheck disable=SC2016 # expanded by bash
	bash -uc '
		. packaging/completion/sluice
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_sluice build/sluice
		printf "%s\n" "${COMPREPLY[@]}"
	' bash "$@" 2>&1 | grep . | LC_ALL=C sort
}

# same CLAIM: are the two lists on the descriptors 3 and 4 the same, and not empty?
same()
{
	cat <&3 >"$out/wanted"
	cat <&4 >"$out/offered"
	[ -s "$out/wanted" ] && diff "$out/wanted" "$out/offered" >"$out/diff"
	tap $? "$1"
	sed 's/^/# /' "$out/diff"
}

# is WANTED WORD...: exactly these words, parted by blanks.
is()
{
	wanted=$1
	shift
	offered=$(offers "$@" | tr '\n' ' ')
	[ "$wanted" = "${offered% }" ]
	tap $? "$(printf '%s ' "$@" | sed 's/ *$//'): ${wanted:-nothing}"
	[ "$wanted" = "${offered% }" ] || echo "# offered: $offered"
}

unformatted() { sed 's/\\-/-/g; s/\\//g'; }

# commands_of PAGE, options_of PAGE: what it has paragraphs for.
commands_of() { unformatted <docs/man/sluice.8 | sed -n '/^\.SH COMMANDS/,/^\.SH [^C]/s/^\.B sluice \([a-z][a-z-]*\)$/\1/p' | LC_ALL=C sort -u; }
options_of() { sed -n 's/^\.BI "\([a-z_]*\) ".*/\1/p' docs/man/tc-sluice.8 | LC_ALL=C sort; }
flags_of()
{
	sed -n '/^\.SH SYNOPSIS/,/^\.SH DESCRIPTION/p' docs/man/sluice.8 | unformatted |
		awk '/^\.br/ { print ""; next } /^\.SH/ { next } { sub(/^\.[A-Z]+ /, ""); gsub(/"/, ""); printf "%s ", $0 } END { print "" }' |
		grep -E "^sluice \[? *$1( |$)" | grep -oE -- '--[a-z][a-z-]*'
}

commands_of >"$out/commands"
options_of >"$out/options"
offers sluice '' >"$out/now"
same "every command of sluice(8), and no other" 3<"$out/commands" 4<"$out/now"
offers sluice on lo rate 1gbit '' >"$out/now"
grep -vx rate "$out/options" >"$out/rest"
same "every option of tc-sluice(8) but the one that is given" 3<"$out/rest" 4<"$out/now"
grep -vx lab "$out/commands" >"$out/plain"
while read -r command; do
	{ flags_of "$command"; echo --help; } | LC_ALL=C sort -u >"$out/flags"
	offers sluice "$command" -- >"$out/now"
	same "the flags of sluice $command" 3<"$out/flags" 4<"$out/now"
done <"$out/plain"
# Flags that take one of some words say so in the help: "--sort rate|queued".
while read -r command; do
	"$sluice" "$command" --help | sed '/^$/q' | tr -s '\n ' ' ' | grep -oE -- '--[a-z-]+ [a-z]+(\|[a-z]+)+' | while read -r flag words; do
		echo "$command $flag $words"
	done
done <"$out/plain" >"$out/choices"
while read -r command flag words; do
	is "$(echo "$words" | tr '|' '\n' | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//')" sluice "$command" "$flag" ''
done <"$out/choices"
for f in /sys/class/net/*; do echo "${f##*/}"; done | LC_ALL=C sort >"$out/devices"
for command in on off show; do
	offers sluice "$command" '' >"$out/now"
	same "sluice $command: the devices of this machine" 3<"$out/devices" 4<"$out/now"
done
is 'hardware' sluice scope wire:lo --stamps ''
is 'status' sluice stat
is 'off' sluice on lo rate o
is '926% 926gbit 926kbit 926mbit 926tbit' sluice on lo rate 926
is '10ms 10ns 10s 10us' sluice on lo burst 10
is '90%' sluice on lo gain 90
is 'auto' sluice on lo burst ''
is '24' sluice on lo overhead ''
is '' sluice on lo limit 5x
is '' sluice on lo rate 1gbit rat
is '' sluice nosuchcommand ''
is 'compare list run' sluice lab ''
is '6.1 6.12 newest' sluice lab run --kernel ''
is '--seed --seeds' sluice lab run --see
for f in scenarios/*.scenario; do basename "$f" .scenario; done | LC_ALL=C sort >"$out/scenarios"
offers sluice lab run '' >"$out/now"
same "the scenarios there are" 3<"$out/scenarios" 4<"$out/now"
tap_end
