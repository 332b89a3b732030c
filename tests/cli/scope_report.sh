#!/bin/sh
# scope_report.sh: `sluice scope --report` as it is typed: the page of a capture with an evil name, and how it fails.
set -u
cd -- "$(dirname -- "$0")/../.." || exit 1

# shellcheck source=tests/tap.sh
. tests/tap.sh
export LC_ALL=C.UTF-8

# bytes VALUE COUNT: a number, the lowest byte first
bytes()
{
	value=$1 left=$2
	while [ "$left" -gt 0 ]; do
		# shellcheck disable=SC2059 # the format is made here
		printf "\\$(printf '%03o' $((value % 256)))"
		value=$((value / 256)) left=$((left - 1))
	done
}

# capture FRAMES: Ethernet frames of 60 zero bytes, 1 us apart, with stamps in ns
capture()
{
	bytes 2712812621 4; bytes 2 2; bytes 4 2; bytes 0 8; bytes 65535 4; bytes 1 4
	i=0
	while [ "$i" -lt "$1" ]; do
		bytes 1700000000 4; bytes $((i * 1000)) 4; bytes 60 4; bytes 60 4; bytes 0 60
		i=$((i + 1))
	done
}

# fails CODE PART COMMAND...: ends with CODE and one sentence that holds PART
fails()
{
	wanted=$1 part=$2
	shift 2
	"$@" >"$out/stdout" 2>"$out/stderr" </dev/null
	[ $? = "$wanted" ] && [ "$(wc -l <"$out/stderr")" = 1 ] && grep -qF -- "$part" "$out/stderr"
}

mkdir "$out/in" "$out/out" || exit 1
evil=$out/in/$(printf '<script>alert(1)<\001&"\047\033[31m.pcap')
capture 40 >"$evil"
page=$out/out/page.html

tap_run "a page of a capture" "$sluice" scope "$evil" --line-rate 10gbit --bottleneck 1gbit --report "$page"
grep -q '40 packets in' "$page" && grep -q '</html>' "$page"
tap $? "the page is whole and of this capture"
! grep -q '<script>alert' "$page" && grep -qF '&lt;script&gt;alert(1)&lt;?&amp;&quot;' "$page"
tap $? "the file's name is escaped"
[ -z "$(tr -d '\n\t\040-\176\200-\377' <"$page" | tr -d '\0')" ]
tap $? "no control character is in the page"
grep -oE 'https?://[^ "]*' "$page" | sort -u >"$out/places"
[ "$(cat "$out/places")" = "https://github.com/leeoniya/uPlot" ]
tap $? "the page asks for nothing from elsewhere; uPlot's comment names its home"
sed 's/^/# /' "$out/places"
"$sluice" scope "$evil" --rate 2gbit --report "$out/rate.html" | grep -q '^  against 2gbit  *rate -66.4 %,' && grep -q 'Its mean is -66.4 % off' "$out/rate.html" &&
	"$sluice" scope "$evil" --rate 673mbit | grep -q '^  against 673mbit  *rate -1486 ppm,'
tap $? "how far a rate is off is in percent where ppm have many digits"
grep -q '::before{content:"← slide →"' "$page"
tap $? "on a narrow screen it is said that a picture goes on"
mkfifo "$out/pipe"
"$sluice" scope "$evil" --report "$out/pipe" >"$out/stdout" 2>"$out/stderr" &
grep -q '</html>' <"$out/pipe" && wait $! && [ -p "$out/pipe" ] && [ ! -s "$out/stderr" ]
tap $? "a page into a pipe, which stays one"
echo old >"$out/in/old"
ln -s "$out/in/old" "$out/link"
"$sluice" scope "$evil" --report "$out/link" >"$out/stdout" && [ -L "$out/link" ] && grep -q '</html>' "$out/in/old"
tap $? "a page behind a link, which stays one"
"$sluice" scope "$evil" --report /dev/stdout >"$out/said" 2>"$out/stderr" && [ -L /dev/stdout ] && grep -q '</html>' "$out/said"
tap $? "a page into standard output, which stays where it is"

# What was there before stays when the new page cannot be written: it may not grow beyond 20 KB.
cp "$page" "$out/before"
# shellcheck disable=SC3045 # dash and busybox know -f
(ulimit -f 40 && trap '' XFSZ && fails 1 "$page cannot be written" "$sluice" scope "$evil" --report "$page")
tap $? "a page that cannot grow: one sentence, exit code 1"
cmp -s "$page" "$out/before" && [ "$(find "$out/out" -type f | wc -l)" = 1 ]
tap $? "the page before it is whole, and nothing lies beside it"
fails 1 "No space left" "$sluice" scope "$evil" --report /dev/full
tap $? "/dev/full: one sentence, exit code 1"
fails 1 "$out/none/page.html cannot be written" "$sluice" scope "$evil" --report "$out/none/page.html"
tap $? "no such folder: one sentence, exit code 1"
fails 2 "needs a file behind it" "$sluice" scope "$evil" --report
tap $? "no file behind --report: usage"
capture 20 >"$out/in/own.pcap"
cp "$out/in/own.pcap" "$out/before"
ln -s "$out/in/own.pcap" "$out/own"
fails 2 "is the capture itself, which the page would replace" "$sluice" scope "$evil" "$out/in/own.pcap" --report "$out/own" && cmp -s "$out/in/own.pcap" "$out/before"
tap $? "a page in place of the capture: usage, and the capture stays"
fails 2 "--record and --report name the same file" "$sluice" scope lo --for 100ms --record "$out/both" --report "$out/both" && [ ! -e "$out/both" ]
tap $? "a page in place of the recording: usage"

# A capture that is cut: the page is of what came before, and says so.
capture 20 >"$out/in/cut.pcap"
truncate -s -30 "$out/in/cut.pcap"
fails 1 cut.pcap "$sluice" scope "$out/in/cut.pcap" --report "$out/out/cut.html"
tap $? "a cut capture: one sentence, exit code 1"
grep -q '19 packets in' "$out/out/cut.html" && grep -q 'class="warning".*The figures are of what came before' "$out/out/cut.html"
tap $? "a cut capture: its page is there and warns"
tap_end
