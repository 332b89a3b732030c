#!/bin/sh
# run.sh: the command line, against recorded output. Needs neither root nor the module and changes nothing on the host.
#
# A file in golden/ is one test: its first line is the command, what follows is all that the command said. A deliberate change is
# recorded with `tests/cli/run.sh record` and shows in the diff of the commit.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1

# shellcheck source=tests/tap.sh
. tests/tap.sh
sample=build/tests/show-sample
verify_sample=build/tests/verify-sample
json_check=build/tests/json-check
export LC_ALL=C.UTF-8

# says COMMAND...: all that it says, and how it ends, in one text
says()
{
	"$@" >"$out/stdout" 2>"$out/stderr" </dev/null
	code=$?
	cat "$out/stdout"
	sed 's/^/stderr: /' "$out/stderr"
	echo "exit: $code"
}

# golden FILE: run its command again
golden()
{
	command=$(sed -n '1s/^\$ //p' "$1")
	first=${command%% *}
	rest=${command#"$first"}
	case $first in
	sluice) first=$sluice ;;
	show-sample) first=$sample ;;
	verify-sample) first=$verify_sample ;;
	view-sample) first=build/tests/view-sample ;;
	*) tap 1 "$1: its first line is no command"; return ;;
	esac
	# The words of a recorded command hold no blanks and no quotes.
	# shellcheck disable=SC2086
	{ echo "\$ $command"; says "$first" $rest; } >"$out/now"
	if [ "${mode:-}" = record ]; then
		cp "$out/now" "$1"
	fi
	diff -u "$1" "$out/now" >"$out/diff"
	tap $? "recorded: $command"
	sed 's/^/# /' "$out/diff"
}

# Failures are one line; usage errors end with 2, what the host lacks with 3.
one_line()
{
	wanted=$1
	shift
	"$sluice" "$@" >"$out/stdout" 2>"$out/stderr" </dev/null
	code=$?
	[ "$code" = "$wanted" ] && [ "$(wc -l <"$out/stderr")" = 1 ] && [ ! -s "$out/stdout" ]
	tap $? "one sentence, exit code $wanted: sluice $*"
}

mode=${1:-}
for file in tests/cli/golden/*.txt; do
	golden "$file"
done

for words in "on lo rate" "show lo" "scope lo --for 1s"; do
	# shellcheck disable=SC2086 # words on purpose
	"$sluice" $words --help | head -n 1 | grep -q "^usage: sluice ${words%% *} "
	tap $? "help is given behind other words, too: sluice $words --help"
done

# In terminals below 80 columns the views have less: no line is wider, and each number is one of the wide view (names of flows
# that are cut have a mark, and a history goes less far back).
narrow='
	my ($columns, %known) = shift;
	open my $wide, "<:utf8", shift or die;
	$known{$_} = 1 for map { split /[ ,;\n]+/ } <$wide>;
	my $bad = 0;
	while (<STDIN>) {
		chomp;
		$bad += print "# wider: $_\n" if length > $columns;
		for (grep { /[0-9]/ && !/:|…/ } split /[ ,;]+/, s/^( +\d+s,|most) to \S+//r) {
			$bad += print "# not in the wide view: $_\n" unless $known{$_};
		}
	}
	exit !!$bad;
'
for what in both holes cpu gaps hardware help pair pair-holes; do
	build/tests/view-sample 250 60 utf8 $what >"$out/wide"
	bad=0
	for columns in 24 30 37 40 48 55 63 72 79; do
		build/tests/view-sample $columns 60 utf8 $what | perl -CS -Mutf8 -e "$narrow" $columns "$out/wide" || bad=1
	done
	tap $bad "a view in 24 to 79 columns fits, and has no half of a number: $what"
done

# What depends on the host, by its exit code only.
one_line 3 show lo
one_line 1 show nosuchdevice
one_line 3 flows lo
one_line 1 flows nosuchdevice
one_line 1 on nosuchdevice rate 1gbit
one_line 1 off nosuchdevice
one_line 1 off lo
one_line 1 on a-name-that-is-longer-than-any-device
# What a terminal would obey does not get there, and one sentence stays one line.
escape=$(printf 'x\n\033[31mx')
for words in "on lo rate" "show" "lab run" ""; do
	# shellcheck disable=SC2086 # words on purpose
	"$sluice" $words "$escape" 2>&1 | cat -v | tr '\n' '|' | grep -q "^sluice[^|]*x??\[31mx[^|]*|\$"
	tap $? "a word with a line's end and a colour is quoted without them: sluice $words"
done
"$sluice" on lo rate 10 gbit 2>&1 | grep -q "rate: '10' is not a rate such as 926mbit or 9.26gbit: it has no unit, which stands right behind the number; it takes"
tap $? "a rate whose unit stands alone: told where it belongs"
one_line 3 monitor lo
# libraries that are none stand in front of the host's own
touch "$out/libpcap.so.0.8" "$out/libpcap.so.1" "$out/liblzma.so.5"
xz -c tests/fuzz/corpus/pcap/us_le.pcap >"$out/packed.xz"
export LD_LIBRARY_PATH="$out"
one_line 3 scope - --filter tcp
one_line 3 scope "$out/packed.xz"
"$sluice" scope - <"$out/packed.xz" 2>&1 | grep -q 'standard input: .* liblzma cannot be loaded (.*); on Debian the package is liblzma5'
tap $? "without liblzma: a capture that needs it names the package"
unset LD_LIBRARY_PATH
! readelf -d "$sluice" | grep -qE 'NEEDED.*(pcap|lzma)'
tap $? "neither of them is waited for when the command starts"
! nm -D --undefined-only build/tc/q_sluice.so | grep 'sluice_'
tap $? "tc's plugin has all of its own parts in it"

# In the sandbox a library cannot be loaded any more.
cp tests/fuzz/corpus/pcap/us_le.pcap "$out/capture"
"$sluice" scope "$out/capture" >"$out/plain" && "$sluice" scope - <"$out/capture" >"$out/plain-in"
cp "$out/packed.xz" "$out/capture"
"$sluice" scope "$out/capture" | cmp -s - "$out/plain"
tap $? "scope: a capture packed with xz is what it was"
"$sluice" scope - <"$out/capture" | cmp -s - "$out/plain-in"
tap $? "scope: on standard input, too"
# shellcheck disable=SC2002 # a pipe is meant
cat "$out/capture" | "$sluice" scope - | cmp -s - "$out/plain-in"
tap $? "scope: and from a pipe"
head -c -12 "$out/packed.xz" >"$out/capture"
"$sluice" scope "$out/capture" >"$out/stdout" 2>"$out/stderr"
[ $? = 1 ] && [ "$(wc -l <"$out/stderr")" = 1 ] && grep -q 'the xz data is cut short' "$out/stderr" && grep -q ' packets in ' "$out/stdout"
tap $? "scope: one that is cut short: the figures of what is there, one sentence, exit code 1"

for words in show lab; do
	[ "$("$sluice" help $words)" = "$("$sluice" $words --help)" ]
	tap $? "help of a command: sluice help $words"
done
one_line 2 help nosuchcommand

"$sluice" >"$out/stdout" 2>"$out/stderr"
code=$?
[ "$code" = 0 ] && [ -s "$out/stdout" ] && [ ! -s "$out/stderr" ]
tap $? "without a command: the status"
"$sluice" status --json | "$json_check"
tap $? "status --json is a valid array"
"$sluice" show --json | "$json_check"
tap $? "show --json is a valid array"
"$sluice" on lo rate 1gbit --dry-run --json >"$out/stdout" && "$json_check" <"$out/stdout" && grep -q '"rate_bytes_ps": 125000000' "$out/stdout"
tap $? "on --dry-run --json is a valid array with the changes"
"$sluice" off lo --json >"$out/stdout" 2>"$out/stderr"
[ $? = 1 ] && "$json_check" <"$out/stdout" && grep -q '"restored": false' "$out/stdout" && [ "$(wc -l <"$out/stderr")" = 1 ]
tap $? "off --json is a valid array, also of what failed"
for words in "show nosuch" "flows lo" "flows nosuch" "verify nosuch" "on nosuch" "doctor nosuch" "apply /nosuch/eth0.conf" "burst-test 127.0.0.1:1 --max 2"; do
	# shellcheck disable=SC2086 # words on purpose
	"$sluice" $words --json >"$out/stdout" 2>"$out/stderr"
	code=$?
	[ "$code" != 0 ] && [ "$code" != 2 ] && "$json_check" <"$out/stdout" && [ "$(wc -l <"$out/stderr")" = 1 ]
	tap $? "$words --json: what fails is a valid array, too"
done
[ -z "$("$sluice" show --json --nosuch 2>/dev/null)" ]
tap $? "but wrong usage says nothing on standard output"
"$sluice" flows --json | "$json_check"
tap $? "flows --json is a valid array"
[ "$("$sluice" show lo --json 2>/dev/null)" = "[]" ]
tap $? "show DEV --json is valid where there is no sluice"
for words in "" "--line-rate 10gbit --bottleneck 1mbit --rate 1kbit" tests/fuzz/corpus/pcap/us_le.pcap; do
	# shellcheck disable=SC2086 # words on purpose
	"$sluice" scope tests/fuzz/corpus/pcap/us_le.pcap --json $words | "$json_check" object
	tap $? "scope --json is a valid object, each number with its unit: ${words:-no more words}"
done
"$sample" json | "$json_check"
tap $? "show --json of a busy qdisc is a valid array"
"$sample" flows-json | "$json_check"
tap $? "flows --json of busy flows is a valid array"
[ "$("$sample" flows | awk 'length > 79' | wc -l)" = 0 ]
tap $? "flows stays within 80 columns"

# What stands in the way of the module is the same for every command.
why=$("$sluice" | sed -n 's/^no device is paced: //p')
[ -n "$why" ] && "$sluice" show | grep -qxF "no device has sluice: $why" &&
	"$sluice" flows | grep -qF "nothing is known: $why"
tap $? "status, show and flows name the same next step: $why"
for command in show flows monitor; do
	"$sluice" $command lo 2>&1 | grep -F "lo has no sluice (root qdisc: " | grep -qF "): $why"
	tap $? "and so does $command of a device"
done
[ -e /proc/modules ] || "$sluice" on lo 2>&1 | grep -q 'takes no modules and has no sch_sluice'
tap $? "on: a kernel that takes no modules is not told to install one"

# The words of a language are not those of the command. Debian's locales have the source of one whose I is another letter.
if localedef -i tr_TR -f UTF-8 "$out/tr_TR.UTF-8" 2>/dev/null; then
	[ "$(LOCPATH=$out LC_ALL=tr_TR.UTF-8 "$sluice" on lo rate 1GBIT --dry-run)" = "tc qdisc replace dev lo root sluice rate 1gbit" ]
	tap $? "a rate is the same in Turkish"
fi

# A closed descriptor is not taken for a file or a socket that was opened later.
for command in doctor "show --json" "on lo --dry-run"; do
	# shellcheck disable=SC2086 # words on purpose
	"$sluice" $command >&- 2>"$out/stderr"
	[ $? = 1 ] && grep -q 'cannot write the output' "$out/stderr"
	tap $? "without standard output: sluice $command says so"
done
"$sluice" show --json >/dev/full 2>"$out/stderr"
[ $? = 1 ] && [ "$(wc -l <"$out/stderr")" = 1 ]
tap $? "a full disk is reported"

# verify says what it sees also where nothing is paced; this is a check that fails.
"$sluice" verify lo --for 100ms >"$out/stdout" 2>"$out/stderr"
[ $? = 3 ] && head -n 1 "$out/stdout" | grep -q '^lo: not kept because nothing paces it' && [ ! -s "$out/stderr" ]
tap $? "verify: exit code 3 and the verdict in the first line"
"$sluice" verify lo --for 60s >"$out/stdout" 2>"$out/stderr" &
verify=$!
tap_until tap_catches $verify 2
kill -s INT $verify
wait $verify
[ $? = 3 ] && head -n 1 "$out/stdout" | grep -q '^lo: not kept because nothing paces it' && [ ! -s "$out/stderr" ]
tap $? "verify: Ctrl-C ends it with what was measured so far"
for part in "$verify_sample json" "$sluice verify lo --for 100ms --json"; do
	$part | "$json_check"
	tap $? "verify --json is a valid array: ${part##*/}"
done
"$sluice" verify lo --for 100ms >/dev/full 2>"$out/stderr"
[ $? = 1 ] && [ "$(wc -l <"$out/stderr")" = 1 ]
tap $? "verify into a full disk: it is reported"
{ "$sluice" verify lo --for 100ms 2>"$out/stderr"; echo $? >"$out/code"; } | :
[ -s "$out/code" ] && [ "$(cat "$out/code")" != 0 ] && [ ! -s "$out/stderr" ]
tap $? "verify into a closed pipe: it ends, not well, and has nothing to say"
"$sluice" monitor --interval 100ms --count 2 >"$out/stdout" 2>"$out/stderr"
[ $? = 0 ] && [ "$(wc -l <"$out/stderr")" = 1 ] && grep -qF "waiting for one; $why" "$out/stderr"
tap $? "monitor waits where no device has sluice, and ends after its count"
"$sluice" monitor --interval 1s >"$out/stdout" 2>"$out/stderr" &
monitor=$!
! tap_catches $$ 15
tap $? "this shell is no command yet, though it has a handler: it is not told to end"
tap_until tap_catches $monitor 15
kill -s TERM "$monitor"
wait "$monitor"
tap $? "monitor ends well when it is told to"

# Without privilege the kernel refuses before it looks at anything.
unprivileged=
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$out"
	cp "$sluice" "$out/sluice"
	unprivileged="setpriv --reuid=65534 --regid=65534 --clear-groups $out/sluice"
else
	unprivileged=$sluice
fi
# shellcheck disable=SC2086 # words on purpose
$unprivileged on lo >"$out/stdout" 2>"$out/stderr"
[ $? = 3 ] && grep -q sudo "$out/stderr"
tap $? "without privilege: exit code 3 and the next step"
# shellcheck disable=SC2086
$unprivileged verify lo --for 100ms >"$out/stdout" 2>"$out/stderr"
[ $? = 3 ] && grep -q 'tap: none, only root' "$out/stdout" && [ ! -s "$out/stderr" ]
tap $? "verify without privilege: no tap, and it says so"
# shellcheck disable=SC2086
$unprivileged verify lo --for 100ms --json | "$json_check"
tap $? "verify --json without privilege is a valid array"

# Both ends of a burst test on loopback: 64 packets have room in any socket.
# shellcheck disable=SC2086
$unprivileged burst-test --max 64 --repeat 1 --pause 1ms >"$out/stdout" 2>"$out/stderr"
[ $? = 0 ] && [ ! -s "$out/stderr" ] &&
	head -n 1 "$out/stdout" | grep -q '^127.0.0.1: this host absorbs at least 64 packets of 1500 bytes back to back, 96000 bytes, the most'
tap $? "burst-test without privilege: this host, and the verdict in the first line"
# shellcheck disable=SC2086
$unprivileged burst-test --max 64 --repeat 1 --pause 1ms --json >"$out/stdout" && "$json_check" <"$out/stdout" &&
	grep -q '"lossless_pkts": 64' "$out/stdout" && ! grep -q lossy "$out/stdout"
tap $? "burst-test --json is a valid array"
"$sluice" burst-test --max 2 --repeat 1 >/dev/full 2>"$out/stderr"
[ $? = 1 ] && [ "$(wc -l <"$out/stderr")" = 1 ]
tap $? "burst-test into a full disk: it is reported"
one_line 1 burst-test 127.0.0.1:1 --max 2
one_line 1 burst-test fe80::1 --max 2
grep -q 'say which, as in \[fe80::1%eth0\]$' "$out/stderr"
tap $? "burst-test: an address of a link without it: how to write it"
one_line 2 compare "" tests/cli/compare/with.json
for words in ">/dev/full" ">&-"; do
	eval "\"\$sluice\" compare tests/cli/compare/with.json tests/cli/compare/without.json $words 2>\"\$out/stderr\""
	[ $? = 1 ] && [ "$(wc -l <"$out/stderr")" = 1 ] && grep -q 'cannot write the output' "$out/stderr"
	tap $? "compare $words: it is reported"
done

# The doctor on this host: what it finds depends on the host, what it keeps to does not.
# doctor COMMAND...: ends with 3 if there is a problem, else with 0, and says nothing on stderr
doctor()
{
	"$@" >"$out/doctor" 2>"$out/stderr"
	code=$?
	wanted=0
	if grep -q '^  problem  \|"severity": "problem"' "$out/doctor"; then wanted=3; fi
	[ "$code" = "$wanted" ] && [ -s "$out/doctor" ] && [ ! -s "$out/stderr" ]
}
# checks_of FILE: the names of the checks, each once
checks_of() { sed -n 's/^ *"check": "\([a-z_]*\)".*/\1/p' "$1" | sort -u; }

doctor "$sluice" doctor
tap $? "doctor: exit code 3 with a problem, 0 without"
doctor "$sluice" doctor lo --verbose && grep -q '^lo:$' "$out/doctor" && grep -q '^  ok       sizes: MTU' "$out/doctor"
tap $? "doctor --verbose: what is well, of the device that was named"
[ -z "$(grep -v '^ *\$ ' "$out/doctor" | grep -E '.{80}')" ]
tap $? "doctor: 79 columns, but for commands to copy"
doctor "$sluice" doctor lo --json && "$json_check" <"$out/doctor"
tap $? "doctor --json is a valid array, with the same exit codes"
checks_of "$out/doctor" >"$out/checks"
for check in $(cat "$out/checks"); do
	sed -n '/^\.SH CHECKS/,/^\.SH UNITS/p' docs/man/sluice.8 | grep -qw -- "$check" || echo "$check"
done >"$out/missing"
[ "$(wc -l <"$out/checks")" -ge 25 ] && [ ! -s "$out/missing" ]
tap $? "doctor: the man page names every check"
sed 's/^/# /' "$out/missing"
# shellcheck disable=SC2086 # words on purpose
doctor $unprivileged doctor lo --json && checks_of "$out/doctor" | cmp -s - "$out/checks"
tap $? "doctor without privilege: every check speaks"
"$sluice" doctor lo >/dev/full 2>"$out/stderr"
[ $? = 1 ] && [ "$(wc -l <"$out/stderr")" = 1 ]
tap $? "doctor: a full disk does not pass for good health"

tests/cli/man.sh "$sluice" "$sample" >"$out/man"
tap $? "the man pages name every option, range, default and statistic"
sed 's/^/# /' "$out/man"

tap_end
