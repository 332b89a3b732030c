#!/bin/sh
# man.sh SLUICE SHOW-SAMPLE: compares the man pages with the tables inside of the command; prints what is missing.
set -u
sluice=$1 sample=$2
tc_page=docs/man/tc-sluice.8
page=docs/man/sluice.8
status=0

missing()
{
	echo "$1 does not have $2"
	status=1
}

# "name<TAB>range (default)" of every option, from two lines of help
"$sluice" on --help | awk '/^  [a-z]/ { name = $1; next } /^     / && name { sub(/^ */, ""); print name "\t" $0; name = "" }' |
{
	tab=$(printf '\t')
	n=0
	while IFS=$tab read -r name range; do
		n=$((n + 1))
		grep -q "^\.BI \"$name \"" "$tc_page" || missing "$tc_page" "the option $name"
		# The page says it with the same words: "8kbit to 16tbit, or off (off)".
		grep -qF "$range" "$tc_page" || missing "$tc_page" "for $name: $range"
	done
	[ "$n" -ge 12 ] || missing "sluice on --help" "twelve options"
	[ "$(grep -c '^\.BI "[a-z_]* "' "$tc_page")" = "$n" ] || missing "sluice on --help" "every option of $tc_page"
	exit "$status"
} || status=1

for key in $("$sample" json | sed -n '/"statistics"/,$s/^ *"\([a-z_]*\)":.*/\1/p' | grep -v '^statistics$'); do
	grep -q "^\.B $key\$" "$tc_page" || missing "$tc_page" "the statistic $key"
done

for key in $("$sample" flows-json | sed -n 's/^ *"\([a-z_]*\)":.*/\1/p' | sort -u); do
	sed -n '/^\.SH FLOWS/,/^\.SH METRICS/p' "$page" | grep -qE "^\.BR? ([a-z_]+ \", \" )*$key( |$)" || missing "$page" "the key $key of flows"
done

# keys_said FILE FUNCTION FROM TO: the keys of JSON that the function makes are in the page between two lines
keys_said()
{
	keys=$(sed -n "/^\(static\|json_t\) .*$2(/,/^}/p" "$1" | grep -oE '"[a-z][a-z0-9_]*",' | tr -d '",' | grep -v schema_version)
	[ "$(echo "$keys" | wc -l)" -ge 8 ] || missing "$1" "eight keys in $2"
	for key in $keys; do
		sed -n "/$3/,/$4/p" "$page" | grep -qE "(^|[ (\"])$key([ ),;\"]|\$)" || missing "$page" "the key $key of $2"
	done
}
keys_said user/cli/out_monitor.c '[a-z_]*_json' '^\.B sluice monitor$' '^\.B sluice doctor$'
json_begin='^\.SH JSON OF SHOW AND VERIFY$' json_end='^\.SH BURST TEST$'
keys_said user/cli/out.c out_qdisc_json "$json_begin" "$json_end"
keys_said user/cli/out_verify_json.c '[a-z_]*_json' "$json_begin" "$json_end"
for key in $("$sample" defaults | sed 's/ .*//') $("$sample" fq-json | sed -n 's/^ *"\([a-z_]*\)":.*/\1/p'); do
	[ "$key" = schema_version ] || sed -n "/$json_begin/,/$json_end/p" "$page" | grep -qE "(^|[ (\"])$key([ ),;\"]|\$)" || missing "$page" "the key $key of show"
done
keys_said user/cli/pace_report.c '[a-z_]*_json' '^\.B sluice on$' '^\.B sluice off$'
keys_said user/cli/cmd_status.c paced_json '^\.B sluice status$' '^\.B sluice show$'

for command in $("$sluice" --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'); do
	sed 's/\\-/-/g' "$page" | grep -q "^\.B sluice $command\$" || missing "$page" "the command $command"
done
for flag in $("$sluice" --help | grep -o -- '--[a-z][a-z-]*' | sort -u); do
	[ "$flag" = --help ] || grep -qF -- "$(echo "$flag" | sed 's/-/\\-/g')" "$page" || missing "$page" "the flag $flag"
done
# The synopsis and the help give each command the same flags.
synopsis=$(sed -n '/^\.SH SYNOPSIS/,/^\.SH DESCRIPTION/p' "$page" |
	awk '/^\.br/ { print ""; next } /^\.SH/ { next } { sub(/^\.[A-Z]+ /, ""); gsub(/[\\"]/, ""); printf "%s ", $0 } END { print "" }')
flags_of() { grep -oE -- '--[a-z][a-z-]*' | sort -u | tr '\n' ' '; }
for command in $("$sluice" --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'); do
	in_help=$("$sluice" "$command" --help | sed '/^$/q' | flags_of)
	in_page=$(echo "$synopsis" | grep -E "^sluice \[? *$command( |$)" | flags_of)
	[ "$command" = lab ] || [ "$in_help" = "$in_page" ] ||
		missing "the synopsis of $page" "of sluice $command: $in_help (it has: $in_page)"
done

# The help of a command says what each word of its usage does.
for command in $("$sluice" --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'); do
	[ "$command" = lab ] && continue
	for flag in $("$sluice" "$command" --help | sed '/^$/q' | flags_of); do
		"$sluice" "$command" --help | grep -qE "^  $flag( [A-Za-z]+)? +[^ ]" ||
			missing "sluice $command --help" "what $flag does"
	done
done

# The lab has a help and a section of its own.
lab_flags=$("$sluice" lab --help | sed -n 's/^  \(--[a-z-]*\) .*/\1/p')
[ "$(echo "$lab_flags" | wc -l)" -ge 10 ] || missing "sluice lab --help" "ten flags"
for flag in $lab_flags; do
	sed -n '/^\.SH LAB/,/^\.SH CHECKS/s/\\-/-/gp' "$page" | grep -qE "^\.BI? $flag( |$)" || missing "the section LAB of $page" "the flag $flag"
done

# The figures of --fail-if.
figures=$(sed -n 's/^\t{ "\([a-z0-9_]*\)", ".*/\1/p' user/scope/figure.c user/scope/figure_cpu.c)
[ "$(echo "$figures" | wc -l)" -ge 20 ] || missing user/scope/figure.c "twenty figures"
for figure in $figures; do
	sed -n '/^\.SH SCOPE/,/^\.SH PLACE/p' "$page" | grep -qE "(^|, )${figure}[,@]" || missing "$page" "the figure $figure"
done

# Exit codes: the same numbers in the help and in the page.
for code in $("$sluice" --help | tr '\n' ' ' | sed 's/.*Exit codes: //' | grep -oE '[0-9]'); do
	sed -n '/^\.SH EXIT STATUS/,/^\.SH EXAMPLES/p' "$page" | grep -q "^\.B $code\$" || missing "$page" "the exit code $code"
done

# What kernel/uapi/sluice.h says of the value at the start, where it is a number: "default 5 * 10^6" and the like.
awk '
	/^ \* @TCA_SLUICE_/ { key = tolower(substr($2, 13)); sub(/:.*/, "", key) }
	/^ \*\// || /^enum/ { key = "" }
	key { sub(/^ \*[ \t]*/, ""); text[key] = text[key] " " $0 }
	END {
		for (key in text) {
			if (!match(text[key], /default [0-9][0-9^* ]*/))
				continue
			value = substr(text[key], RSTART + 8, RLENGTH - 8)
			gsub(/ /, "", value)
			n = split(value, factors, "*")
			product = 1
			for (i = 1; i <= n; i++) {
				power = split(factors[i], parts, "^") > 1 ? parts[2] : 1
				product *= parts[1] ^ power
			}
			printf "%s %.0f\n", key, product
		}
	}' kernel/uapi/sluice.h | while read -r key value; do
	"$sample" defaults | grep -qx "$key $value" || echo "user/lib/option.c does not have the default of $key: $value"
done | { ! grep .; } || status=1
exit "$status"
